import type { Manifest } from "../archive/set/manifest.ts";
import type { Findings } from "../archive/verify/verify-set.ts";
import { msg } from "../base/message.ts";
import type { CommandContext } from "./command.ts";
import { tellerOf } from "./set-words.ts";
import { tellSavedProblems } from "./tell-saved-problems.ts";

/** Tells what a check of a set has found; returns the exit status. */
export function reportFindings(
  context: CommandContext,
  { problems }: Pick<Manifest, "problems">,
  { defects, damaged, uncovered, entries, frames }: Findings,
): number {
  const teller = tellerOf(context);
  for (const text of defects) teller.finding("defect", { text }, msg`damaged: ${text}`);
  for (const { path, reason } of damaged) teller.finding("damaged", { path, reason }, `${path}: ${reason}`);
  for (const text of uncovered) teller.finding("uncovered", { text }, text);
  const sound = defects.length === 0 && damaged.length === 0;
  const known = tellSavedProblems(context, problems);
  const counts = msg`${entries} entries in ${frames} frames`;
  const verdict = sound
    ? msg`The backup is whole: ${counts}`
    : msg`The backup is damaged: ${damaged.length} files of ${counts}`;
  teller.outcome("verified", { sound, entries, frames, defects: defects.length, damaged: damaged.length }, verdict);
  return sound ? known : 1;
}
