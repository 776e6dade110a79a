import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { LoadOutcome } from "./module-loader.ts";
import type { ModuleMessage } from "./module-thread.ts";

const POLL_MS = 30;

/** How far the thread has come with the drivers, from its messages. */
export class ModuleProgress {
  readonly outcomes = new Map<string, LoadOutcome>();
  readonly #host: Host;
  readonly #log: (text: string) => void;
  #lastMs: number;
  #isIdle = false;
  #hasEnded = false;
  #doing = msg`looking for devices`;

  constructor(host: Host, log: (text: string) => void) {
    this.#host = host;
    this.#log = log;
    this.#lastMs = host.nowMs();
  }

  /** Whether the thread has failed: nothing more is loaded. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get doing(): string {
    return this.#doing;
  }

  /** ms since the last news; 0 while the thread is busy. */
  get quietMs(): number {
    // A driver that is probing its devices is silent, but not finished.
    return this.#isIdle || this.#hasEnded ? this.#host.nowMs() - this.#lastMs : 0;
  }

  take(message: ModuleMessage): void {
    if (message.kind === "busy") this.#note(message.what, false);
    else if (message.kind === "activity") {
      this.#note(message.what, this.#isIdle);
      this.#log(`device: ${message.what}`);
    } else if (message.kind === "outcome") {
      this.#note(this.#doing, this.#isIdle);
      this.#takeOutcome(message);
    } else if (message.kind === "idle") this.#isIdle = true;
    else if (message.kind === "trouble") this.#log(message.text);
    else if (message.kind === "ended") this.end(message.text);
  }

  end(why: string): void {
    this.#hasEnded = true;
    this.#log(`the module loader ended: ${why}`);
  }

  /** Waits for `quietMs` of calm after all devices were looked at. False: it took too long, or the thread failed. */
  async settle(quietMs: number, limitMs: number): Promise<boolean> {
    const end = this.#host.nowMs() + limitMs;
    while (this.#host.nowMs() < end && !this.#hasEnded) {
      if (this.#isIdle && this.quietMs >= quietMs) return true;
      await this.#host.sleep(POLL_MS);
    }
    return false;
  }

  #note(doing: string, isIdle: boolean): void {
    this.#lastMs = this.#host.nowMs();
    this.#doing = doing;
    this.#isIdle = isIdle;
  }

  #takeOutcome({ outcome, modalias, tookMs }: ModuleMessage & { kind: "outcome" }): void {
    const isKnown = this.outcomes.get(outcome.module)?.result === outcome.result;
    this.outcomes.set(outcome.module, outcome);
    if (isKnown || outcome.result === "present") return;
    const how = "because" in outcome ? `: ${outcome.because}` : ` in ${tookMs} ms`;
    this.#log(`module ${outcome.module} ${outcome.result}${how} ${modalias}`);
  }
}
