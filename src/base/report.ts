/** How far a long piece of work is. `total` 0: unknown. */
export interface Progress {
  /** What is being done, as a noun: "archive", "verify", "restore". */
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit: "bytes" | "entries" | "steps";
}

/** Where work tells what it does. Renderers (terminal, plain lines, JSON) stand behind it; the work never prints. */
export interface Reporter {
  /** A new stage begins: "Reading the disks". */
  step(text: string): void;
  /** Worth knowing, one line. */
  info(text: string): void;
  /** Worth acting on, one line. */
  warn(text: string): void;
  /** For the log only. */
  log(text: string): void;
  progress(progress: Progress): void;
  /** For programs alone: how it went, at the end. Default: nobody wants to know. */
  event?(name: string, fields: object): void;
  /** Ends a line that is rewritten in place: something else is going to be written. Default: there is never one. */
  endLine?(): void;
}

/** A reporter that keeps everything to itself. */
export const silentReporter: Reporter = { step() {}, info() {}, warn() {}, log() {}, progress() {} };
