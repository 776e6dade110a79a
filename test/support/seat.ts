/** A person at a console of an emulated machine who works with full screens: keys in, what is to be seen out. */
import { existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./qemu.ts";
import { TinyTerminal } from "./tiny-terminal.ts";

/** Keys with a name: what a terminal sends, and QEMU's name of the key. */
const NAMED = {
  enter: { bytes: "\r", key: "ret" },
  escape: { bytes: "\x1b", key: "esc" },
  up: { bytes: "\x1b[A", key: "up" },
  down: { bytes: "\x1b[B", key: "down" },
  home: { bytes: "\x1b[H", key: "home" },
  end: { bytes: "\x1b[F", key: "end" },
  "page-down": { bytes: "\x1b[6~", key: "pgdn" },
  backspace: { bytes: "\x7f", key: "backspace" },
} as const;

/** A named key. */
export type SeatKey = keyof typeof NAMED;

/** Where a person sits. */
export interface Seat {
  /** The rows of the screen, without blanks at their ends. */
  shown(): Promise<string>;
  /** Presses a key; returns how many bytes came until the line was quiet, where bytes can be counted. */
  press(key: SeatKey): Promise<number>;
  /** Types a text, a key at a time; returns the most bytes that a key cost. */
  type(text: string): Promise<number>;
  /** As `shown`, without what the line added. */
  settled(): Promise<string>;
  /** Waits until the screen shows something; throws with what it shows instead. */
  until(what: RegExp, timeoutMs?: number): Promise<string>;
}

async function untilShown(vm: Machine, seat: Pick<Seat, "shown">, what: RegExp, timeoutMs: number): Promise<string> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const text = await seat.shown();
    // A long question takes several rows.
    if (what.test(text) || what.test(text.replace(/\n\s*/g, " "))) return text;
    if (Date.now() > end || !vm.running) {
      throw await vm.failure(`${what} is not on the screen after ${timeoutMs / 1000} s, which shows:\n${text}`);
    }
    await Bun.sleep(200);
  }
}

/** How long nothing may come before a key is known to have done all that it does. */
const QUIET_MS = 700;

/** Draws the screen anew. */
const REDRAW = "\x0c";
/** What is waited for may stand there with a character too many: it is drawn anew after so many looks. */
const LOOKS = 40;

/** At the other end of the serial line, with a VT220 of 24 rows of 80 columns. */
export class SerialSeat implements Seat {
  readonly #vm: Machine;
  #screen = new TinyTerminal(80, 24);
  #isNoisy = false;
  readonly #decoder = new TextDecoder();
  readonly #log: number;
  #position: number;

  /** From now on what comes is shown: before that the screen is taken for blank. */
  constructor(vm: Machine) {
    this.#vm = vm;
    const path = vm.serial.log;
    this.#log = openSync(path, "r");
    this.#position = existsSync(path) ? statSync(path).size : 0;
  }

  async shown(): Promise<string> {
    this.#read();
    return this.#screen.text.join("\n");
  }

  /** Two pictures that are the same have no character too many, or both would at the same place. */
  async settled(): Promise<string> {
    let before = await this.shown();
    for (let tries = 0; tries < 5; tries += 1) {
      await this.#send(REDRAW);
      const now = await this.shown();
      if (now === before) return now;
      before = now;
    }
    return before;
  }

  async press(key: SeatKey): Promise<number> {
    return this.#send(NAMED[key].bytes);
  }

  async type(text: string): Promise<number> {
    let most = 0;
    for (const char of text) most = Math.max(most, await this.#send(char));
    return most;
  }

  /** Bytes that no terminal sends for a key. */
  async noise(bytes: string): Promise<void> {
    await this.#send(bytes);
  }

  /** An emulated line doubles a character now and then: as a person would, this has the screen drawn anew. */
  until(what: RegExp, timeoutMs = 60_000): Promise<string> {
    let looks = 0;
    const shown = async () => {
      looks += 1;
      if (this.#isNoisy || looks % LOOKS === 0) this.#vm.serial.send(REDRAW);
      this.#isNoisy = false;
      return this.shown();
    };
    return untilShown(this.#vm, { shown }, what, timeoutMs);
  }

  async #send(bytes: string): Promise<number> {
    this.#read();
    const before = this.#position;
    this.#vm.serial.send(bytes);
    for (let waited = 0; this.#read() === before && waited < 5000; waited += 50) await Bun.sleep(50);
    for (let last = -1; last !== this.#position; this.#read()) {
      last = this.#position;
      await Bun.sleep(QUIET_MS);
    }
    return this.#position - before;
  }

  #show(text: string): void {
    try {
      this.#screen.write(text);
    } catch {
      this.#screen = new TinyTerminal(80, 24);
      this.#isNoisy = true;
    }
  }

  /** Takes what has come; returns how many bytes that were since the machine was switched on. */
  #read(): number {
    const buffer = Buffer.alloc(65536);
    for (;;) {
      const count = readSync(this.#log, buffer, 0, buffer.length, this.#position);
      if (count === 0) return this.#position;
      this.#position += count;
      this.#show(this.#decoder.decode(buffer.subarray(0, count), { stream: true }));
    }
  }
}

/** Characters that are typed with Shift, or whose key has a name of its own, on a keyboard of the US. */
const CHARACTERS: Readonly<Record<string, readonly string[]>> = {
  " ": ["spc"],
  "-": ["minus"],
  "=": ["equal"],
  ",": ["comma"],
  ".": ["dot"],
  "/": ["slash"],
  ":": ["shift", "semicolon"],
  "@": ["shift", "2"],
  "*": ["shift", "8"],
};

const COLUMNS = 80;
const ROWS = 25;
/** Source: IBM, the text modes of the VGA: a character and its look for each place, from this address on. */
const TEXT_MEMORY = { address: 0xb8000, bytes: 0x8000 };
/** The upper half of code page 437, as far as screens use it. */
const CODE_PAGE: Readonly<Record<number, string>> = { 176: "░", 179: "│", 196: "─", 219: "█" };

/** At the machine's own keyboard and screen, in text mode. */
export class ScreenSeat implements Seat {
  readonly #vm: Machine;

  constructor(vm: Machine) {
    this.#vm = vm;
  }

  /** What the card shows: the kernel scrolls by moving the place at which the screen begins. */
  async shown(): Promise<string> {
    const file = join(this.#vm.directory, "text-memory");
    const { address, bytes } = TEXT_MEMORY;
    await this.#vm.qmp.execute("stop");
    try {
      await this.#vm.qmp.execute("pmemsave", { val: address, size: bytes, filename: file });
      const start = await this.#start();
      const memory = readFileSync(file);
      const rows = Array.from({ length: ROWS }, (_, row) => {
        const at = (start + row * COLUMNS) * 2;
        const cells = Array.from({ length: COLUMNS }, (__, column) => memory[(at + column * 2) % bytes] ?? 0);
        return cells
          .map((code) => CODE_PAGE[code] ?? (code < 32 ? " " : String.fromCharCode(code)))
          .join("")
          .trimEnd();
      });
      return rows.join("\n");
    } finally {
      await this.#vm.qmp.execute("cont");
    }
  }

  settled(): Promise<string> {
    return this.shown();
  }

  async press(key: SeatKey): Promise<number> {
    await this.#vm.pressKeys(NAMED[key].key);
    return 0;
  }

  async type(text: string): Promise<number> {
    for (const char of text) {
      const names = CHARACTERS[char] ?? (/[A-Z]/.test(char) ? ["shift", char.toLowerCase()] : [char]);
      await this.#vm.qmp.execute("send-key", { keys: names.map((data) => ({ type: "qcode", data })) });
      await Bun.sleep(150);
    }
    return 0;
  }

  until(what: RegExp, timeoutMs = 60_000): Promise<string> {
    return untilShown(this.#vm, this, what, timeoutMs);
  }

  /** Start address of the screen, in characters. Source: IBM, VGA CRT controller, registers 0Ch and 0Dh. */
  async #start(): Promise<number> {
    const index = await this.#port("i /1b 0x3d4");
    const parts: number[] = [];
    for (const register of [0x0c, 0x0d]) {
      await this.#port(`o /1b 0x3d4 ${register}`);
      parts.push(await this.#port("i /1b 0x3d5"));
    }
    await this.#port(`o /1b 0x3d4 ${index}`);
    const [high = 0, low = 0] = parts;
    return high * 256 + low;
  }

  async #port(command: string): Promise<number> {
    const answer = String(await this.#vm.qmp.execute("human-monitor-command", { "command-line": command }));
    return Number(/= (0x[0-9a-f]+)/.exec(answer)?.[1] ?? 0);
  }
}
