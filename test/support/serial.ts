import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import type { Socket } from "node:net";
import { connectWhenThere } from "./qmp.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are what this removes
const controls = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][A-Za-z0-9]|[=>78cDEHM])|[\x00\x07\x0f\r]/g;

/** Text as a person sees it: no escape sequences, no carriage returns. */
export function plainText(text: string): string {
  return text.replace(controls, "");
}

/** A guest's serial console: QEMU logs all it says to `log`; what we say goes through its socket. */
export class Serial {
  readonly log: string;
  readonly #socket: Socket;
  #position = 0;
  #seen = "";

  private constructor(log: string, socket: Socket) {
    this.log = log;
    this.#socket = socket;
    socket.on("data", () => undefined);
    socket.on("error", () => undefined);
  }

  static async open(socketPath: string, log: string): Promise<Serial> {
    return new Serial(log, await connectWhenThere(socketPath));
  }

  /** Types text as it is; end lines with "\r". */
  send(text: string): void {
    this.#socket.write(text);
  }

  /** Everything said since the last `expect` matched, as plain text. */
  unread(): string {
    if (!existsSync(this.log)) return "";
    const file = openSync(this.log, "r");
    const buffer = Buffer.alloc(65536);
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, this.#position);
      if (count === 0) break;
      this.#position += count;
      this.#seen += buffer.toString("latin1", 0, count);
    }
    closeSync(file);
    return plainText(Buffer.from(this.#seen, "latin1").toString("utf8"));
  }

  /** The match of `pattern` in what was said since the last match, now; consumes up to its end. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const text = this.unread();
    const match = pattern.exec(text);
    if (match === null) return undefined;
    this.#seen = Buffer.from(text.slice(match.index + match[0].length), "utf8").toString("latin1");
    return match;
  }

  /** The last `count` lines said so far. */
  tail(count: number): string {
    if (!existsSync(this.log)) return "";
    return plainText(readFileSync(this.log, "utf8")).split("\n").slice(-count).join("\n");
  }

  close(): void {
    this.#socket.destroy();
  }
}
