/** Words of `mondo archive` as a command line, and as a job of the configuration. Pure. */
import { splitPaths } from "../archive-options.ts";
import { archiveSpec } from "../archive-spec.ts";
import { configOptions } from "../config/config-schema.ts";
import type { ParsedWords } from "../parse.ts";
import { keyOf, type OptionSpec } from "../spec.ts";

/** A word as a shell takes it. Source: POSIX, Shell Command Language, 2.2. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const spelled = ({ letter, long }: OptionSpec): string => (letter === undefined ? `--${long}` : `-${letter}`);

/** The command line that means the same. */
export function lineOf({ flags, values, lists }: ParsedWords): string {
  const letters = archiveSpec.options.filter((option) => option.letter !== undefined && flags.has(keyOf(option)));
  const bundle = letters.map(({ letter }) => letter).join("");
  const rest = archiveSpec.options.flatMap((option) => {
    const key = keyOf(option);
    if (option.value === undefined) return option.letter === undefined && flags.has(key) ? [spelled(option)] : [];
    const given = option.many ? (lists.get(key) ?? []) : [values.get(key) ?? []].flat();
    return given.map((value) => `${spelled(option)} ${quoted(value)}`);
  });
  return ["mondoarchive", ...(bundle === "" ? [] : [`-${bundle}`]), ...rest].join(" ");
}

/** A text of TOML. JSON's strings are TOML's basic strings, as far as they have no control characters. */
const tomlText = (text: string): string => JSON.stringify(text);

/** The job that means the same, as a file of the configuration. What a job does in any case is not said. */
export function jobText(name: string, { flags, values, lists }: ParsedWords): string {
  const lines = [...configOptions].flatMap(([key, option]) => {
    if (option.value === undefined) return flags.has(key) ? [`${key} = true`] : [];
    if (option.many) {
      const paths = (lists.get(key) ?? []).flatMap(splitPaths);
      return paths.length === 0 ? [] : [`${key} = [${paths.map(tomlText).join(", ")}]`];
    }
    const value = values.get(key);
    return value === undefined ? [] : [`${key} = ${tomlText(value)}`];
  });
  return [`[jobs.${/^[\w-]+$/.test(name) ? name : tomlText(name)}]`, ...lines, ""].join("\n");
}
