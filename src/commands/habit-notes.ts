import type { ParsedWords } from "./parse.ts";
import { type CommandSpec, keyOf, optionsOf, spellingsOf } from "./spec.ts";

/** What those should know who gave options that do nothing any more, or not quite what they did: a sentence each. */
export function habitNotes(spec: CommandSpec, { flags, values }: ParsedWords): readonly string[] {
  return optionsOf(spec).flatMap((option) => {
    const key = keyOf(option);
    const isGiven = flags.has(key) || values.has(key);
    return option.says !== undefined && isGiven ? [`${spellingsOf(option)[0]}: ${option.says}`] : [];
  });
}
