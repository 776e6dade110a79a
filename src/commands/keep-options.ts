/** How many sets stay: the same options wherever sets are removed. */

import type { KeepRules } from "../backup/retention/decide-retention.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { ParsedWords } from "./parse.ts";
import { keyOf, type OptionSpec } from "./spec.ts";

const rules: readonly { readonly rule: keyof KeepRules; readonly option: OptionSpec }[] = [
  {
    rule: "last",
    option: {
      long: "keep",
      value: "N",
      help: msg`with --layout directory, --usb or --to: once the new backup was read back, remove those of this machine and prefix that no rule keeps; this one keeps the last N. What one that stays builds on stays, too (default: all stay)`,
    },
  },
  ...(["daily", "weekly", "monthly", "yearly"] as const).map((rule) => {
    const period = { daily: msg`days`, weekly: msg`weeks`, monthly: msg`months`, yearly: msg`years` }[rule];
    const help = msg`keep the last backup of each of the last N ${period} that have one`;
    return { rule, option: { long: `keep-${rule}`, value: "N", help } };
  }),
];

/** `--keep`, `--keep-daily` and so on. */
export const keepOptions: readonly OptionSpec[] = rules.map(({ option }) => option);

/** The keys of those. */
export const keepKeys: readonly string[] = keepOptions.map(keyOf);

function countOf(option: OptionSpec, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new MondoError("usage", msg`--${option.long} ${text} is not a number from 1 to 9999`, {
    hint: msg`Say how many backups are to stay.`,
  });
}

/** The rules of a command line; undefined: there are none, all stay. Throws `usage`. */
export function keepRulesOf({ values }: ParsedWords): KeepRules | undefined {
  const given = rules.flatMap(({ rule, option }) => {
    const text = values.get(keyOf(option));
    return text === undefined ? [] : [[rule, countOf(option, text)] as const];
  });
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
