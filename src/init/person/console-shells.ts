import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { Consoles } from "../../ui/consoles.ts";
import { runShell, type WaitForChild } from "./shell.ts";

/** What shells on consoles need. */
export interface ConsoleShellParts {
  readonly host: Host;
  readonly consoles: Pick<Consoles, "suspend" | "resume" | "onKeys" | "lastUsed">;
  readonly wait: WaitForChild;
  readonly warn: (text: string) => void;
  /** Begins what goes on as long as any shell is open; returns how to end it. */
  readonly meanwhile: () => () => void;
}

/** Shells on the consoles, at most one on each. Each is a session of its own: none ends with another. */
export class ConsoleShells {
  readonly #parts: ConsoleShellParts;
  readonly #shell: typeof runShell;
  readonly #open = new Set<string>();
  #waiting: (() => void)[] = [];
  #stop = () => {};

  constructor(parts: ConsoleShellParts, shell = runShell) {
    this.#parts = parts;
    this.#shell = shell;
  }

  /** Opens one on a console that has none; until it ends the console is the shell's alone. */
  open(terminal: string): void {
    if (this.#open.has(terminal)) return;
    if (this.#open.size === 0) this.#stop = this.#parts.meanwhile();
    this.#open.add(terminal);
    void this.#run(terminal);
  }

  /** Opens shells on these consoles, and on any other where Enter is pressed; returns when one of them ends. */
  async openOn(terminals: readonly string[]): Promise<void> {
    const { consoles } = this.#parts;
    for (const terminal of terminals) this.open(terminal);
    const stop = consoles.onKeys((bytes) => {
      if (bytes.includes(0x0d) || bytes.includes(0x0a)) this.open(consoles.lastUsed());
    });
    await this.untilOneEnds();
    stop();
  }

  /** Whether any is open. */
  get isAnyOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Fulfilled when one of them ends. */
  untilOneEnds(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  async #run(terminal: string): Promise<void> {
    const { host, consoles, wait, warn } = this.#parts;
    consoles.suspend(terminal);
    try {
      await this.#shell(host, terminal, wait);
    } catch (error) {
      warn(msg`No shell on ${terminal}: ${messageOf(error)}`);
    }
    consoles.resume(terminal);
    this.#ended(terminal);
  }

  #ended(terminal: string): void {
    this.#open.delete(terminal);
    if (this.#open.size === 0) this.#stop();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
