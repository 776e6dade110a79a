import { requireParents } from "../archive/set/chain.ts";
import type { OpenSet } from "../archive/set/open-set.ts";
import { beginNotedReading, droppingNotes, noteDown } from "../archive/verify/reading-note.ts";
import { openLooseSet, withSoundCatalog } from "../archive/verify/salvage.ts";
import { verifySet } from "../archive/verify/verify-set.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import { extractChosen, forceOption } from "./extract-command.ts";
import { noteOption } from "./note-option.ts";
import {
  jsonOption,
  parentOption,
  parentsOf,
  prefixOption,
  readingThreads,
  requireTarget,
  SET_HELP,
  setOf,
  signedByOption,
  tapeSetOption,
  tellerOf,
  toOption,
} from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";
import { reportFindings } from "./verify-report.ts";

const verifySpec: CommandSpec = {
  name: "verify",
  summary: msg`read a backup through and check everything in it`,
  usage: "SET [--salvage --to DIR [--force]] [-p NAME] [--parent PLACES] [--signed-by FILE] [--note] [--json]",
  description: [
    msg`Compares every volume and the catalog with their SHA-256, every compressed frame with its checksum, the content of every file with its hash, and what boots (kernel, initrd, loaders, menus) with the digests on the first medium. Damaged files are listed, and the exit status is 1. It is 3 for a backup that is intact but had problems with files when it was made.`,
    SET_HELP,
    msg`--salvage extracts everything that can still be read, even if a volume is missing or cut short, and lists what is lost; the exit status is 3 if anything is. Without a catalog, or without a manifest, it takes what the volumes that are there hold: all but sockets.`,
  ],
  operands: "SET",
  operandCompletes: "set",
  options: [
    noteOption(""),
    { long: "salvage", help: msg`restore what is undamaged to the directory of --to` },
    toOption(msg`directory that receives what is salvaged`),
    forceOption,
    prefixOption,
    credentialsOption,
    parentOption,
    tapeSetOption,
    signedByOption,
    jsonOption,
  ],
  examples: [
    { line: "mondo verify /srv/backup/web1-1.iso", does: msg`is this backup whole?` },
    { line: "mondo verify /dev/sr0 --salvage --to /mnt/rescued", does: msg`what a scratched disc still holds` },
  ],
};

/** The set that was named, or what lies there of one whose manifest can't be read. */
function salvageable(context: CommandContext): OpenSet {
  const { host, words, reporter } = context;
  try {
    return setOf(context).set;
  } catch (error) {
    const [place = ""] = words.operands;
    // Without a manifest nothing is signed: what somebody has put there must not pass for what was saved.
    const isDamaged = error instanceof MondoError && error.code === "damaged" && !words.values.has("signed-by");
    const loose = isDamaged ? openLooseSet(host, place.replace(/(?<=.)\/+$/, "")) : undefined;
    if (!loose) throw error;
    reporter.warn(msg`${messageOf(error)}; taking what its volumes hold`);
    return loose;
  }
}

const nothingSalvaged = (name: string) =>
  new MondoError("damaged", msg`nothing of ${name} could be salvaged`, {
    hint: msg`Look for another copy. What was found wrong with this one stands above.`,
  });

async function salvageTo(context: CommandContext, target: string): Promise<number> {
  const { host, reporter } = context;
  const named = salvageable(context);
  reporter.step(msg`Salvaging ${named.name}`);
  const directory = `${target}/.mondo.salvage`;
  host.remove(directory);
  host.makeDirectory(directory, 0o700);
  try {
    const { set, defects } = await stoppable(interruptionOf(msg`the salvage`), (signal) =>
      withSoundCatalog(named, directory, reporter, signal),
    );
    for (const text of defects) tellerOf(context).finding("defect", { text }, msg`damaged: ${text}`);
    const { status, isAnything } = await extractChosen(context, set, target, { salvage: true });
    if (!isAnything) throw nothingSalvaged(named.name);
    return defects.length + named.defects.length > 0 ? 3 : status;
  } finally {
    host.remove(directory);
  }
}

/** A path below the set as its name would have it, where that is not its path. */
function shownAs({ setName, words }: CommandContext): (path: string) => string {
  const [place = ""] = words.operands;
  const below = (name: string) => name.replace(/\/+$/, "");
  return (path) => (setName !== undefined && path.startsWith(place) ? below(setName) + path.slice(place.length) : path);
}

/** `mondo verify`. */
export const verifyCommand: Command = {
  spec: verifySpec,
  forArchives: true,
  async run(context) {
    const { host, words, reporter } = context;
    const to = words.values.get("to");
    const salvage = words.flags.has("salvage");
    if (salvage !== (to !== undefined) || words.operands.length > 1) {
      throw new MondoError("usage", msg`--salvage and --to DIR belong together, with one backup`, {
        hint: msg`Run "mondo help verify".`,
      });
    }
    if (salvage && words.flags.has("note")) {
      throw new MondoError("usage", msg`--note and --salvage contradict each other`, {
        hint: msg`Give one of them.`,
      });
    }
    if (to !== undefined) return salvageTo(context, requireTarget(host, to));
    const { set } = setOf(context);
    const whole = requireParents(set, parentsOf(context, set));
    const shown = shownAs(context);
    const noted = words.flags.has("note") ? beginNotedReading(host, set, { shown }) : undefined;
    const work = (signal: AbortSignal) => verifySet(host, whole, readingThreads(), reporter, signal);
    const status = await droppingNotes(
      { host, set: whole, reporter, shown },
      async () => reportFindings(context, set.manifest, await stoppable(interruptionOf(msg`the verification`), work)),
      (status) => status === 1,
    );
    if (noted && status !== 1) noteDown(noted, reporter);
    return status;
  },
};
