import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { TapeDrive, TapeLabel } from "./tape-drive.ts";

/** How long between looks at a drive whose tape is to be changed. */
const LOOK_EVERY_MS = 2000;

/** Time, as the host has it. */
interface Clock {
  sleep(ms: number): Promise<void>;
}

/** Which tape is wanted next. */
export interface TapeWish {
  /** For people: `tape 2 of the backup of web1`. */
  readonly what: string;
  readonly access: "read" | "write";
  /** Why the tape that is in the drive is not the one; undefined: it is. */
  judge(label: TapeLabel): string | undefined;
}

/** Whoever changes tapes: it is told what to insert, and the drive is looked at until that is there. */
export class TapeChanger {
  readonly #drive: TapeDrive;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #eject: boolean;
  readonly #signal: AbortSignal | undefined;

  constructor(drive: TapeDrive, clock: Clock, reporter: Reporter, eject: boolean, signal?: AbortSignal) {
    this.#drive = drive;
    this.#clock = clock;
    this.#reporter = reporter;
    this.#eject = eject;
    this.#signal = signal;
  }

  /**
   * Waits until the tape that is wanted is in the drive, and open, at its start. Each wrong one is told of once. Throws
   * what the signal says when it aborts.
   */
  async change(wish: TapeWish): Promise<TapeLabel> {
    await this.#drive.try("rewind");
    if (this.#eject) await this.#drive.try("offline");
    this.#askFor(wish);
    return this.wait(wish, true);
  }

  #askFor(wish: TapeWish): void {
    this.#reporter.step(msg`Insert ${wish.what} into ${this.#drive.name}`);
  }

  /** The same for a tape that may be in the drive already. */
  async wait(wish: TapeWish, isAsked = false): Promise<TapeLabel> {
    for (let told = isAsked ? "" : undefined; ; ) {
      this.#signal?.throwIfAborted();
      const found = await this.#look(wish);
      if (typeof found !== "string") return found;
      if (found !== told) {
        if (found === "") this.#askFor(wish);
        else this.#reporter.warn(msg`${found}. Insert ${wish.what}.`);
      }
      told = found;
      await this.#drive.close();
      await this.#clock.sleep(LOOK_EVERY_MS);
    }
  }

  /** The label of the tape that is wanted, or why it is not there; "": the drive is empty. */
  async #look({ access, judge }: TapeWish): Promise<TapeLabel | string> {
    try {
      const { isOnline } = await this.#drive.open(access);
      if (!isOnline) return "";
      const label = await this.#drive.label();
      const why = judge(label);
      if (why === undefined) await this.#drive.rewind();
      return why ?? label;
    } catch (error) {
      if (!(error instanceof MondoError)) throw error;
      return messageOf(error);
    }
  }
}
