import { isCancelled, MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { ModeOutcome, RestoreContext } from "../restore/context.ts";
import type { StatusEnd } from "../status/status-board.ts";
import type { About, Ask } from "../ui/ask.ts";
import { choose } from "../ui/choose.ts";
import { encodeGivenAnswers, recordingAsk } from "../ui/given-answers.ts";
import { afterRestore } from "./after-restore.ts";
import { addParents } from "./medium/parent-media.ts";
import { chooseSource } from "./person/choose-source.ts";
import { explainFailure } from "./person/explain-failure.ts";
import { askWhatToDo, leave } from "./person/menu.ts";
import { openShells } from "./person/open-shell.ts";
import { postStatus } from "./post-status.ts";
import type { Rescue } from "./rescue.ts";
import { restoreContext } from "./restore-context.ts";
import type { BootOptions } from "./words/boot-options.ts";
import type { Mode } from "./words/mode-words.ts";

/** What does the work of a mode. */
export type ModeRunner = (context: RestoreContext, options: BootOptions) => Promise<ModeOutcome>;

/** The modes that need the set; `expert` is a shell. */
export type ModeRunners = Readonly<Partial<Record<Exclude<Mode, "expert">, ModeRunner>>>;

/** What a mode is told when nobody has chosen it in the menu. */
type Start = Pick<RestoreContext, "once" | "startsByItself">;

/**
 * Refuses to erase disks by boot words of which some mean nothing: one may be a misspelt wish to keep something. Throws
 * `refused`.
 */
export function requireUnderstood({ misunderstood }: Pick<BootOptions, "misunderstood">, mode: Mode = "nuke"): void {
  if (misunderstood.length === 0) return;
  const names = misunderstood.join(", ");
  const [them, words] = misunderstood.length === 1 ? ["it", msg`boot word`] : ["them", msg`boot words`];
  throw new MondoError("refused", msg`the ${words} ${names} can't be understood, so ${mode} doesn't begin by itself`, {
    hint: msg`Nothing was written. Start again with ${them} corrected (mondo help boot), or choose below, which does without ${them}.`,
    data: { words: misunderstood },
  });
}

/** Modes that erase disks. */
const ERASING: ReadonlySet<Mode> = new Set(["nuke", "partition", "format"]);
/** Modes in which a person, or a file of answers, agrees to each write. */
const ASKING: ReadonlySet<Mode> = new Set(["interactive", "files", "loader"]);

/** Pure: whether a mode erases or replaces something, without a person's word where answers have it. */
export const replaces = (mode: Mode, answers: Rescue["answers"]): boolean =>
  ERASING.has(mode) || (ASKING.has(mode) && answers?.asked !== undefined);

/** What was answered in the last mode, for the file of answers of the next machine. */
const ANSWERED = "/run/mondo/answers.json";

/** Writes down what is answered during the work. Notes that can't be written change nothing else; it is said. */
export async function notingAnswers<Result>(
  { host, reporter }: Pick<Rescue, "host" | "reporter">,
  person: Ask,
  work: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  const { ask, recorded } = recordingAsk(person);
  try {
    return await work(ask);
  } finally {
    try {
      host.write(ANSWERED, encodeGivenAnswers(recorded()), 0o600);
    } catch (error) {
      reporter.warn(msg`The answers could not be written down: ${messageOf(error)}`);
    }
  }
}

/** Modes after which the machine is as it was: it may start from its disks. */
const RESTORES: ReadonlySet<Mode> = new Set(["nuke", "interactive"]);

/** Pure: whether the rescue is done with a mode that went well: answers say what follows those that they began, too. */
export const isTheEnd = (mode: Mode, beganByItself: boolean, answers: Rescue["answers"]): boolean =>
  RESTORES.has(mode) || (beganByItself && answers?.end !== undefined);

/** What a status page is told. */
const WORKS: Readonly<Record<Exclude<Mode, "expert">, string>> = {
  nuke: msg`Restore of`,
  interactive: msg`Restore of`,
  compare: msg`Comparison with`,
  files: msg`Files of`,
  loader: msg`Boot loader of`,
  partition: msg`Partition tables of`,
  format: msg`File systems of`,
  mount: msg`Mounts of`,
  edit: msg`Layout of`,
};

/** How the page tells the end of a mode. */
export const ENDS: Readonly<Record<ModeOutcome, readonly [state: StatusEnd, text: string]>> = {
  done: ["done", msg`It is done`],
  already: ["done", msg`There was nothing to do`],
  stopped: ["stopped", msg`It was stopped`],
  differences: ["failed", msg`There are differences`],
};

/** Runs one mode and explains its failure; the caller shows the menu again. Without `start` a person chose it there. */
async function runMode(
  rescue: Rescue,
  runners: ModeRunners,
  mode: Exclude<Mode, "expert">,
  start?: Start,
): Promise<void> {
  try {
    if (start && replaces(mode, rescue.answers)) requireUnderstood(rescue.options, mode);
    // Disks that appear late (a controller that spins them up one by one) must be there before any is chosen.
    const settled = await rescue.modules.settle(1000, 60_000);
    if (!settled) rescue.reporter.warn(msg`Still busy: ${rescue.modules.doing()}. Going on without it.`);
    const runner = runners[mode];
    if (!runner) throw new MondoError("unsupported", msg`this build has no ${mode} mode`);
    const context = await restoreContext(rescue);
    const whole =
      mode === "compare" ? context : await addParents(rescue, context, mode === "interactive" || mode === "files");
    await postStatus(rescue, mode, "begun");
    rescue.status?.begin(`${WORKS[mode]} ${whole.manifest.host.name}`);
    const later: (() => Promise<void>)[] = [];
    const showLater = (show: () => Promise<void>) => void later.push(show);
    const outcome = await notingAnswers(rescue, whole.ask, (ask) =>
      runner({ ...whole, ...start, ask, showLater }, rescue.options),
    );
    rescue.log(`${mode} ended: ${outcome}`);
    rescue.status?.end(...ENDS[outcome]);
    await postStatus(rescue, mode, outcome, whole.remarks.length === 0 ? undefined : whole.remarks.join("; "));
    for (const show of later) await show();
    if (outcome === "done" && isTheEnd(mode, start !== undefined, rescue.answers)) {
      await afterRestore(rescue, mode, RESTORES.has(mode));
    }
    if (outcome === "already") await leave(rescue, "reboot");
  } catch (error) {
    await explainFailure(rescue, mode === "compare" ? msg`The comparison` : msg`The restore`, error);
    const how = isCancelled(error) ? "stopped" : "failed";
    rescue.status?.end(how, messageOf(error));
    await postStatus(rescue, mode, how, messageOf(error));
  }
}

export const MODE_CHOICES = [
  { key: "interactive", label: msg`Restore, with questions` },
  { key: "nuke", label: msg`Restore everything as it was, without questions (nuke): erases the disks` },
  { key: "files", label: msg`Restore some files only` },
  { key: "compare", label: msg`Compare the disks with the backup (changes nothing)` },
  { key: "part", label: msg`Only a part: boot loader, tables, file systems, mounts, layout` },
  { key: "source", label: msg`Choose another backup, or say where it is` },
];

export const MODES_ABOUT: About = {
  title: msg`What the rescue system can do`,
  help: [
    msg`Restore, with questions: shows the backup and the disks, and erases nothing before you have typed its name. If in doubt, this one.`,
    msg`Restore without questions (nuke): takes the disks by its rules, and erases them.`,
    msg`Some files, a part, another backup: asks for what it needs. Comparing writes nothing to the disks.`,
  ],
};

/** Pure: the first mode to run. Answers only count when no boot word chose a mode: `compare` never becomes `nuke`. */
export function firstMode({ options, answers }: Pick<Rescue, "options" | "answers">): Mode {
  return options.modeGiven ? options.mode : (answers?.mode ?? options.mode);
}

/** Pure: whether a medium, answers or the network have chosen a restore; a boot menu is a person's. */
export function startsByItself({ options, answers }: Pick<Rescue, "options" | "answers">): boolean {
  if (firstMode({ options, answers }) !== "nuke") return false;
  const { unattended, once, network, modeGiven } = options;
  return unattended || once !== undefined || network.pxe || (!modeGiven && answers?.mode === "nuke");
}

/** Pure: whether a mode begins without the menu: questions do where they are answered, or where nobody is asked. */
export const beginsAtOnce = (mode: Mode, answers: Rescue["answers"]): boolean =>
  mode !== "interactive" || answers?.asked !== undefined || answers?.unattended === true;

function startOf(rescue: Rescue): Start {
  const { once } = rescue.options;
  return { ...(once === undefined ? {} : { once }), startsByItself: startsByItself(rescue) };
}

export const PART_CHOICES = [
  { key: "loader", label: msg`Install the boot loader again` },
  { key: "mount", label: msg`Mount the system on the disks, for a shell` },
  { key: "edit", label: msg`Change the layout, and save the changes to a file` },
  { key: "partition", label: msg`Write the partition tables: erases the disks` },
  { key: "format", label: msg`Make volumes and file systems in the partitions that are there: erases them` },
  { key: "back", label: msg`Back` },
];

export const PARTS_ABOUT: About = {
  title: msg`A part of a restore`,
  help: [
    msg`Boot loader: of the system on the disks, for a machine that doesn't start. Mounts: below /mnt/restore, for a shell and chroot. Layout: nothing is written but a file, for mondo restore --edit.`,
    msg`Partition tables and file systems erase disks, when you have agreed to it; no files follow.`,
  ],
};

async function runPart(rescue: Rescue, runners: ModeRunners): Promise<void> {
  const choice = await choose(rescue.ask, msg`Which part?`, PART_CHOICES, "back", PARTS_ABOUT);
  if (choice !== "back") await runMode(rescue, runners, choice as Exclude<Mode, "expert">);
}

/** Runs the mode that the boot words or the answers chose, then shows the menu for ever. */
export async function runModes(rescue: Rescue, runners: ModeRunners): Promise<void> {
  const mode = firstMode(rescue);
  if (mode === "expert") await openShells(rescue);
  // `mondo.once=` only holds for unattended starts: a person who chooses nuke in the menu means it.
  else if (beginsAtOnce(mode, rescue.answers)) await runMode(rescue, runners, mode, startOf(rescue));
  for (;;) {
    const choice = await askWhatToDo(rescue, MODE_CHOICES, "interactive", MODES_ABOUT);
    if (choice === "source") await chooseSource(rescue);
    else if (choice === "part") await runPart(rescue, runners);
    else await runMode(rescue, runners, choice as Exclude<Mode, "expert">);
  }
}
