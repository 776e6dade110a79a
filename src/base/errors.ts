import { msg } from "./message.ts";

/** Every way this program fails on purpose. Callers branch on the code, people read the message. */
export type ErrorCode =
  | "usage" // the command line asks for something that can't be
  | "not-root"
  | "not-found" // a file, directory, device or tool that was named does not exist
  | "no-space"
  | "no-kernel"
  | "kernel-option" // the kernel lacks something that the rescue needs
  | "tool-missing"
  | "tool-failed"
  | "format" // bytes that are not what they should be
  | "damaged" // a checksum or a length does not match
  | "unsupported" // a thing that could be saved but not restored
  | "no-match" // a disk of the set has no counterpart on this machine
  | "refused" // a safety rule said no
  | "cancelled"
  | "system" // a system call failed
  | "bug";

/** What a failure carries besides its message. */
export interface ErrorDetails {
  /** What the operator can do now, as one imperative sentence. */
  readonly hint?: string;
  /** Machine-readable facts (path, device, sizes in bytes, tool output). */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class. `message` is one sentence that names the thing; `hint` says what to do. */
export class MondoError extends Error {
  override readonly name = "MondoError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.data = details.data ?? {};
  }
}

/** 128 and the signal's number, as shells have it. */
const signalStatuses: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Whether a person went back, or stopped what was asked or done. */
export const isCancelled = (error: unknown): boolean => error instanceof MondoError && error.code === "cancelled";

/** Exit status by error code: 1 failed, 2 usage, 10 refused with nothing touched; of a signal as shells have it. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MondoError)) return 1;
  const { signal } = error.data;
  if (error.code === "cancelled" && typeof signal === "string") return signalStatuses[signal] ?? 1;
  if (error.code === "usage" || error.code === "not-root") return 2;
  if (error.code === "refused" || error.code === "no-match" || error.code === "unsupported") return 10;
  return 1;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Node's and Bun's own failures of the machine and the network carry a code; what an engine throws has none. */
function hasOwnWords(error: unknown): boolean {
  const { code } = (error instanceof Error ? error : {}) as { readonly code?: unknown };
  return typeof code === "string" && !code.startsWith("ERR_");
}

/** Whether it is no failure that was foreseen, but a fault of this program. */
export function isFault(error: unknown): boolean {
  return !(error instanceof MondoError) && !hasOwnWords(error);
}

/** What a person reads about anything thrown: never an engine's words or a trace. `traceOf` is for the log. */
export function sentenceOf(error: unknown): string {
  return isFault(error) ? msg`what happened was not foreseen: this is a fault in mondo` : messageOf(error);
}

/** For the log: the stack of anything thrown, with those of its causes. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${traceOf(error.cause)}`;
  return `${error.stack ?? messageOf(error)}${cause}`;
}
