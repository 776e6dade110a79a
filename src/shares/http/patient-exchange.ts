import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { type Exchange, type HttpAnswer, Silence } from "../../host/http-exchange.ts";
import { cure } from "../../network/setting.ts";
import { REMOTE_ERRNO } from "../remote/remote-tree.ts";
import { certificateProblem } from "./certificate-problem.ts";

/** What a client of a server over HTTP works with. */
export interface PatientWire {
  readonly host: Pick<Host, "sleep" | "nowMs">;
  readonly exchange: Exchange;
  readonly log: (text: string) => void;
  /** How long a server that is away, or overburdened, is tried again. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A question, and what an answer to it means. */
export interface Asking {
  readonly origin: string;
  /** For messages: "write x". */
  readonly what: string;
  /** Statuses that are no failure, besides 2xx. */
  readonly accept?: readonly number[];
  /** One try. Throws what the wire throws. */
  tryOnce(): Promise<HttpAnswer>;
  /** Looks closer at an answer of 2xx. */
  isGood(answer: HttpAnswer): boolean;
  /** A failure that trying again does not change; `undefined` for one that may pass. */
  finalProblem(answer: HttpAnswer): MondoError | undefined;
  /** How long the next pause is: many that were sent away at once may not come back at once. */
  pause?(ms: number): number;
  /** What to look at when it is given up; `status`: of the last answer, if there was one. */
  hint(status: number | undefined): string;
  /**
   * Whether a try sends for so long that its time counts for nothing, a dozen times, unless the server says nothing at
   * all: then one such try may be all there is.
   */
  readonly isSending?: boolean;
}

const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;
/** Times that something may be sent again without its time counting: a server that breaks off each time is given up. */
const MOST_SENT = 12;

/** Why another try is needed. */
interface Failure {
  readonly reason: string;
  readonly status?: number;
  /** The server took what was sent, and said nothing for as long as a slow link would have needed for it. */
  readonly isSilent?: boolean;
}

/** The answer, or why another try is needed. */
async function oneTry(wire: PatientWire, asking: Asking): Promise<HttpAnswer | Failure> {
  let answer: HttpAnswer;
  try {
    answer = await asking.tryOnce();
  } catch (error) {
    wire.signal?.throwIfAborted();
    const untrusted = certificateProblem(asking.origin, error, wire.host.nowMs());
    if (untrusted || error instanceof MondoError) throw untrusted ?? error;
    return { reason: messageOf(error), isSilent: error instanceof Silence };
  }
  if (asking.accept?.includes(answer.status)) return answer;
  if (answer.status < 200 || answer.status >= 300) {
    const final = asking.finalProblem(answer);
    if (final) throw final;
    return { reason: msg`the server answers ${answer.status}`, status: answer.status };
  }
  if (!answer.isWhole) return { reason: msg`the answer breaks off` };
  if (asking.isGood(answer)) return answer;
  return { reason: msg`the server answers ${answer.status}, but not with what was asked for`, status: answer.status };
}

/** The answer, when it is a good one or accepted; asks again while that may help. Throws one sentence. */
export async function askPatiently(wire: PatientWire, asking: Asking): Promise<HttpAnswer> {
  const { host, log, patienceMs, signal } = wire;
  let end = host.nowMs() + patienceMs;
  let sent = 0;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2)) {
    const began = host.nowMs();
    const tried = await oneTry(wire, asking);
    if (!("reason" in tried)) return tried;
    const { reason, status, isSilent = false } = tried;
    signal?.throwIfAborted();
    sent += 1;
    if (asking.isSending && !isSilent && sent < MOST_SENT) end += host.nowMs() - began;
    if (host.nowMs() + pauseMs > end) {
      throw new MondoError(
        "not-found",
        msg`${new URL(asking.origin).host} can't be brought to ${asking.what}: ${reason}`,
        {
          hint: asking.hint(status),
          data: { ...cure("share").data, errno: REMOTE_ERRNO.away },
        },
      );
    }
    log(`${asking.what}: ${reason}; trying again`);
    await host.sleep(asking.pause?.(pauseMs) ?? pauseMs);
  }
}
