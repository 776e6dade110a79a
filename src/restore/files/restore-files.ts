import { matcherOf } from "../../archive/catalog/pattern.ts";
import { TreeReader } from "../../archive/catalog/tree-listing.ts";
import type { Choice } from "../../archive/entry.ts";
import type { ExtractResult } from "../../archive/extract/extract-request.ts";
import { OVERWRITES, type Overwrite } from "../../archive/extract/overwrite.ts";
import { isByRule } from "../../archive/extract/place-problems.ts";
import { countProblems, describeProblems, isIncomplete, problemsOf } from "../../archive/set/saved-problems.ts";
import { manifestFlaw } from "../../archive/set/signature.ts";
import { relativePath } from "../../archive/tree/paths.ts";
import { verifyVolumes } from "../../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg, told } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { hiddenPlaces } from "../../layout/hidden-places.ts";
import { unmountTree } from "../../run/chroot.ts";
import { present } from "../../ui/present.ts";
import type { ModeOutcome, RestoreContext } from "../context.ts";
import { mountSystem } from "../mount-system.ts";
import { describeSet } from "../prepare.ts";
import { chooseFiles } from "./choose-files.ts";
import { doneScreen, overwriteScreen, summaryScreen, whereScreen } from "./files-screens.ts";
import type { FilesWish } from "./files-wish.ts";
import { holdings, newHolders, restartAdvice } from "./held-files.ts";
import { catalogOf, requireVolumes, takeOut } from "./take-out.ts";
import { amountWords } from "./tree-screens.ts";
import { choiceIn, FIRST_STATE } from "./tree-state.ts";

/** Where files go: back to their place in the running system, into the one on the disks, or into a directory. */
export type FilesTarget = { readonly to: "place" | "disks" } | { readonly to: "directory"; readonly path: string };

const MOST_SHOWN = 20;

/** Where sets must be signed: refuses one that isn't, and reads what is here of it. */
async function requireSigned(context: RestoreContext): Promise<void> {
  const { trusted, manifest, setDirectory: directory, locate, reporter, ask } = context;
  if (!trusted) return;
  const flaw = manifestFlaw(manifest, trusted, directory);
  if (flaw !== undefined) {
    const isTaken = !context.files && (await ask.confirm(msg`${flaw}. Restore files from it all the same?`, false));
    if (!isTaken) throw new MondoError("refused", flaw, { hint: msg`Use another copy of the backup.` });
  }
  const volumes = manifest.volumes.filter(({ name }) => locate === undefined || locate(name) !== undefined);
  reporter.step(msg`Checking that it is what was signed`);
  await verifyVolumes(
    { directory, manifest: { catalog: manifest.catalog, volumes }, ...(locate ? { locate } : {}) },
    reporter,
  );
}

/** What is to be done, all of it known. */
interface Task {
  readonly select: Choice;
  readonly overwrite: Overwrite;
  /** Nobody has said so: what stays for it is missing. */
  readonly isByDefault?: boolean;
  readonly target: FilesTarget;
}

const rootOf = ({ root }: RestoreContext, target: FilesTarget): string =>
  target.to === "directory" ? target.path : target.to === "disks" ? root : "/";

/** Says what the backup itself could not save of what is chosen; returns whether it is as it was. */
function tellSaved({ manifest, reporter }: RestoreContext, select: Choice): boolean {
  const problems = problemsOf(manifest.problems, select);
  const counts = countProblems(problems);
  const text = describeProblems(counts, msg`the log names each`);
  if (text !== undefined) reporter.warn(text);
  for (const { path, severity, reason } of problems) reporter.log(`${severity} ${path}: ${told(reason)}`);
  return !isIncomplete(counts);
}

/** How it went. */
interface Told {
  /** All of it is as in the backup. */
  readonly isWhole: boolean;
  /** Files that existed, and were left alone. */
  readonly left: number;
}

function tell({ reporter }: RestoreContext, { entries, bytes, problems }: ExtractResult): Told {
  const troubles = problems.filter((problem) => !isByRule(problem));
  const kept = problems.filter(isByRule);
  for (const { path, reason } of [...troubles, ...kept].slice(0, MOST_SHOWN)) {
    reporter.warn(`${path}: ${reason}`);
  }
  for (const { path, reason } of [...troubles, ...kept].slice(MOST_SHOWN)) reporter.log(`${path}: ${reason}`);
  if (problems.length > MOST_SHOWN) reporter.warn(msg`… and ${problems.length - MOST_SHOWN} more, in the log`);
  const rest = troubles.length === 0 ? "" : msg`; ${troubles.length} not as in the backup`;
  const by = kept.length === 0 ? "" : msg`; ${kept.length} existed already`;
  reporter.step(msg`${entries} entries, ${formatBytes(bytes)} are restored${by}${rest}`);
  return { isWhole: troubles.length === 0, left: kept.filter(({ rule }) => rule === "kept").length };
}

/** Restores into a system or directory that is there; names what must be restarted. */
async function carryOut(context: RestoreContext, task: Task): Promise<ModeOutcome> {
  const { host, reporter, ask } = context;
  requireVolumes(context, task.select);
  const isSaved = tellSaved(context, task.select);
  const isLive = task.target.to === "place";
  const before = isLive ? holdings(host) : [];
  if (task.target.to === "disks") await mountSystem(context);
  try {
    const { select, overwrite, target } = task;
    const hidden = target.to === "directory" ? [] : hiddenPlaces(context.manifest.layout);
    const result = await takeOut(context, { select, overwrite, hidden, root: rootOf(context, target) });
    // On the disks they are when those are unmounted.
    if (task.target.to !== "disks") host.sync();
    const { isWhole: isMade, left } = tell(context, result);
    if (task.isByDefault && left > 0) reporter.warn(msg`--overwrite says what becomes of files that exist`);
    const isWhole = isMade && isSaved && !(task.isByDefault && left > 0);
    const isOurs = (path: string) => task.select({ path: relativePath(path) });
    const advice = isLive ? restartAdvice(newHolders(host, before, holdings(host), isOurs)) : [];
    for (const line of advice) reporter.warn(line);
    if (ask.show) await ask.show(doneScreen(isWhole, left)).catch(() => {});
    return isWhole ? "done" : "differences";
  } finally {
    if (task.target.to === "disks")
      await unmountTree(host, context.root).catch((error) => reporter.warn(messageOf(error)));
  }
}

/** Without questions. */
async function restoreNamed(context: RestoreContext, wish: FilesWish): Promise<ModeOutcome> {
  const { reporter, isRescue = false } = context;
  const matcher = matcherOf(wish.patterns);
  const target: FilesTarget =
    wish.directory === undefined ? { to: isRescue ? "disks" : "place" } : { to: "directory", path: wish.directory };
  const other = target.to === "place" ? otherMachine(context) : undefined;
  if (other !== undefined) {
    throw new MondoError("refused", msg`${other}: their files would replace this machine's`, {
      hint: msg`--to DIR restores them below a directory; --to / puts them in this machine's place all the same.`,
    });
  }
  const select: Choice = ({ path }) => matcher.matches(path);
  for (const { path } of catalogOf(context).names()) matcher.matches(path);
  const missing = matcher.unmatched();
  for (const pattern of missing) reporter.warn(msg`nothing in the backup matches "${pattern}"`);
  if (missing.length === wish.patterns.length) {
    throw new MondoError("not-found", msg`nothing in the backup matches`, {
      hint: msg`mondo list SET shows what it holds.`,
    });
  }
  const outcome = await carryOut(context, {
    ...{ select, target, overwrite: wish.overwrite ?? "never", isByDefault: wish.overwrite === undefined },
  });
  return missing.length > 0 ? "differences" : outcome;
}

function otherMachine({ host, manifest, isRescue = false }: RestoreContext): string | undefined {
  const name = (host.tryReadText("/proc/sys/kernel/hostname") ?? "").trim();
  if (isRescue || name === manifest.host.name) return undefined;
  return msg`This machine is ${name}, and the backup is of ${manifest.host.name}`;
}

async function askTarget(context: RestoreContext): Promise<FilesTarget | undefined> {
  const { ask, reporter, isRescue = false, host } = context;
  const answer = await present(ask, reporter.info, whereScreen(isRescue, otherMachine(context)));
  if (answer === "place" || answer === "disks") return { to: answer };
  if (answer === "back") return undefined;
  const check = (line: string) =>
    host.stat(line.trim())?.kind === "directory" && line.trim().startsWith("/")
      ? undefined
      : msg`That is no directory. Type the full path of one that exists; files keep their full paths below it.`;
  return { to: "directory", path: (await ask.line(msg`Directory`, { check })).trim() };
}

/** The questions after the tree; undefined: back to it. */
async function askRest(context: RestoreContext, select: Choice, words: string): Promise<Task | undefined> {
  const { ask, reporter } = context;
  const target = await askTarget(context);
  if (!target) return undefined;
  const overwrite = await present(ask, reporter.info, overwriteScreen);
  const rule = OVERWRITES.find((one) => one === overwrite);
  if (!rule) return undefined;
  const task = { select, overwrite: rule, target };
  const where =
    target.to === "directory"
      ? target.path
      : target.to === "disks"
        ? msg`the system on the disks`
        : msg`their place in this running system`;
  return (await present(ask, reporter.info, summaryScreen(words, where, rule))) === "go" ? task : undefined;
}

/** Restores files that a person, or the command line, chooses; nothing else on the disks changes. */
export async function restoreFiles(context: RestoreContext): Promise<ModeOutcome> {
  const { reporter, files } = context;
  reporter.step(describeSet(context));
  await requireSigned(context);
  if (files) return restoreNamed(context, files);
  const reader = new TreeReader(catalogOf(context));
  let state = FIRST_STATE;
  for (;;) {
    const chosen = await chooseFiles(context, reader, state);
    if (!chosen) return "stopped";
    state = chosen;
    try {
      const task = await askRest(context, choiceIn(state), amountWords(reader.count(choiceIn(state))));
      if (task) return await carryOut(context, task);
    } catch (error) {
      if (
        !(error instanceof MondoError) ||
        error.data.signal !== undefined ||
        (error.code !== "cancelled" && error.code !== "no-space" && error.code !== "not-found")
      )
        throw error;
      if (error.code === "cancelled" && !context.ask.show) return "stopped";
      if (error.code !== "cancelled")
        reporter.warn(msg`Not possible: ${messageOf(error)}.${error.hint === undefined ? "" : ` ${error.hint}`}`);
    }
  }
}
