import { openTerminal, type TerminalDevice } from "../host/terminal.ts";

/** A console that takes nothing (flow control, a dead management processor) loses its oldest output beyond this. */
const BACKLOG_BYTES = 256 * 1024;
/** The end of what is written while a shell has the console is kept until it ends: there may be a question in it. */
const MEANWHILE_BYTES = 4 * 1024;
const [LF, CR] = [10, 13];
const NOTHING = new Uint8Array(0);

/** One console with its backlog. It has no terminal while a shell uses it, or after the terminal went away. */
export class ConsoleLine {
  readonly path: string;
  #device: TerminalDevice | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #isSuspended = false;
  #afterReturn = false;
  #opened = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Columns of the terminal; `undefined` without one. */
  get columns(): number | undefined {
    return this.#device?.columns;
  }

  /** Size of the terminal as it is now; `undefined` without one. */
  get size(): { readonly columns: number; readonly rows: number } | undefined {
    return this.#device?.size();
  }

  /** How often the terminal was opened: what was on it before may be gone. */
  get opened(): number {
    return this.#opened;
  }

  /** Whether something waits to be written that can be. */
  get isBusy(): boolean {
    return this.#pendingBytes > 0 && !this.#isSuspended;
  }

  /**
   * A terminal must be opened again after a session on it has ended: the kernel hangs up every descriptor of a terminal
   * when its session's leader goes (disassociate_ctty). False when there is no such terminal, or no hardware behind it.
   */
  open(): boolean {
    try {
      this.#device = openTerminal(this.path);
      this.#device.raw();
      this.#opened += 1;
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#device?.restore();
    this.#device?.close();
    this.#device = undefined;
  }

  /** Leaves the terminal to another program, or takes it back at the next `poll`, with the end of what was written. */
  suspend(isSuspended: boolean): void {
    if (isSuspended) this.close();
    this.#isSuspended = isSuspended;
  }

  /** Writes as soon as the terminal takes it. */
  queue(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.byteLength;
    const most = this.#isSuspended ? MEANWHILE_BYTES : BACKLOG_BYTES;
    while (this.#pendingBytes > most) this.#pendingBytes -= this.#pending.shift()?.byteLength ?? 0;
    this.#pump();
  }

  /** Writes on, and gives what was typed since the last call. */
  poll(): Uint8Array {
    if (this.#isSuspended || (!this.#device && !this.open())) return NOTHING;
    this.#pump();
    return this.#typed();
  }

  #pump(): void {
    while (this.#device && this.#pending.length > 0) {
      const [first = NOTHING, ...rest] = this.#pending;
      const taken = this.#device.write(first);
      if (taken === "gone") {
        this.close();
        return;
      }
      this.#pendingBytes -= taken;
      this.#pending = taken === first.byteLength ? rest : [first.subarray(taken), ...rest];
      if (taken < first.byteLength) return;
    }
  }

  /** Without the LF that some terminals send after CR: it would answer the next question. */
  #typed(): Uint8Array {
    return (this.#device?.read() ?? NOTHING).filter((byte) => {
      const follows = this.#afterReturn && byte === LF;
      this.#afterReturn = byte === CR;
      return !follows;
    });
  }
}
