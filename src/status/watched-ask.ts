/** Questions at the console that a browser sees, too, and may answer where it is allowed: as if it typed there. */

import { msg } from "../base/message.ts";
import { type Ask, confirmPrompt, menuPrompt } from "../ui/ask.ts";
import { questionOf } from "../ui/given-answers.ts";
import { plainGlyphs } from "../ui/screens/glyphs.ts";
import { plainLines } from "../ui/screens/layout-text.ts";
import type { Choice, Screen } from "../ui/screens/screen.ts";
import type { Answering, StatusDesk } from "./status-desk.ts";

/** What questions are watched with. */
export interface Watch {
  readonly desk: Pick<StatusDesk, "put">;
  /** Presses keys at the console. */
  readonly press: (keys: string) => void;
  /** What was said last. */
  readonly said: () => readonly string[];
  /** Notes that a browser has answered. */
  readonly note: (text: string) => void;
}

/** Takes away what somebody has begun to type. */
const CLEAR = "\x15";
const ENTER = "\r";

/** What was asked, and how its answer is typed; a complaint where there is no such answer. */
interface Asked {
  readonly text: string;
  readonly lines?: readonly string[];
  readonly answering: Answering;
  readonly keysFor: (answer: string) => { readonly keys: string } | { readonly complaint: string };
}

/** A choice is typed as its number, which lines and screens both take. */
function askedOfChoices(text: string, choices: readonly Choice[]): Asked {
  return {
    text,
    answering: { kind: "choice", choices: choices.map(({ key, label }) => ({ key, label })) },
    keysFor(answer) {
      const at = choices.findIndex(({ key }) => key === answer);
      // Only one of those that were shown, and no number of another.
      const told =
        at < 0 ? { complaint: msg`There is no such choice.` } : menuPrompt(text, choices).accept(`${at + 1}`);
      return "complaint" in told ? told : { keys: `${at + 1}` };
    },
  };
}

type LineOptions = NonNullable<Parameters<Ask["line"]>[1]>;

/** A line has no control characters: they would be keys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function askedOfLine(text: string, { initial, secret = false, check }: LineOptions): Asked {
  return {
    text,
    answering: secret ? { kind: "secret" } : { kind: "line", ...(initial === undefined ? {} : { initial }) },
    keysFor(answer) {
      if (CONTROL.test(answer)) return { complaint: msg`An answer is one line of text.` };
      const complaint = check?.(answer.trim() === "" ? (initial ?? answer) : answer);
      return complaint === undefined ? { keys: answer } : { complaint };
    },
  };
}

/** Yes and no are typed on a page as they are at the console: a finger slips on buttons. */
function askedOfYesNo(text: string, initial: boolean | undefined, isFull: () => boolean): Asked {
  const prompt = confirmPrompt(text, initial);
  return {
    text: prompt.text,
    answering: { kind: "line" },
    keysFor(answer) {
      const told = prompt.accept(answer);
      if ("complaint" in told) return told;
      return { keys: isFull() ? (told.answer ? "1" : "2") : told.answer ? "yes" : "no" };
    },
  };
}

function askedOfScreen(screen: Screen): Asked {
  const { question, body } = screen;
  const text = questionOf(screen);
  const asked = question.kind === "choice" ? askedOfChoices(text, question.choices) : askedOfLine(text, question);
  return { ...asked, lines: plainLines(body, plainGlyphs) };
}

/** Puts a question on the desk while it waits. */
async function watched<T>({ desk, press, said, note }: Watch, asked: Asked, wait: () => Promise<T>): Promise<T> {
  const { text, lines = [], answering, keysFor } = asked;
  const above = [...said(), ...lines];
  const take = desk.put({ text, lines: above, answering }, (answer) => {
    const typed = keysFor(answer);
    if ("complaint" in typed) return typed.complaint;
    note(msg`Answered by a browser: ${text} ${answer}`);
    press(`${CLEAR}${typed.keys}${ENTER}`);
    return undefined;
  });
  try {
    return await wait();
  } finally {
    take();
  }
}

/** The same questions, watched. */
export function watchedAsk(ask: Ask, watch: Watch): Ask {
  return {
    menu: (text, choices, initial) =>
      watched(watch, askedOfChoices(text, choices), () => ask.menu(text, choices, initial)),
    confirm: (text, initial) =>
      watched(
        watch,
        askedOfYesNo(text, initial, () => ask.show !== undefined),
        () => ask.confirm(text, initial),
      ),
    line: (text, options = {}) => watched(watch, askedOfLine(text, options), () => ask.line(text, options)),
    given: (question) => ask.given?.(question),
    get show() {
      const { show } = ask;
      return show && ((screen: Screen) => watched(watch, askedOfScreen(screen), () => show(screen)));
    },
  };
}

/** A countdown that a browser may stop. */
export async function watchedCountdown<T>(watch: Watch, text: string, wait: () => Promise<T>): Promise<T> {
  const asked: Asked = { text, answering: { kind: "stop" }, keysFor: () => ({ keys: " " }) };
  return watched(watch, asked, wait);
}
