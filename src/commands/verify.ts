import { requireParents } from "../archive/chain.ts";
import { type Findings, verifySet } from "../archive/verify-set.ts";
import { MondoError } from "../base/errors.ts";
import type { Command, CommandContext } from "./command.ts";
import { extractChosen, forceOption } from "./extract.ts";
import {
  jsonOption,
  parentOption,
  parentsOf,
  prefixOption,
  readingThreads,
  requireTarget,
  SET_HELP,
  setOf,
  tellerOf,
  toOption,
} from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";

const verifySpec: CommandSpec = {
  name: "verify",
  summary: "read a backup through and check everything in it",
  usage: "SET [--salvage --to DIR [--force]] [-p NAME] [--parent PLACES] [--json]",
  description: [
    "Compares every volume and the catalog with their SHA-256, every compressed frame with its checksum, and the content of every file with its hash. Damaged files are named, and the exit status is 1.",
    SET_HELP,
    "--salvage takes out everything that can still be read, also when a volume is missing or cut short, and names what is lost; the exit status is 3 when anything is.",
  ],
  operands: "SET",
  options: [
    { long: "salvage", help: "restore what is undamaged to the directory of --to" },
    toOption("directory that receives what is salvaged"),
    forceOption,
    prefixOption,
    parentOption,
    jsonOption,
  ],
  examples: [
    { line: "mondo verify /srv/backup/web1-1.iso", does: "is this backup whole?" },
    { line: "mondo verify /dev/sr0 --salvage --to /mnt/rescued", does: "what a scratched disc still holds" },
  ],
};

function report(context: CommandContext, { defects, damaged, entries, frames }: Findings): number {
  const teller = tellerOf(context);
  for (const text of defects) teller.finding("defect", { text }, `damaged: ${text}`);
  for (const { path, reason } of damaged) teller.finding("damaged", { path, reason }, `${path}: ${reason}`);
  const sound = defects.length === 0 && damaged.length === 0;
  const counts = `${entries} entries in ${frames} frames`;
  const verdict = sound
    ? `The backup is whole: ${counts}`
    : `The backup is damaged: ${damaged.length} files of ${counts}`;
  teller.outcome("verified", { sound, entries, frames, defects: defects.length, damaged: damaged.length }, verdict);
  return sound ? 0 : 1;
}

/** `mondo verify`. */
export const verifyCommand: Command = {
  spec: verifySpec,
  async run(context) {
    const { host, words, reporter } = context;
    const to = words.values.get("to");
    const salvage = words.flags.has("salvage");
    if (salvage !== (to !== undefined) || words.operands.length > 1) {
      throw new MondoError("usage", "--salvage and --to DIR belong together, and one backup is named", {
        hint: 'Run "mondo help verify".',
      });
    }
    const { set } = setOf(context);
    if (to !== undefined) {
      reporter.step(`Salvaging ${set.name}`);
      return extractChosen(context, set, requireTarget(host, to), { salvage: true });
    }
    const whole = requireParents(set, parentsOf(context, set));
    const work = (signal: AbortSignal) => verifySet(whole, readingThreads(), reporter, signal);
    return report(context, await stoppable(interruptionOf("the verification"), work));
  },
};
