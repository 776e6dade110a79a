import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import {
  type Challenge,
  chooseChallenge,
  decodeChallenges,
  encodeAuthorization,
  type HttpLogin,
} from "../../formats/network/http-login.ts";
import type { HttpAnswer, HttpRequest } from "../../host/http-exchange.ts";
import { askPatiently, type PatientWire } from "../http/patient-exchange.ts";
import { lengthOf, type ObjectBody } from "../store/object-store.ts";
import { encodePath } from "./dav-place.ts";
import { explainDav } from "./explain-dav.ts";

/** A server, and who logs in there. */
export interface DavServer {
  /** As `originOf` gives it. */
  readonly origin: string;
  readonly login: HttpLogin | undefined;
}

/** A request. */
export interface DavRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE" | "PROPFIND" | "MKCOL" | "MOVE";
  /** On the server, decoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ObjectBody;
  /** For messages: "write /x". */
  readonly what: string;
  /** Statuses that are no failure, besides 2xx. */
  readonly accept?: readonly number[];
  readonly mostBytes?: number;
}

const SILENCE_MS = 30_000;
/** Nothing comes while a body is sent: 256 kbit/s at least. */
const SENT_BYTES_PER_MS = 32;
const MOST_ANSWER_BYTES = 32 * MIB;
/** One for the server's question, one for a number of its that was too old. */
const MOST_LOGINS = 2;
/** A number that a server gave so long ago may be too old: a large body is not sent for it to say so. */
const OLD_MS = 60_000;
const WHO = 401;
/** Locked: it may still have hold of what came on a connection that broke. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 423, 425, 429, 500, 502, 503, 504]);

/** Asks a WebDAV server, logs in as it wants, and asks again while that may help. */
export class DavClient {
  readonly server: DavServer;
  readonly #wire: PatientWire;
  /** Shared by all for one server. */
  readonly #session: { challenge: Challenge | undefined; count: number; sinceMs: number };

  constructor(server: DavServer, wire: PatientWire, like?: DavClient) {
    this.server = server;
    this.#wire = wire;
    this.#session = like ? like.#session : { challenge: undefined, count: 0, sinceMs: 0 };
  }

  /** The same for another time of waiting. */
  with(wire: Partial<PatientWire>): DavClient {
    return new DavClient(this.server, { ...this.#wire, ...wire }, this);
  }

  /** One try, with what the server wants to know of who asks. Throws what the wire throws. */
  async tryOnce(request: DavRequest): Promise<HttpAnswer> {
    for (let logins = 0; ; logins += 1) {
      const answer = await this.#send(request);
      if (answer.status !== WHO || logins >= MOST_LOGINS || !this.#learn(answer)) return answer;
    }
  }

  /** The answer, when it is a good one or accepted; `isGood` looks closer at one of 2xx. Throws one sentence. */
  ask(request: DavRequest, isGood: (answer: HttpAnswer) => boolean = () => true): Promise<HttpAnswer> {
    const { origin, login } = this.server;
    const { what, accept, method } = request;
    return askPatiently(this.#wire, {
      ...{ origin, what, isGood, isSending: method === "PUT", ...(accept ? { accept } : {}) },
      tryOnce: () => this.tryOnce(request),
      finalProblem: ({ status }) =>
        PASSING_STATUSES.has(status) ? undefined : explainDav({ origin, user: login?.user, what }, status),
      hint: (status = 0) =>
        status >= 500
          ? msg`Look at its log, and whether the user that it runs as may write there.`
          : msg`Look at the WebDAV server, at its address, and at the cable.`,
    });
  }

  /** Asks for a number that is not old, before something large is sent. */
  async freshen(path: string): Promise<void> {
    const { challenge, sinceMs } = this.#session;
    if (challenge?.scheme !== "digest" || this.#wire.host.nowMs() - sinceMs < OLD_MS) return;
    this.#session.sinceMs = this.#wire.host.nowMs();
    await this.ask({ method: "HEAD", path, what: msg`look at ${path}`, accept: [403, 404, 405] });
  }

  async #send({ method, path, headers = {}, body, mostBytes }: DavRequest): Promise<HttpAnswer> {
    const { exchange, signal } = this.#wire;
    const url = `${this.server.origin}${encodePath(path)}`;
    const authorization = this.#authorization(method, new URL(url).pathname);
    const sent: Partial<HttpRequest> = body ? { body: "bytes" in body ? body.bytes : { file: body.file } } : {};
    return exchange({
      ...{ method, url, headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) } },
      ...sent,
      ...(signal ? { signal } : {}),
      silenceMs: SILENCE_MS + (body ? lengthOf(body) / SENT_BYTES_PER_MS : 0),
      mostBytes: mostBytes ?? MOST_ANSWER_BYTES,
    });
  }

  #authorization(method: string, target: string): string | undefined {
    const { login } = this.server;
    const { challenge } = this.#session;
    if (!login || !challenge) return undefined;
    this.#session.count += 1;
    const random = crypto.randomUUID().replaceAll("-", "");
    return encodeAuthorization(challenge, login, { method, target, count: this.#session.count, random });
  }

  /** Takes the server's question; whether there is an answer that was not given yet. */
  #learn(answer: HttpAnswer): boolean {
    const next = chooseChallenge(decodeChallenges(answer.headers.get("www-authenticate") ?? ""));
    const { challenge } = this.#session;
    if (!this.server.login || !next) return false;
    // The same question again: the answer was wrong.
    const isSame = challenge?.scheme === next.scheme && challenge.values.get("nonce") === next.values.get("nonce");
    Object.assign(this.#session, { challenge: next, count: 0, sinceMs: this.#wire.host.nowMs() });
    return !isSame;
  }
}
