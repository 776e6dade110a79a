/** Answers that were given before: those of a session are noted, and given again where nobody is asked. */
import * as v from "valibot";
import { MondoError } from "../base/errors.ts";
import { inEnglish } from "../base/in-english.ts";
import { msg } from "../base/message.ts";
import type { About, Ask, Choice, LineOptions } from "./ask.ts";
import type { Screen } from "./screens/screen.ts";

const text = v.string();

/** One question with its answer; a secret has none. Questions are written down in English, whoever was asked. */
export const givenAnswerSchema = v.strictObject({
  question: text,
  answer: v.exactOptional(text),
  secret: v.exactOptional(v.literal(true)),
});

const fileSchema = v.strictObject({
  version: v.literal(1),
  /** How the session asked: full screens have questions that lines do without. */
  ui: v.picklist(["full", "plain"]),
  asked: v.array(givenAnswerSchema),
});

/** A question and what was answered. */
export type GivenAnswer = v.InferOutput<typeof givenAnswerSchema>;

/** A session, as a file has it. */
export type GivenAnswers = v.InferOutput<typeof fileSchema>;

/** Text of a file. */
export const encodeGivenAnswers = (answers: GivenAnswers): string => `${JSON.stringify(answers, null, 1)}\n`;

/** Reads a file; `name` is its place, for messages. Throws `format`. */
export function decodeGivenAnswers(source: string, name: string): GivenAnswers {
  const hint = msg`Give a file that --record has written.`;
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (cause) {
    throw new MondoError("format", msg`${name} holds no answers: it isn't JSON`, { hint, cause });
  }
  const result = v.safeParse(fileSchema, json);
  if (result.success) return result.output;
  const where = v.getDotPath(result.issues[0]) ?? msg`its top`;
  throw new MondoError("format", msg`${name} holds no answers of a session: ${where}: ${result.issues[0].message}`, {
    hint,
  });
}

/** What a screen asks; one that only shows something is known by its title. */
export const questionOf = ({ question, title }: Screen): string => (question.text === "" ? title : question.text);

/** Whether what was typed is a secret, or has one in it. */
const holdsSecret = ({ secret, shown }: Pick<LineOptions, "secret" | "shown">, answer: string): boolean =>
  secret === true || (shown !== undefined && shown(answer) !== answer);

/** Asks somebody, and notes what they say; of secrets, that they were asked. */
export function recordingAsk(ask: Ask): { readonly ask: Ask; readonly recorded: () => GivenAnswers } {
  const asked: GivenAnswer[] = [];
  const isFull = () => ask.show !== undefined;
  let wasFull = isFull();
  const note = <T>(told: string, answer: T, isSecret = false): T => {
    wasFull ||= isFull();
    const question = inEnglish(told);
    asked.push(isSecret ? { question, secret: true } : { question, answer: String(answer) });
    return answer;
  };
  return {
    recorded: () => ({ version: 1, ui: wasFull ? "full" : "plain", asked: [...asked] }),
    ask: {
      menu: async (question, choices, ...how) => note(question, await ask.menu(question, choices, ...how)),
      confirm: async (question, ...how) => {
        const answer = await ask.confirm(question, ...how);
        note(question, answer ? "yes" : "no");
        return answer;
      },
      line: async (question, options = {}) => {
        const answer = await ask.line(question, options);
        return note(question, answer, holdsSecret(options, answer));
      },
      given: (question) => ask.given?.(question),
      get show() {
        return (
          ask.show &&
          (async (screen: Screen) => {
            const { question } = screen;
            const answer = (await ask.show?.(screen)) ?? "";
            return note(questionOf(screen), answer, question.kind === "line" && holdsSecret(question, answer));
          })
        );
      },
    },
  };
}

/** Who answers what no file does: somebody, or nobody. */
type Fallback = Ask | undefined;

class Replay implements Ask {
  readonly #left: GivenAnswer[];
  readonly #ui: GivenAnswers["ui"];
  readonly #name: string;
  readonly #fallback: Fallback;
  /** What could not be answered: whoever asks on all the same must not go on with less. */
  #failure: MondoError | undefined;

  constructor({ asked, ui }: Pick<GivenAnswers, "asked" | "ui">, name: string, fallback: Fallback) {
    this.#left = [...asked];
    this.#ui = ui;
    this.#name = name;
    this.#fallback = fallback;
  }

  /** Questions are in English, as they are written down, or as they are asked, as somebody may type them. */
  #placeOf(told: string): number {
    const questions = [inEnglish(told), told];
    return this.#left.findIndex(({ question, answer }) => questions.includes(question) && answer !== undefined);
  }

  given(question: string): string | undefined {
    return this.#left[this.#placeOf(question)]?.answer;
  }

  /** The first answer to the question that was not given yet. */
  #take(question: string): string | undefined {
    if (this.#failure) throw this.#failure;
    const at = this.#placeOf(question);
    const [found] = at < 0 ? [] : this.#left.splice(at, 1);
    return found?.answer;
  }

  #wrong(question: string, why: string, hint: string): MondoError {
    const failure = new MondoError("usage", `${why}: ${question.trim()}`, { hint, data: { question } });
    if (!this.#fallback) this.#failure = failure;
    return failure;
  }

  #unanswered(question: string, isSecret = false): MondoError {
    const hint = isSecret
      ? msg`Answers hold no secrets: name a file with it (--luks-key), or have somebody at the terminal.`
      : msg`Add its answer to ${this.#name}, or have somebody at the terminal.`;
    return this.#wrong(question, msg`nobody is here to answer, and no answer was given in advance to`, hint);
  }

  #check(question: string, answer: string, complaint: string | undefined): string {
    if (complaint === undefined) return answer;
    throw this.#wrong(
      question,
      msg`the answer "${answer}" in ${this.#name} is not possible (${complaint})`,
      msg`Correct it.`,
    );
  }

  #chosen(question: string, choices: readonly Choice[], answer: string): string {
    // An answer by a key of its own names its choice behind it.
    const key = answer.replace(/^(space|left) /, "");
    const isThere = choices.some((choice) => choice.key === key);
    const known = choices.map((choice) => choice.key).join(", ");
    return this.#check(question, answer, isThere ? undefined : msg`there is ${known}`);
  }

  async menu(question: string, choices: readonly Choice[], initial?: string, about?: About): Promise<string> {
    const answer = this.#take(question);
    if (answer !== undefined) return this.#chosen(question, choices, answer);
    if (!this.#fallback) throw this.#unanswered(question);
    return this.#fallback.menu(question, choices, initial, about);
  }

  async confirm(question: string, initial?: boolean, about?: About): Promise<boolean> {
    const answer = this.#take(question);
    if (answer === undefined) {
      if (!this.#fallback) throw this.#unanswered(question);
      return this.#fallback.confirm(question, initial, about);
    }
    return this.#check(question, answer, answer === "yes" || answer === "no" ? undefined : msg`yes or no`) === "yes";
  }

  async line(question: string, options: LineOptions = {}): Promise<string> {
    const answer = options.secret === true ? undefined : this.#take(question);
    if (answer !== undefined) return this.#check(question, answer, options.check?.(answer));
    if (!this.#fallback) throw this.#unanswered(question, options.secret === true);
    return this.#fallback.line(question, options);
  }

  get show(): Ask["show"] {
    if (this.#fallback) return this.#fallback.show && ((screen) => this.#show(screen));
    return this.#ui === "full" ? (screen) => this.#show(screen) : undefined;
  }

  async #show(screen: Screen): Promise<string> {
    const { question } = screen;
    const asked = questionOf(screen);
    const isSecret = question.kind === "line" && question.secret === true;
    const answer = isSecret ? undefined : this.#take(asked);
    if (answer !== undefined) {
      if (question.kind === "choice") return this.#chosen(asked, question.choices, answer);
      return this.#check(asked, answer, question.check?.(answer));
    }
    if (this.#fallback?.show) return this.#fallback.show(screen);
    // There is nothing to choose.
    const [only, second] = question.kind === "choice" ? question.choices : [];
    if (only && !second) return only.key;
    throw this.#unanswered(asked, isSecret);
  }
}

/**
 * Gives the answers of a session again, in their order for each question; what has none goes to `fallback`, and is an
 * error that names the question where that is nobody. Answers are checked as those of a person are.
 */
export const replayingAsk = (answers: Pick<GivenAnswers, "asked" | "ui">, name: string, fallback: Fallback): Ask =>
  new Replay(answers, name, fallback);
