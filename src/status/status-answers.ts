import { msg } from "../base/message.ts";
import type { PageAnswer, PageRequest } from "../host/serve-https.ts";
import type { StatusFacts } from "./status-board.ts";
import type { StatusDesk } from "./status-desk.ts";
import { type GateState, isKnown, newGate, shownCode, tryCode } from "./status-gate.ts";
import { codePage, statusPage } from "./status-page.ts";

const COOKIE = "mondo-status";
/** Pages come anew every few seconds: a browser that is silent for longer is gone. */
const AWAY_MS = 15_000;
/** Strict: no page of another site can use the session. */
const cookieOf = (session: string) => `${COOKIE}=${session}; Secure; HttpOnly; SameSite=Strict; Path=/`;

/** What pages are made of. */
export interface StatusSource {
  readonly facts: () => StatusFacts;
  /** Default: nothing is asked. */
  readonly desk?: Pick<StatusDesk, "question" | "isAllowed" | "answer">;
  readonly nowMs: () => number;
  /** So many random bytes. */
  readonly random: (count: number) => Uint8Array;
  /** Shows a further code on the console, as `1234 5678`. */
  readonly showCode: (code: string) => void;
}

/**
 * Answers to requests: the status for a browser that gave the code, a form for others. Nothing can be changed but by an
 * answer to the question that waits, where the console allows it.
 */
export function statusAnswers({ facts, desk, nowMs, random, showCode }: StatusSource): {
  readonly firstCode: string;
  readonly answer: (request: PageRequest) => PageAnswer;
  /** Browsers that look on, and have not got the last page. */
  readonly waiting: () => number;
} {
  let state: GateState = newGate(random(8));
  const firstCode = shownCode(state.code);
  const looks = new Map<string, { readonly atMs: number; readonly isLast: boolean }>();
  const form = (complaint: string): PageAnswer => ({ status: 403, html: codePage(complaint) });
  const shown = (complaint?: string) =>
    statusPage(facts(), {
      ...(desk?.question === undefined ? {} : { question: desk.question }),
      ...{ isAllowed: desk?.isAllowed === true, ...(complaint === undefined ? {} : { complaint }) },
    });
  /** From a browser that gave the code. */
  const answerQuestion = (fields: PageRequest["form"]): PageAnswer => {
    const complaint = desk?.answer(Number(fields.get("question")), fields.get("answer") ?? "");
    if (complaint !== undefined) return { status: 409, html: shown(complaint) };
    return { status: 303, html: "", headers: { location: "/" } };
  };
  const answer = ({ method, path, cookies, form: fields }: PageRequest): PageAnswer => {
    if (path !== "/") return { status: 404, html: codePage(msg`There is only one page here.`) };
    const session = cookies.get(COOKIE) ?? "";
    const isOurs = isKnown(state, session);
    if (isOurs) looks.set(session, { atMs: nowMs(), isLast: method === "GET" && facts().isLast });
    if (method === "POST" && isOurs && desk && fields.has("question")) return answerQuestion(fields);
    if (method === "POST") {
      const told = tryCode(state, fields.get("code") ?? "", nowMs(), random(24));
      state = told.state;
      if (told.isNewCode) showCode(shownCode(state.code));
      if (told.session === undefined) return form(told.complaint ?? "");
      looks.set(told.session, { atMs: nowMs(), isLast: false });
      return { status: 303, html: "", headers: { location: "/", "set-cookie": cookieOf(told.session) } };
    }
    if (method !== "GET" && method !== "HEAD")
      return { status: 405, html: codePage(), headers: { allow: "GET, POST" } };
    return { status: 200, html: isOurs ? shown() : codePage() };
  };
  const isThere = (atMs: number) => nowMs() - atMs < AWAY_MS;
  const waiting = () => [...looks.values()].filter(({ atMs, isLast }) => !isLast && isThere(atMs)).length;
  return { firstCode, answer, waiting };
}
