import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { decodeKeys, type Key } from "./keys.ts";
import type { About, Choice, Screen } from "./screens/screen.ts";

export type { About, Choice } from "./screens/screen.ts";

/** A prompt for a line. `accept` returns the answer, or a complaint to show before asking again. */
export interface Prompt<T> {
  readonly text: string;
  /** The answer of an empty line, shown in brackets. */
  readonly initial?: string;
  /** Typed characters are not shown. */
  readonly secret?: boolean;
  accept(line: string): { readonly answer: T } | { readonly complaint: string };
}

/** How a line is asked for. */
export interface LineOptions {
  readonly initial?: string;
  readonly secret?: boolean;
  /** A complaint about an answer, or undefined. */
  readonly check?: (line: string) => string | undefined;
  /** An answer without the password that may be in it, for logs and for others who look on. Default: as it is. */
  readonly shown?: (line: string) => string;
  readonly about?: About;
}

/**
 * Questions to a person; `about`: what full screens say of them. ^C throws `cancelled`. Nothing here times out: a
 * question waits for ever.
 */
export interface Ask {
  /** The `key` of the choice. */
  menu(text: string, choices: readonly Choice[], initial?: string, about?: About): Promise<string>;
  confirm(text: string, initial?: boolean, about?: About): Promise<boolean>;
  line(text: string, options?: LineOptions): Promise<string>;
  /** Shows a whole screen, and gives the key of the choice or the line. Undefined where questions are plain lines. */
  readonly show?: ((screen: Screen) => Promise<string>) | undefined;
  /** The answer that was given in advance to a question (of a screen, `questionOf`), if nobody is to be asked it. */
  readonly given?: ((question: string) => string | undefined) | undefined;
}

/**
 * Questions at a console that may be answered from elsewhere: an abort of `signal` closes the one that it was given to,
 * whatever lies over it, and that question throws the signal's reason.
 */
export interface ConsoleAsk extends Ask {
  menu(
    text: string,
    choices: readonly Choice[],
    initial?: string,
    about?: About,
    signal?: AbortSignal,
  ): Promise<string>;
  confirm(text: string, initial?: boolean, about?: About, signal?: AbortSignal): Promise<boolean>;
  line(text: string, options?: LineOptions, signal?: AbortSignal): Promise<string>;
  readonly show?: ((screen: Screen, signal?: AbortSignal) => Promise<string>) | undefined;
}

/** Where questions are shown and keys come from; raw bytes, no echo. `onKeys` returns how to stop listening. */
export interface AskTerminal {
  write(text: string): void;
  onKeys(listener: (bytes: Uint8Array) => void): () => void;
}

/** What one key does to the line: the new line, what to show, and whether it ends. Pure. */
export function reduceKey(
  typed: string,
  key: Key,
  secret: boolean,
): { readonly typed: string; readonly echo: string; readonly end?: "enter" | "cancel" } {
  const width = [...typed].length;
  if (key === "enter") return { typed, echo: "\n", end: "enter" };
  if (key === "cancel") return { typed: "", echo: "^C\n", end: "cancel" };
  const erase = (count: number) => (secret ? "" : "\b \b".repeat(count));
  if (key === "backspace") return { typed: [...typed].slice(0, -1).join(""), echo: erase(Math.min(1, width)) };
  if (key === "clear") return { typed: "", echo: erase(width) };
  return { typed: typed + key.char, echo: secret ? "" : key.char };
}

/** A menu as a prompt: number or key, checked. Pure. */
export function menuPrompt(text: string, choices: readonly Choice[], initial?: string): Prompt<string> {
  const numberOf = (key: string) => choices.findIndex((choice) => choice.key === key) + 1;
  const start = initial === undefined ? 0 : numberOf(initial);
  const lines = choices.map(({ label }, index) => `  ${String(index + 1).padStart(2)}  ${label}`);
  return {
    text: `\n${text}\n${lines.join("\n")}\n${msg`Number`}`,
    ...(start > 0 ? { initial: String(start) } : {}),
    accept(line) {
      const word = line.trim();
      const chosen = /^\d+$/.test(word) ? choices[Number(word) - 1] : choices.find(({ key }) => key === word);
      return chosen ? { answer: chosen.key } : { complaint: msg`Please type a number from 1 to ${choices.length}.` };
    },
  };
}

/** A yes-or-no question as a prompt. Pure. */
export function confirmPrompt(text: string, initial?: boolean): Prompt<boolean> {
  return {
    text: `${text} (${msg`yes`}/${msg`no`})`,
    ...(initial === undefined ? {} : { initial: initial ? msg`yes` : msg`no` }),
    accept(line) {
      const word = line.trim().toLowerCase();
      if (["y", "yes", msg`y`, msg`yes`].includes(word)) return { answer: true };
      if (["n", "no", msg`n`, msg`no`].includes(word)) return { answer: false };
      return { complaint: msg`Please type yes or no.` };
    },
  };
}

/** A line as a prompt. Pure. */
export function linePrompt(text: string, { initial, secret = false, check }: LineOptions): Prompt<string> {
  return {
    ...{ text, secret, ...(initial === undefined ? {} : { initial }) },
    accept(line) {
      const complaint = check?.(line);
      return complaint === undefined ? { answer: line } : { complaint };
    },
  };
}

function runPrompt<T>(terminal: AskTerminal, prompt: Prompt<T>, signal?: AbortSignal): Promise<T> {
  const secret = prompt.secret === true;
  const initial = prompt.initial === undefined ? "" : ` [${prompt.initial}]`;
  const head = printable(msg`${`${prompt.text}${initial}`}: `);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let typed = "";
    const close = () => {
      stop();
      terminal.write("\n");
      reject(signal?.reason);
    };
    const stopKeys = terminal.onKeys((bytes) => {
      for (const key of decodeKeys(bytes)) {
        const next = reduceKey(typed, key, secret);
        typed = next.typed;
        terminal.write(next.echo);
        if (next.end === undefined) continue;
        if (next.end === "cancel") {
          stop();
          reject(new MondoError("cancelled", msg`the question was answered with ^C`));
          return;
        }
        const result = prompt.accept(typed.trim() === "" ? (prompt.initial ?? typed) : typed);
        typed = "";
        if ("answer" in result) {
          stop();
          resolve(result.answer);
          return;
        }
        terminal.write(`${printable(result.complaint)}\n${head}`);
      }
    });
    const stop = () => {
      stopKeys();
      signal?.removeEventListener("abort", close);
    };
    signal?.addEventListener("abort", close);
    terminal.write(head);
  });
}

/** Questions on a terminal. */
export function askOn(terminal: AskTerminal): ConsoleAsk {
  return {
    menu: (text, choices, initial, _, signal) => runPrompt(terminal, menuPrompt(text, choices, initial), signal),
    confirm: (text, initial, _, signal) => runPrompt(terminal, confirmPrompt(text, initial), signal),
    line: (text, options = {}, signal) => runPrompt(terminal, linePrompt(text, options), signal),
  };
}
