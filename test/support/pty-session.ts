import { TinyTerminal } from "./tiny-terminal.ts";

/** A program on a terminal of its own, as a person has it: keys in, a screen out. */
export class PtySession {
  screen: TinyTerminal;
  /** Bytes that the program has written. */
  received = 0;
  /** All of it as text. */
  raw = "";
  #error: unknown;
  readonly #decoder = new TextDecoder();
  readonly #child: Bun.Subprocess;

  constructor(argv: readonly string[], env: Readonly<Record<string, string>>, columns = 80, rows = 24) {
    this.screen = new TinyTerminal(columns, rows);
    this.#child = Bun.spawn([...argv], {
      env: { PATH: process.env.PATH ?? "", HOME: "/root", ...env },
      terminal: {
        cols: columns,
        rows,
        data: (_, bytes) => {
          this.received += bytes.byteLength;
          const text = this.#decoder.decode(bytes, { stream: true });
          this.raw += text;
          try {
            this.screen.write(text);
          } catch (error) {
            this.#error ??= error;
          }
        },
      },
    });
  }

  get shown(): string {
    return this.screen.text.join("\n");
  }

  /** Waits until the screen, or all that was written, shows something. */
  async until(what: RegExp, ms = 20_000): Promise<void> {
    const end = Date.now() + ms;
    while (!what.test(this.shown) && !what.test(this.raw.slice(-2000))) {
      if (this.#error !== undefined) throw this.#error;
      if (Date.now() > end)
        throw new Error(`${what} does not come:\n${this.shown}\n${JSON.stringify(this.raw.slice(-600))}`);
      await Bun.sleep(20);
    }
  }

  /** Presses keys, and returns how many bytes came until it was quiet: those of the answer, however late it comes. */
  async press(keys: string | Uint8Array<ArrayBuffer>, quietMs = 250): Promise<number> {
    const before = this.received;
    this.#child.terminal?.write(keys);
    for (let waited = 0; this.received === before && waited < 5000; waited += 20) await Bun.sleep(20);
    let last = -1;
    while (last !== this.received) {
      last = this.received;
      await Bun.sleep(quietMs);
    }
    if (this.#error !== undefined) throw this.#error;
    return this.received - before;
  }

  resize(columns: number, rows: number): void {
    this.screen = new TinyTerminal(columns, rows);
    this.#child.terminal?.resize(columns, rows);
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#child.terminal?.close();
  }
}
