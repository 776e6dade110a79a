import type { ParsedWords } from "./parse.ts";
import { type CommandSpec, keyOf } from "./spec.ts";

/** A word that names a set, and the words with another in its place. */
export interface SetWord {
  readonly text: string;
  readonly replacedBy: (path: string) => ParsedWords;
}

/** The first word on the command line that names a set of the kind that is asked for. */
export function setWord(
  spec: CommandSpec,
  words: ParsedWords,
  isMeant: (text: string) => boolean,
): SetWord | undefined {
  const [first, ...others] = words.operands;
  if (spec.operandCompletes === "set" && first !== undefined && isMeant(first)) {
    return { text: first, replacedBy: (path) => ({ ...words, operands: [path, ...others] }) };
  }
  for (const option of spec.options.filter(({ completes }) => completes === "set")) {
    const text = words.values.get(keyOf(option));
    if (text === undefined || !isMeant(text)) continue;
    return {
      text,
      replacedBy: (path) => ({ ...words, values: new Map([...words.values, [keyOf(option), path]]) }),
    };
  }
  return undefined;
}
