import { openCatalog } from "../archive/catalog/catalog.ts";
import { compareTree } from "../archive/compare/compare-tree.ts";
import { type Difference, showDifference } from "../archive/compare/difference.ts";
import { type DifferenceFilter, filterDifferences } from "../archive/compare/difference-filter.ts";
import { countDifferences, describeShown, warnOfDifferences } from "../archive/compare/difference-report.ts";
import { isOfMachine } from "../archive/set/manifest.ts";
import { catalogSpan } from "../archive/set/open-set.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import { standardOutput } from "../host/standard-streams.ts";
import { HIDDEN, hiddenPlaces } from "../layout/hidden-places.ts";
import { findImages } from "../probe/find-images.ts";
import { openLogFile } from "../ui/log-file.ts";
import { logReporter, teeReporter } from "../ui/reporters.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import { filterOf, severityOption } from "./filter-options.ts";
import {
  jsonOption,
  PATTERN_HELP,
  prefixOption,
  requireAsSigned,
  SET_HELP,
  setOf,
  signedByOption,
  tapeSetOption,
  tellerOf,
} from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";

const LOG = "/var/log/mondo-compare.log";

const compareSpec: CommandSpec = {
  name: "compare",
  summary: msg`compare a backup with the files of this machine`,
  usage: "SET [PATTERN]… [--severity LEVELS] [--root DIR] [-p NAME] [--signed-by FILE] [--json]",
  description: [
    msg`Lists every file of the backup that is missing now or differs in attributes or content, each with a severity: [1] is to be expected (logs, caches, /run), [2] is worth a look (/var, /home), [3] should not differ. Files added since the backup don't count. A terminal shows the 20 that matter most, and /var/log/mondo-compare.log has all; a pipe gets all. The exit status is 4 when there are differences.`,
    msg`With patterns or --severity it lists those differences only, and says how many others there are.`,
    SET_HELP,
    PATTERN_HELP,
  ],
  operands: "SET [PATTERN]…",
  operandCompletes: "set",
  options: [
    severityOption,
    {
      long: "root",
      value: "DIR",
      completes: "directory",
      help: msg`compare with the tree below DIR (default: /; needed for the backup of a tree)`,
    },
    prefixOption,
    tapeSetOption,
    signedByOption,
    credentialsOption,
    jsonOption,
  ],
  examples: [
    { line: "mondo compare /srv/backup/web1-1.iso --severity 3", does: msg`what should not have changed` },
    { line: "mondo compare /srv/backup/web1-1.iso /etc '*.service'", does: msg`below /etc, and units anywhere` },
  ],
};

/** Those that matter most; all of them go to the log. */
function warnOnTerminal({ host, reporter }: CommandContext, differences: readonly Difference[]): void {
  const append = openLogFile(host, LOG, (text) => reporter.warn(text));
  warnOfDifferences(teeReporter([reporter, logReporter(append, host.nowMs)]), differences, LOG);
}

function report(context: CommandContext, all: readonly Difference[], filter: DifferenceFilter): number {
  const differences = filterDifferences(all, filter);
  const teller = tellerOf(context);
  if (standardOutput.isTerminal && !context.words.flags.has("json")) warnOnTerminal(context, differences);
  else for (const difference of differences) teller.finding("difference", difference, showDifference(difference));
  const { 3: severe, 2: notable, 1: expected } = countDifferences(differences);
  const counts = { severe, notable, expected };
  const others = all.length - differences.length;
  const about = { differences: differences.length, ...counts, ...(others === 0 ? {} : { others }) };
  teller.outcome("compared", about, describeShown(differences, all));
  return differences.length === 0 ? 0 : 4;
}

/** `mondo compare`. */
export const compareCommand: Command = {
  spec: compareSpec,
  forArchives: true,
  async run(context) {
    const { host, words, reporter } = context;
    const { set, patterns } = setOf(context);
    await requireAsSigned(set, "catalog", reporter);
    const filter = filterOf(words, patterns);
    // What can't be is said now, not after an hour.
    filterDifferences([], filter);
    const root = words.values.get("root") ?? (isOfMachine(set.manifest) ? "/" : undefined);
    if (root === undefined) {
      throw new MondoError("usage", msg`${set.name} is the backup of a directory tree, not of this machine`, {
        hint: msg`Name the directory to compare it with: --root DIR.`,
      });
    }
    if (host.stat(root)?.kind !== "directory") {
      throw new MondoError("not-found", msg`--root ${root} is not a directory`, { hint: msg`Name a directory.` });
    }
    const lenientMounts = lenientMountsOf(set.manifest.layout);
    const devices = root === "/" ? await findImages(host, set.manifest.layout) : [];
    // A tree that was extracted, or unpacked by tar, has a directory of its own for what lies below mounts.
    const isUnpacked = host.exists(`${root}/${HIDDEN}`);
    const hidden = isUnpacked ? [] : hiddenPlaces(set.manifest.layout);
    const catalog = openCatalog(catalogSpan(set));
    const request = { catalog, root, content: true, lenientMounts, devices, hidden };
    reporter.step(msg`Comparing ${context.setName ?? set.name} with ${root}`);
    return report(
      context,
      await stoppable(interruptionOf(msg`the comparison`), (signal) => compareTree(request, reporter, signal)),
      filter,
    );
  },
};
