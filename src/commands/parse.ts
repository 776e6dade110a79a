import minimist from "minimist";
import { MondoError } from "../base/errors.ts";
import { type CommandSpec, keyOf, type OptionSpec } from "./spec.ts";

/** A command line after parsing: flags that were given, values by key, lists of those that may come often, remaining words. */
export interface ParsedWords {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

const namesOf = (option: OptionSpec): string[] =>
  [option.letter, option.long].filter((name): name is string => name !== undefined);

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

/** A flag typed twice (`-O -O`, `-OO`): minimist folds those, Mondo refused them. */
function repeatedFlag(flagSpecs: readonly OptionSpec[], words: readonly string[]): string | undefined {
  const letters = new Set(flagSpecs.flatMap((option) => option.letter ?? []));
  const seen = new Set<string>();
  for (const word of words) {
    if (word === "--") break;
    if (!/^-[^-]/.test(word)) continue;
    for (const letter of word.slice(1)) {
      if (!letters.has(letter)) break;
      if (seen.has(letter)) return dashed(letter);
      seen.add(letter);
    }
  }
  return undefined;
}

/**
 * Parses the words of one command exactly: unknown options, options given twice, missing or empty values and stray words
 * are usage errors, as they were with mondoarchive. Letters can be bundled (`-OVi`).
 */
export function parseWords(spec: CommandSpec, words: readonly string[]): ParsedWords {
  const usage = (message: string) =>
    new MondoError("usage", message, { hint: `Run "mondo help ${spec.name}" for the options that there are.` });
  const flagSpecs = spec.options.filter((option) => option.value === undefined);
  const valueSpecs = spec.options.filter((option) => option.value !== undefined);
  const parsed = minimist([...words], {
    boolean: flagSpecs.flatMap(namesOf),
    string: ["_", ...valueSpecs.flatMap(namesOf)],
    alias: Object.fromEntries(spec.options.filter((o) => o.letter && o.long).map((o) => [o.long, o.letter])),
    unknown: (word) => {
      if (/^-./.test(word)) throw usage(`unknown option ${word.split("=")[0]}`);
      return true;
    },
  });
  // minimist reads --no-x as "x: false" without asking; we have no such options.
  const negated = words.find((word) => word.startsWith("--no-") && !spec.options.some((o) => `--${o.long}` === word));
  if (negated !== undefined) throw usage(`unknown option ${negated}`);
  const twice = repeatedFlag(flagSpecs, words);
  if (twice !== undefined) throw usage(`${twice} is given more than once`);
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const option of spec.options) {
    const name = option.letter ?? option.long ?? "";
    const given = parsed[name] as unknown;
    const needed = `${dashed(name)} needs a value: ${option.value}`;
    if (option.many && given !== undefined) {
      const all = [given].flat();
      if (!all.every((one) => typeof one === "string" && one !== "")) throw usage(needed);
      lists.set(keyOf(option), all as string[]);
      continue;
    }
    if (Array.isArray(given)) throw usage(`${dashed(name)} is given more than once`);
    if (option.value === undefined) {
      if (given === true) flags.add(keyOf(option));
    } else if (given !== undefined) {
      if (given === "" || typeof given !== "string") throw usage(needed);
      values.set(keyOf(option), given);
    }
  }
  const operands = parsed._.filter((word) => word !== "");
  if (operands.length > 0 && spec.operands === undefined) throw usage(`unexpected word "${operands[0]}"`);
  return { flags, values, lists, operands };
}
