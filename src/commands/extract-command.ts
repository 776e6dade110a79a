import { openCatalog } from "../archive/catalog/catalog.ts";
import { matcherOf } from "../archive/catalog/pattern.ts";
import type { Choice } from "../archive/entry.ts";
import { extractArchive } from "../archive/extract/extract-archive.ts";
import type { ExtractRequest, ExtractResult } from "../archive/extract/extract-request.ts";
import { OVERWRITES, type Overwrite } from "../archive/extract/overwrite.ts";
import { isByRule } from "../archive/extract/place-problems.ts";
import type { RoomLack } from "../archive/extract/survey.ts";
import { requireParents, withParents } from "../archive/set/chain.ts";
import { mediaUsed } from "../archive/set/media-passes.ts";
import { catalogSpan, describeMissing, missingMedia, type OpenSet, requireMedia } from "../archive/set/open-set.ts";
import { problemsOf } from "../archive/set/saved-problems.ts";
import { displayBytes } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import { isRoot } from "../host/linux.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import {
  jsonOption,
  PATTERN_HELP,
  parentOption,
  parentsOf,
  prefixOption,
  readingThreads,
  requireAsSigned,
  requireTarget,
  SET_HELP,
  setOf,
  signedByOption,
  tapeSetOption,
  tellerOf,
  toOption,
} from "./set-words.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";
import { tellSavedProblems } from "./tell-saved-problems.ts";

export const forceOption: OptionSpec = { long: "force", help: msg`the same as --overwrite always` };
const tightOption: OptionSpec = { long: "tight", help: msg`begin even if the files seem not to fit` };

/** What becomes of files that exist, where a command line says so. Throws `usage` for another word. */
export function overwriteOf({ words }: Pick<CommandContext, "words">): Overwrite | undefined {
  const text = words.values.get("overwrite");
  const rule = OVERWRITES.find((one) => one === text);
  if (text === undefined || rule !== undefined) return rule;
  const hint = msg`Give one of ${OVERWRITES.join(", ")}.`;
  throw new MondoError("usage", msg`--overwrite is not ${text}`, { hint });
}

export const overwriteOption: OptionSpec = {
  long: "overwrite",
  value: "RULE",
  completes: { words: OVERWRITES },
  help: msg`what becomes of files that exist: never replaces none (default), older those that were changed before the backup's, always all of them, copy all, and keeps each as NAME.before-restore`,
};

const extractSpec: CommandSpec = {
  name: "extract",
  summary: msg`take files out of a backup`,
  usage: "SET PATTERN… [--to DIR] [--overwrite RULE] [--tight] [-p NAME] [--parent PLACES] [--signed-by FILE] [--json]",
  description: [
    msg`Creates the matching files below DIR, with their full paths and all their attributes (owners only as root). Nothing outside DIR is touched, whatever the backup says.`,
    SET_HELP,
    PATTERN_HELP,
    msg`Files that shared extents (reflinks, snapshots) share them again on btrfs and XFS. If the files don't fit, nothing is written.`,
    msg`Files that already exist are listed and left alone, and the exit status is 3, unless --overwrite says what becomes of them. It is 3, too, if something can't be read or created, or could not be saved intact by the backup.`,
  ],
  operands: "SET PATTERN…",
  operandCompletes: "set",
  options: [
    toOption(msg`directory that receives the files (default: the current one)`),
    overwriteOption,
    forceOption,
    tightOption,
    prefixOption,
    credentialsOption,
    parentOption,
    tapeSetOption,
    signedByOption,
    jsonOption,
  ],
  examples: [
    { line: "mondo extract web1-1.iso /etc/fstab", does: "./etc/fstab" },
    { line: "mondo extract /srv/backup --to /tmp/x '/home/*/.ssh' '*.conf'", does: msg`directories and files by name` },
  ],
};

/** What came of an extraction. */
interface Extracted {
  /** Exit status, 0 or 3. */
  readonly status: number;
  /** Whether anything was made, or was there already. */
  readonly isAnything: boolean;
}

/** Extracts what `select` chooses, or salvages everything, to a directory; what is missing is reported. */
export async function extractChosen(
  context: CommandContext,
  named: OpenSet,
  target: string,
  choice: { readonly select: Choice } | { readonly salvage: true },
): Promise<Extracted> {
  const { words, reporter } = context;
  const overwrite = overwriteOf(context) ?? (words.flags.has("force") ? "always" : "never");
  const catalog = openCatalog(catalogSpan(named));
  const found = parentsOf(context, named);
  const set = "select" in choice ? requireParents(named, found, choice.select) : withParents(named, found);
  if ("select" in choice) {
    if (set.media.length > 1) requireMedia(set, mediaUsed(catalog, set.manifest.volumes, choice.select));
  } else if (missingMedia(set).length > 0) reporter.warn(describeMissing(set, missingMedia(set)));
  await requireAsSigned(set, "all", reporter);
  const request: ExtractRequest = {
    ...{ directory: set.directory, locate: set.locate, manifest: set.manifest, target, threads: readingThreads() },
    // Only root can give files away; what others extract is theirs.
    lenientMounts: isRoot() ? lenientMountsOf(set.manifest.layout) : ["/"],
    overwrite,
    hideUnfinished: true,
    onLack: (lack: RoomLack) => tellLack(context, target, lack, "salvage" in choice),
    ...choice,
  };
  const result = await stoppable(interruptionOf(msg`the extraction`), (signal) =>
    extractArchive(request, reporter, signal),
  );
  tell(context, result);
  tellKept(context, result);
  const { problems } = set.manifest;
  const known = tellSavedProblems(context, "select" in choice ? problemsOf(problems, choice.select) : problems);
  const isAnything = result.entries > 0 || result.problems.some(({ severity }) => severity === "note");
  const isRuled = words.values.has("overwrite");
  const troubles = result.problems.filter((problem) => !(isRuled && isByRule(problem)));
  return { status: troubles.length === 0 ? known : 3, isAnything };
}

/** Refuses to begin what must fill a file system up; warns where that is not sure, or wanted. */
function tellLack({ words, reporter }: CommandContext, target: string, lack: RoomLack, isSalvage: boolean): void {
  const { directory, neededBytes, freeBytes, unsharedBytes, mayCompress } = lack;
  const place = directory === "" ? target : `${target}/${displayBytes(directory)}`;
  const text = msg`the files need ${formatBytes(neededBytes)}, and ${place} has ${formatBytes(freeBytes)} free`;
  const why = msg`; ${formatBytes(unsharedBytes)} of that are extents that they shared, which is only possible on btrfs and XFS`;
  const whole = unsharedBytes > 0 ? `${text}${why}` : text;
  if (!mayCompress && !isSalvage && !words.flags.has("tight")) {
    throw new MondoError("no-space", whole, {
      hint: msg`Name another directory with --to, or fewer files. --tight begins all the same.`,
    });
  }
  reporter.warn(mayCompress ? msg`${whole}: it may fill up, unless they are compressed there` : whole);
}

/** Files that were left alone, where nobody has said what to do with them. */
function tellKept({ words, reporter }: CommandContext, { problems }: ExtractResult): void {
  const kept = problems.filter(({ rule }) => rule === "kept").length;
  if (kept === 0 || words.flags.has("force") || words.values.has("overwrite")) return;
  const what = kept === 1 ? msg`1 file exists already and was` : msg`${kept} files exist already and were`;
  reporter.info(msg`${what} left as before; --overwrite says what else becomes of them`);
}

function tell(context: CommandContext, { entries, bytes, readBytes, problems }: ExtractResult): void {
  const teller = tellerOf(context);
  for (const problem of problems) teller.finding("problem", problem, `${problem.path}: ${problem.reason}`);
  const text = msg`${entries} entries, ${formatBytes(bytes)}; ${formatBytes(readBytes)} of the backup read`;
  const rest = problems.length === 0 ? "" : msg`; ${problems.length} not as in the backup`;
  teller.outcome("extracted", { entries, bytes, readBytes, problems: problems.length }, `${text}${rest}`);
}

/** `mondo extract`. */
export const extractCommand: Command = {
  spec: extractSpec,
  async run(context) {
    const { host, words, reporter } = context;
    const { set, patterns } = setOf(context);
    if (patterns.length === 0) {
      throw new MondoError("usage", msg`no file is given`, { hint: msg`Name files or patterns; "/" is everything.` });
    }
    const target = requireTarget(host, words.values.get("to") ?? ".");
    const matcher = matcherOf(patterns);
    const { status } = await extractChosen(context, set, target, { select: ({ path }) => matcher.matches(path) });
    const missing = matcher.unmatched();
    for (const pattern of missing) reporter.warn(msg`nothing in the backup matches "${pattern}"`);
    return missing.length === patterns.length ? 1 : missing.length > 0 ? 3 : status;
  },
};
