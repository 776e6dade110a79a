/** Questions at the console that a browser sees, too, and may answer where it is allowed. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type Ask, type ConsoleAsk, confirmPrompt, type LineOptions, linePrompt, type Prompt } from "../ui/ask.ts";
import type { StoppedBy } from "../ui/countdown.ts";
import { questionOf } from "../ui/given-answers.ts";
import { plainGlyphs } from "../ui/screens/glyphs.ts";
import { plainLines } from "../ui/screens/layout-text.ts";
import type { Choice, Screen } from "../ui/screens/screen.ts";
import type { Answering, StatusDesk } from "./status-desk.ts";

/** What questions are watched with. */
export interface Watch {
  readonly desk: Pick<StatusDesk, "put">;
  /** What was said last. */
  readonly said: () => readonly string[];
  /** Notes that a browser has answered, on every console and in the log. */
  readonly note: (text: string) => void;
}

/** What was asked, and what a browser's answer to it is. */
interface Asked<T> {
  readonly text: string;
  readonly lines?: readonly string[];
  readonly answering: Answering;
  readonly accept: Prompt<T>["accept"];
  /** What is noted of an answer. */
  readonly noteOf: (answer: T) => string;
}

const answered = (text: string, answer: string) => msg`Answered by a browser: ${text} ${answer}`;

/** Only one of those that were shown is taken. */
function askedOfChoices(text: string, all: readonly Choice[]): Asked<string> {
  const choices = all.filter(({ isForConsole }) => isForConsole !== true);
  return {
    ...{ text, answering: { kind: "choice", choices: choices.map(({ key, label }) => ({ key, label })) } },
    accept: (answer) =>
      choices.some(({ key }) => key === answer) ? { answer } : { complaint: msg`There is no such choice.` },
    noteOf: (key) => answered(text, key),
  };
}

/** A line has no control characters: a terminal would obey them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function askedOfLine(text: string, options: LineOptions): Asked<string> {
  const { initial, secret = false, shown } = options;
  const prompt = linePrompt(text, options);
  return {
    text,
    answering: secret ? { kind: "secret" } : { kind: "line", ...(initial === undefined ? {} : { initial }) },
    accept: (answer) =>
      CONTROL.test(answer)
        ? { complaint: msg`An answer is one line of text.` }
        : prompt.accept(answer.trim() === "" ? (initial ?? answer) : answer),
    noteOf: (answer) => answered(text, shown ? shown(answer) : answer),
  };
}

/** Yes and no are typed on a page as they are at the console: a finger slips on buttons. */
function askedOfYesNo(text: string, initial: boolean | undefined): Asked<boolean> {
  const { text: question, accept } = confirmPrompt(text, initial);
  const noteOf = (isYes: boolean) => answered(question, isYes ? msg`yes` : msg`no`);
  return { text: question, answering: { kind: "line" }, accept, noteOf };
}

function askedOfScreen(screen: Screen): Asked<string> {
  const { question, body } = screen;
  const text = questionOf(screen);
  const asked = question.kind === "choice" ? askedOfChoices(text, question.choices) : askedOfLine(text, question);
  return { ...asked, lines: plainLines(body, plainGlyphs) };
}

/**
 * Puts a question on the desk while it waits. The console has the last word: a browser's answer closes its question,
 * and counts when the console has let go of it.
 */
async function watched<T>(
  { desk, said, note }: Watch,
  asked: Asked<T>,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { text, lines = [], answering, accept, noteOf } = asked;
  const closing = new AbortController();
  let given: { readonly answer: T; readonly noted: string } | undefined;
  const take = desk.put({ text, lines: [...said(), ...lines], answering }, (line) => {
    if (given) return msg`That question is answered already.`;
    const told = accept(line);
    if ("complaint" in told) return told.complaint;
    given = { answer: told.answer, noted: noteOf(told.answer) };
    closing.abort(new MondoError("cancelled", given.noted));
    return undefined;
  });
  try {
    return await wait(closing.signal);
  } catch (error) {
    if (!given || error !== closing.signal.reason) throw error;
    note(given.noted);
    return given.answer;
  } finally {
    take();
  }
}

/** The same questions, watched. */
export function watchedAsk(ask: ConsoleAsk, watch: Watch): Ask {
  return {
    menu: (text, choices, initial, about) =>
      watched(watch, askedOfChoices(text, choices), (signal) => ask.menu(text, choices, initial, about, signal)),
    confirm: (text, initial, about) =>
      watched(watch, askedOfYesNo(text, initial), (signal) => ask.confirm(text, initial, about, signal)),
    line: (text, options = {}) =>
      watched(watch, askedOfLine(text, options), (signal) => ask.line(text, options, signal)),
    given: (question) => ask.given?.(question),
    get show() {
      const { show } = ask;
      return show && ((screen: Screen) => watched(watch, askedOfScreen(screen), (signal) => show(screen, signal)));
    },
  };
}

/**
 * A countdown of `seconds` that a browser sees, and may stop where `by` lets it. `wait` throws the reason of an abort.
 */
export async function watchedCountdown(
  watch: Watch,
  text: string,
  seconds: number,
  by: StoppedBy,
  wait: (signal: AbortSignal) => Promise<"elapsed" | "stopped">,
): Promise<"elapsed" | "stopped"> {
  const asked: Asked<"elapsed" | "stopped"> = {
    ...{ text: msg`${text} ${seconds} s`, answering: { kind: by === "anybody" ? "stop" : "console" } },
    accept: () => ({ answer: "stopped" }),
    noteOf: () => msg`Stopped by a browser: ${text}`,
  };
  return watched(watch, asked, wait);
}
