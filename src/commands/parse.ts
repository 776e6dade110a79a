import minimist from "minimist";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { typedOptions, unknownOption } from "./scan-words.ts";
import { type CommandSpec, dashed, keyOf, type OptionSpec, optionsOf, spellingsOf } from "./spec.ts";

/**
 * A command line after parsing: flags that were given, values by key, lists of those that may come often, other words.
 */
export interface ParsedWords {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

const namesOf = (option: OptionSpec): string[] => spellingsOf(option).map((name) => name.replace(/^-+/, ""));

/** An option given twice (`-O -O`, `-OO`, `-d A --dir B`) that may not be: minimist folds flags, Mondo refused them. */
function repeatedOption(spec: CommandSpec, words: readonly string[]): string | undefined {
  const seen = new Set<OptionSpec>();
  for (const { option } of typedOptions(spec, words)) {
    if (option === undefined || option.many) continue;
    if (seen.has(option)) return dashed(option.letter ?? option.long ?? "");
    seen.add(option);
  }
  return undefined;
}

/**
 * Parses the words of one command exactly: unknown options, options given twice, missing or empty values and stray
 * words are usage errors, as they were with mondoarchive. Letters can be bundled (`-OVi`).
 */
export function parseWords(spec: CommandSpec, words: readonly string[]): ParsedWords {
  const usage = (message: string) =>
    new MondoError("usage", message, { hint: msg`Run "mondo help ${spec.name}" for the options.` });
  const unknown = typedOptions(spec, words).find(({ option }) => option === undefined);
  if (unknown !== undefined) throw unknownOption(spec, unknown);
  const twice = repeatedOption(spec, words);
  if (twice !== undefined) throw usage(msg`${twice} is given more than once`);
  const valued = typedOptions(spec, words).find(
    ({ spelling, word, option }) => !option?.value && word.startsWith(`${spelling}=`),
  );
  if (valued !== undefined) throw usage(msg`${valued.spelling} takes no value`);
  const parsed = minimist([...words], {
    boolean: optionsOf(spec)
      .filter(({ value }) => value === undefined)
      .flatMap(namesOf),
    string: [
      "_",
      ...optionsOf(spec)
        .filter(({ value }) => value !== undefined)
        .flatMap(namesOf),
    ],
    alias: Object.fromEntries(
      optionsOf(spec)
        .filter((o) => o.letter && o.long)
        .map((o) => [o.long, o.letter]),
    ),
  });
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const option of optionsOf(spec)) {
    const name = option.letter ?? option.long ?? "";
    const given: readonly unknown[] = [parsed[name] ?? []].flat();
    if (option.value === undefined) {
      if (given[0] === true) flags.add(keyOf(option));
      continue;
    }
    const texts = given.filter((one): one is string => typeof one === "string" && one !== "");
    if (texts.length < given.length) throw usage(msg`${dashed(name)} needs a value: ${option.value}`);
    const [first] = texts;
    if (option.many && first !== undefined) lists.set(keyOf(option), texts);
    else if (first !== undefined) values.set(keyOf(option), first);
  }
  const operands = parsed._.filter((word) => word !== "");
  if (operands.length > 0 && spec.operands === undefined) throw usage(msg`unexpected word "${operands[0]}"`);
  return { flags, values, lists, operands };
}
