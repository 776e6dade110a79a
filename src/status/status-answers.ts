import { msg } from "../base/message.ts";
import type { PageAnswer, PageRequest } from "../host/serve-https.ts";
import type { StatusFacts } from "./status-board.ts";
import { type GateState, isKnown, newGate, shownCode, tryCode } from "./status-gate.ts";
import { codePage, statusPage } from "./status-page.ts";

const COOKIE = "mondo-status";
/** Strict: no page of another site can use the session. */
const cookieOf = (session: string) => `${COOKIE}=${session}; Secure; HttpOnly; SameSite=Strict; Path=/`;

/** What pages are made of. */
export interface StatusSource {
  readonly facts: () => StatusFacts;
  readonly nowMs: () => number;
  /** So many random bytes. */
  readonly random: (count: number) => Uint8Array;
  /** Shows a further code on the console, as `1234 5678`. */
  readonly showCode: (code: string) => void;
}

/** Answers to requests: the status for a browser that gave the code, a form for others. Nothing can be changed. */
export function statusAnswers({ facts, nowMs, random, showCode }: StatusSource): {
  readonly firstCode: string;
  readonly answer: (request: PageRequest) => PageAnswer;
} {
  let state: GateState = newGate(random(8));
  const firstCode = shownCode(state.code);
  const form = (complaint: string): PageAnswer => ({ status: 403, html: codePage(complaint) });
  const answer = ({ method, path, cookies, form: fields }: PageRequest): PageAnswer => {
    if (path !== "/") return { status: 404, html: codePage(msg`There is only one page here.`) };
    if (method === "POST") {
      const told = tryCode(state, fields.get("code") ?? "", nowMs(), random(24));
      state = told.state;
      if (told.isNewCode) showCode(shownCode(state.code));
      if (told.session === undefined) return form(told.complaint ?? "");
      return { status: 303, html: "", headers: { location: "/", "set-cookie": cookieOf(told.session) } };
    }
    if (method !== "GET" && method !== "HEAD")
      return { status: 405, html: codePage(), headers: { allow: "GET, POST" } };
    if (!isKnown(state, cookies.get(COOKIE) ?? "")) return { status: 200, html: codePage() };
    return { status: 200, html: statusPage(facts()) };
  };
  return { firstCode, answer };
}
