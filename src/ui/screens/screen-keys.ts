/** A key press as a screen sees it: a character, or what the key does. */
export type ScreenKey = { readonly char: string } | NamedKey;

/** Keys with a name. `escape` goes back, as `cancel` (^C) does. */
export type NamedKey =
  | ("enter" | "backspace" | "clear" | "cancel" | "escape")
  | ("up" | "down" | "left" | "right" | "page-up" | "page-down" | "home" | "end")
  | ("help" | "log" | "shell" | "redraw");

const CONTROL: Readonly<Record<number, NamedKey>> = {
  3: "cancel",
  7: "help",
  8: "backspace",
  10: "enter",
  12: "redraw",
  13: "enter",
  15: "log",
  21: "clear",
  26: "shell",
  127: "backspace",
};

/**
 * What comes after ESC. Sources: ECMA-48; console_codes(4) and keyboard.c of the kernel (`[[A` is F1 there); the VT220
 * Programmer Reference (keypad and editing keys); terminfo of xterm, screen and tmux.
 */
const SEQUENCES: Readonly<Record<string, NamedKey>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  "[H": "home",
  "[F": "end",
  OH: "home",
  OF: "end",
  "[1~": "home",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[5~": "page-up",
  "[6~": "page-down",
  "[[A": "help",
  "[[B": "log",
  "[[C": "shell",
  OP: "help",
  OQ: "log",
  OR: "shell",
  "[11~": "help",
  "[12~": "log",
  "[13~": "shell",
  "[28~": "help",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const WHOLE = /^\x1b(\[\[[A-E]|\[[0-9;?<=>]*[ -/]*[@-Z\\-~]|O[@-~]|[^[O\x1b])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const PARTIAL = /^\x1b(\[\[?[0-9;?<=>]*[ -/]*|O)?$/;
/** A sequence that is longer is noise. */
const LONGEST = 32;

/** The first key of a text, how much of it that takes, and no key for what means nothing. */
function firstKey(text: string): { readonly key?: ScreenKey; readonly length: number } {
  const [whole] = WHOLE.exec(text) ?? [];
  if (whole !== undefined) {
    const key = SEQUENCES[whole.slice(1)];
    return { length: whole.length, ...(key === undefined ? {} : { key }) };
  }
  const char = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const code = char.codePointAt(0) ?? 0;
  if (code === 27) return { key: "escape", length: 1 };
  const control = CONTROL[code];
  if (control !== undefined) return { key: control, length: 1 };
  return code >= 32 && code !== 0xfffd && !(code >= 0x80 && code < 0xa0)
    ? { key: { char }, length: char.length }
    : { length: char.length };
}

/** Keys of raw input that may arrive in pieces: a slow line cuts escape sequences and characters in two. */
export class KeyReader {
  #decoder = new TextDecoder();
  #rest = "";

  /** Keys that are complete. */
  push(bytes: Uint8Array): ScreenKey[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    return this.#take(false);
  }

  /** To be called when nothing followed for a while: what was the begin of a sequence was the Escape key. */
  flush(): ScreenKey[] {
    // The begin of a longer sequence is noise, or its end was lost: it means no key.
    if (this.#rest.length > 1 && PARTIAL.test(this.#rest)) this.#rest = "";
    return this.#take(true);
  }

  /** Whether something waits for its end. */
  get isWaiting(): boolean {
    return this.#rest !== "";
  }

  #take(all: boolean): ScreenKey[] {
    const keys: ScreenKey[] = [];
    while (this.#rest !== "") {
      if (!all && this.#rest.length < LONGEST && PARTIAL.test(this.#rest)) break;
      const { key, length } = firstKey(this.#rest);
      this.#rest = this.#rest.slice(length);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }
}
