import { type DifferenceFilter, SEVERITIES, severitiesIn } from "../archive/compare/difference-filter.ts";
import { msg } from "../base/message.ts";
import type { ParsedWords } from "./parse.ts";
import type { OptionSpec } from "./spec.ts";

/** `--severity`. */
export const severityOption: OptionSpec = {
  long: "severity",
  value: "LEVELS",
  completes: { words: ["3", "2,3", ...SEVERITIES.slice(1).map(String)] },
  help: msg`only differences of these severities: 3, or 2,3; the exit status counts no other`,
};

/** Which differences a command line asks for. Throws `usage`. */
export function filterOf(words: ParsedWords, patterns: readonly string[]): DifferenceFilter {
  const severity = words.values.get("severity");
  return {
    ...(severity === undefined ? {} : { severities: severitiesIn(severity, "severity") }),
    ...(patterns.length === 0 ? {} : { patterns }),
  };
}
