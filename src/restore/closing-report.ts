/** What is written down at the end of a restore or a comparison, for whoever comes to the machine later. */

import { type Difference, showDifference } from "../archive/compare/difference.ts";
import { describeDifferences } from "../archive/compare/difference-report.ts";
import { dateText } from "../archive/set/chain.ts";
import { msg } from "../base/message.ts";
import { nodesOf } from "../layout/types.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { describeBecoming, describeKept, describeSet, type Ready } from "./prepare.ts";

/** Where the last report of this rescue lies. */
export const REPORT_PATH = "/run/mondo/report.txt";
/** Where it lies in the restored system. */
export const REPORT_IN_SYSTEM = "/var/log/mondo-restore-report.txt";

/** How a restore went, as far as it has come. */
export interface ReportAbout {
  readonly context: Pick<RestoreContext, "manifest" | "unedited">;
  readonly ready: Pick<Ready, "plan" | "targets">;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  /** Everything that is not as it should be, the most important first. */
  readonly found: readonly string[];
  /** What the backup itself could not save. */
  readonly unsaved: readonly string[];
  /** What was damaged or away where the backup lies, and came from a copy. */
  readonly elsewhere?: readonly string[];
}

/** What a person does after a restore. Pure. */
export function whatToDo(outcome: ModeOutcome): readonly string[] {
  return [
    ...(outcome === "done"
      ? []
      : [msg`Read what is listed above. A file that is missing or damaged may be in an older backup, too.`]),
    msg`Take the medium out, and start the machine from its disks.`,
    msg`Log in, look at its services, and make a new backup: this one describes the disks before.`,
  ];
}

const section = (head: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", head, ...lines.map((line) => `  ${line}`)];

/** The report of a restore, one paragraph for each thing. Pure. */
export function restoreReport(about: ReportAbout): string {
  const { context, ready, began, ended, found, unsaved, elsewhere = [] } = about;
  const { manifest } = context;
  const { layout, host } = manifest;
  const edited = context.unedited ? [msg`The layout was edited: it is not that of the backup.`] : [];
  const without = nodesOf(layout, "disk").filter(
    ({ id }) => !ready.targets.disks[id] && !ready.plan.kept?.disks.some(({ node }) => node === id),
  );
  const count = found.length === 1 ? msg`1 thing is` : msg`${found.length} things are`;
  const outcome =
    found.length === 0
      ? msg`Files, layout and boot chain were checked and are as in the backup.`
      : msg`Restored; ${count} not as in the backup.`;
  return `${[
    msg`Restore of ${host.name}`,
    "",
    describeSet(context),
    msg`Set ${manifest.set}`,
    msg`Begun ${dateText(began / 1000)}, ended ${dateText(ended / 1000)}`,
    outcome,
    ...edited,
    ...section(msg`The disks`, [
      ...describeKept(ready),
      // What was read of them was read before the first write.
      ...describeBecoming(layout, ready, host.name, "before"),
      ...without.map(({ path }) => msg`none for ${path} of the backup: done without`),
    ]),
    ...section(msg`Not as in the backup, the most important first`, found),
    ...section(msg`Not in the backup, for it could not be saved`, unsaved),
    ...section(msg`Damaged or away where the backup lies, and read from a copy`, elsewhere),
    ...section(msg`What to do now`, whatToDo(found.length === 0 ? "done" : "differences")),
  ].join("\n")}\n`;
}

/** The report of a comparison, what should not be first. Pure. */
export function comparisonReport(
  context: Pick<RestoreContext, "manifest">,
  differences: readonly Difference[],
): string {
  const sorted = differences.toSorted((one, other) => other.severity - one.severity);
  return `${[
    msg`Comparison of ${context.manifest.host.name} with its backup`,
    "",
    describeSet(context),
    msg`Set ${context.manifest.set}`,
    describeDifferences(differences),
    ...sorted.map((one) => `  ${showDifference(one)}`),
  ].join("\n")}\n`;
}
