import { closest } from "../base/closest.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { classicAnswer } from "./classic-answers.ts";
import { optionsOf as allOptions, type CommandSpec, dashed, type OptionSpec, spellingsOf } from "./spec.ts";

/** An option as it was typed. */
export interface TypedOption {
  /** `-d` or `--dir`: without its value, and out of its bundle. */
  readonly spelling: string;
  /** The whole word that it stands in: `-OVi`, `--dir=/srv`. */
  readonly word: string;
  /** Default: the command has no such option. */
  readonly option?: OptionSpec;
}

/** The options of one word, and whether the word behind it is the value of the last. */
function optionsOf(word: string, byName: ReadonlyMap<string, OptionSpec>): [readonly TypedOption[], boolean] {
  const typed = (spelling: string): TypedOption => {
    const option = byName.get(spelling);
    return option === undefined ? { spelling, word } : { spelling, word, option };
  };
  if (word.startsWith("--")) {
    const one = typed(word.split("=")[0] ?? word);
    return [[one], one.option?.value !== undefined && !word.includes("=")];
  }
  const found: TypedOption[] = [];
  for (const [index, letter] of [...word.slice(1)].entries()) {
    const one = typed(`-${letter}`);
    found.push(one);
    if (one.option?.value !== undefined) return [found, index === [...word].length - 2];
    if (one.option === undefined) break;
  }
  return [found, false];
}

/** The options among the words of a command line, in order; what stands behind `--` or is a value is none. */
export function typedOptions(spec: CommandSpec, words: readonly string[]): readonly TypedOption[] {
  const byName = new Map(
    allOptions(spec).flatMap((option) => spellingsOf(option).map((name) => [name, option] as const)),
  );
  const all: TypedOption[] = [];
  let isValue = false;
  for (const word of words) {
    if (isValue) {
      isValue = false;
      continue;
    }
    if (word === "--") break;
    if (!/^-./.test(word)) continue;
    const [found, takesNext] = optionsOf(word, byName);
    all.push(...found);
    isValue = takesNext;
  }
  return all;
}

/** Whether the words ask for help, wherever among them. */
export const asksForHelp = (spec: CommandSpec, words: readonly string[]): boolean =>
  typedOptions(spec, words).some(({ spelling, option }) => !option && (spelling === "-h" || spelling === "--help"));

/** The error for an option that a command doesn't have: the option alone, its bundle, and what was probably meant. */
export function unknownOption(spec: CommandSpec, { spelling, word }: TypedOption): MondoError {
  const answer = classicAnswer(spec.name, spelling);
  if (answer) return new MondoError("usage", msg`${spelling} (${answer.was}) is not there`, { hint: answer.now });
  const bundle = !word.startsWith("--") && [...word].length > 2 ? msg` in ${word}` : "";
  const longNames = allOptions(spec).flatMap(({ long }) => (long === undefined ? [] : [dashed(long)]));
  const meant = spelling.startsWith("--") ? closest(spelling, longNames) : closest(`-${word}`, longNames);
  const question = meant === undefined ? "" : msg`Did you mean ${meant}? `;
  return new MondoError("usage", msg`unknown option ${spelling}${bundle}`, {
    hint: msg`${question}Run "mondo help ${spec.name}" for the options.`,
  });
}
