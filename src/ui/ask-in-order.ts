import { isCancelled } from "../base/errors.ts";
import type { Ask } from "./ask.ts";
import { present } from "./present.ts";
import type { Screen } from "./screens/screen.ts";

/** One of several questions: whether it is asked, how, and what an answer makes of the values so far. Pure. */
export interface Field<T> {
  readonly when?: (values: T) => boolean;
  readonly screen: (values: T) => Screen;
  readonly take: (values: T, answer: string) => T;
}

/** A key that leads back, beside Esc and ^C. */
export const BACK_KEY = "back";

/**
 * Asks one after the other; back leads to the question before, whose values are as they were then. Undefined: back from
 * the first one.
 */
export async function askInOrder<T>(
  ask: Ask,
  say: (line: string) => void,
  start: T,
  fields: readonly Field<T>[],
): Promise<T | undefined> {
  const before: { readonly at: number; readonly values: T }[] = [];
  let [at, values] = [0, start];
  while (at < fields.length) {
    const field = fields[at];
    if (!field || field.when?.(values) === false) {
      at += 1;
      continue;
    }
    const answer = await answerOrBack(ask, say, field.screen(values));
    if (answer === undefined) {
      const last = before.pop();
      if (!last) return undefined;
      [at, values] = [last.at, last.values];
      continue;
    }
    before.push({ at, values });
    values = field.take(values, answer);
    at += 1;
  }
  return values;
}

async function answerOrBack(ask: Ask, say: (line: string) => void, screen: Screen): Promise<string | undefined> {
  try {
    const answer = await present(ask, say, screen);
    return answer === BACK_KEY && screen.question.kind === "choice" ? undefined : answer;
  } catch (error) {
    if (isCancelled(error)) return undefined;
    throw error;
  }
}
