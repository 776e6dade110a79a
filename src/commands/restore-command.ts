import { type FoundSets, requireParents, withParents } from "../archive/set/chain.ts";
import { openSet, requireMedia } from "../archive/set/open-set.ts";
import { countProblems, isIncomplete } from "../archive/set/saved-problems.ts";
import { lastReading, RECENT_DAYS } from "../archive/verify/reading-note.ts";
import { requireRoot } from "../backup/checks.ts";
import { exitCodeOf, MondoError, sentenceOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { carriersOf } from "../restore/carriers.ts";
import type { ModeOutcome, RestoreContext } from "../restore/context.ts";
import type { FilesWish } from "../restore/files/files-wish.ts";
import { CHECKS } from "../restore/reading.ts";
import { restoreModes } from "../restore/restore-modes.ts";
import { RESUMES } from "../restore/resume.ts";
import type { Ask } from "../ui/ask.ts";
import { openConsoles } from "../ui/consoles.ts";
import { countdown } from "../ui/countdown.ts";
import { openLogFile } from "../ui/log-file.ts";
import { logReporter, teeReporter } from "../ui/reporters.ts";
import { UIS, type Ui } from "../ui/screens/which-ui.ts";
import { answerOptions } from "./answer-option-specs.ts";
import { answering, isUnattended } from "./answer-options.ts";
import type { Command, CommandContext } from "./command.ts";
import { editOptions, editsOf } from "./edit-options.ts";
import { overwriteOf, overwriteOption } from "./extract-command.ts";
import { filterOf, severityOption } from "./filter-options.ts";
import { keepOf, keepOption } from "./keep-option.ts";
import { seatPerson } from "./person-on-screens.ts";
import {
  asSigned,
  parentOption,
  parentsOf,
  prefixOption,
  requireTarget,
  signedByOption,
  tapeSetOption,
  toOption,
} from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { stoppable } from "./stoppable.ts";

const MODES = [
  ...(["nuke", "interactive", "compare", "files", "activate"] as const),
  ...(["loader", "partition", "format", "mount", "edit"] as const),
] as const;
/** How parts of a restore are called as options: Mondo's words, and `--mount-only`. */
const PARTS = {
  mbr: "loader",
  "loader-only": "loader",
  "partition-only": "partition",
  "format-only": "format",
  "mount-only": "mount",
  "edit-only": "edit",
  "edit-mountlist": "edit",
} as const;
/** Other words for modes; Mondo's for those that start from images on a disk or share, which is nothing special. */
const ALIASES: Readonly<Record<string, (typeof MODES)[number]>> = { iso: "interactive", isonuke: "nuke", ...PARTS };
const MEDIUM = "/mnt/medium/mondo";
const LOG = "/var/log/mondo-restore.log";

const restoreSpec: CommandSpec = {
  name: "restore",
  alsoCalled: ["mondorestore"],
  summary: msg`restore a machine, or compare it with its backup, from a shell`,
  usage: "[--interactive | --nuke | --compare | --files | --activate] [OPTION]…",
  description: [
    msg`Does in a shell what the boot menu of the rescue medium does. --interactive is the default: it shows everything and asks before it writes.`,
    msg`Disks that are mounted, and those that carry the backup, are never written to; so on a running machine it restores onto other disks only.`,
    msg`--files restores single files: those that somebody marks in the tree of the backup, or those of --pattern, back to their place in the running system, into the system on the disks (in the rescue), or below --to DIR. Each is written beside the one that it replaces, and gets its name when it is complete. Services that still use what was replaced are named. With --pattern the exit status is 3 where files exist that no --overwrite speaks of, or the backup could not save something intact; another machine's files go to their place only by --to /.`,
  ],
  options: [
    { long: "interactive", help: msg`show the disks, ask, restore (default)` },
    {
      long: "nuke",
      help: msg`restore without questions, after a countdown of 20 s that any key stops: erases the disks`,
    },
    { long: "compare", help: msg`compare the disks with the backup; exit status 4 on differences` },
    {
      long: "files",
      help: msg`restore files that are chosen in the tree of the backup, or by --pattern; nothing else changes`,
    },
    {
      long: "pattern",
      value: "PATTERN",
      many: true,
      help: msg`restore what matches, without questions; with --compare: only differences of what matches (may be given several times; mondo help extract explains patterns)`,
    },
    { ...severityOption, help: msg`with --compare: ${severityOption.help}` },
    toOption(msg`directory that receives the files of --pattern, with their full paths (default: their place)`),
    overwriteOption,
    {
      long: "loader-only",
      help: msg`install the boot loader of the system on the disks again; nothing else is written`,
    },
    { long: "mbr", help: msg`the same as --loader-only` },
    { long: "partition-only", help: msg`write the partition tables alone, which erases the disks` },
    {
      long: "format-only",
      help: msg`make volumes and file systems in the partitions that are there, which erases them`,
    },
    { long: "mount-only", help: msg`mount the system on the disks below /mnt/restore, writable, for chroot` },
    { long: "edit-only", help: msg`change the layout by questions, and save the changes to a file for --edit` },
    { long: "edit-mountlist", help: msg`the same as --edit-only` },
    { long: "noresize", help: msg`keep every size, whatever the disks have` },
    { long: "nopart", help: msg`keep the partition tables that are on the disks, and restore into their partitions` },
    keepOption,
    { long: "without-damaged", help: msg`go on where files of the backup are damaged, without them; they are listed` },
    {
      long: "check",
      value: "WHEN",
      help: msg`when the backup is read: before anything is written, or during the restore, once (default: during where all disks that it writes to are blank, else before); recent: once, too, where mondo verify --note has read these very files through within the last ${RECENT_DAYS} days`,
    },
    {
      long: "activate",
      help: msg`start the set's arrays, encrypted volumes and volume groups on these disks, read-only where they can be, and mount nothing`,
    },
    {
      long: "from",
      value: "PLACE",
      completes: "set",
      help: msg`directory with manifest.json, ISO, directory that holds one, or stream (default: ${MEDIUM})`,
    },
    { letter: "i", help: msg`taken for the sake of old lines: the backup is in ISO files, which is seen by itself` },
    { letter: "d", long: "dir", value: "DIR", completes: "directory", help: msg`the same as --from, for a directory` },
    {
      letter: "n",
      long: "nfs",
      value: "SHARE",
      completes: "set",
      help: msg`the same as --from, for a directory on a server`,
    },
    ...editOptions,
    prefixOption,
    { long: "iso", help: msg`another word for --interactive` },
    { long: "isonuke", help: msg`another word for --nuke` },
    {
      letter: "K",
      value: "LEVEL",
      help: msg`taken for the sake of old lines: the log has everything at any level`,
      says: msg`the log has everything at any level; it can be left out`,
    },
    parentOption,
    tapeSetOption,
    signedByOption,
    {
      long: "luks-key",
      value: "PLACE",
      completes: "file",
      help: msg`key file that opens the set's encrypted volumes: a path, or DEVICE:/PATH such as LABEL=KEYS:/luks.key (default: ask)`,
    },
    { long: "hooks", help: msg`call the programs that the backup brings for its restore: see docs/hooks.md` },
    {
      long: "resume",
      value: "auto|no",
      completes: { words: [...RESUMES] },
      help: msg`go on with a restore that was cut off, where the disks carry exactly what this one would make: what is in place is checked and kept (default: --interactive asks, --nuke starts anew)`,
    },
    {
      long: "ui",
      value: "HOW",
      help: msg`how questions are asked and differences shown: full, by screens, or plain, by lines (default: full on a terminal that can show them; --compare: plain)`,
    },
    ...answerOptions,
    { long: "json", help: msg`report progress as JSON, one object per line; the last one is a summary` },
  ],
  examples: [
    { line: "mondorestore --compare", does: msg`in the rescue system: what differs from the backup` },
    { line: "mondo restore --files --from web1-1.iso", does: msg`marks files in the tree of the backup` },
    {
      line: "mondo restore --from web1-1.iso --pattern /etc/ssh --overwrite copy",
      does: msg`files back to their place`,
    },
  ],
};

function modeOf({ words }: CommandContext): (typeof MODES)[number] {
  const options = ["nuke", "interactive", "compare", "files", "activate", ...Object.keys(ALIASES)];
  const given = options.filter((mode) => words.flags.has(mode));
  if (given.length > 1)
    throw new MondoError("usage", msg`--${given[0]} and --${given[1]} contradict each other`, {
      hint: msg`Give one of them.`,
    });
  const ofFiles = ["pattern", "to", "overwrite"].filter((key) => words.values.has(key) || words.lists.has(key));
  const [mode = ofFiles.length > 0 ? "files" : "interactive"] = given;
  const [other] = mode === "files" ? [] : ofFiles.filter((key) => mode !== "compare" || key !== "pattern");
  if (other !== undefined) {
    throw new MondoError("usage", msg`--${mode} and --${other} contradict each other`, {
      hint: msg`--pattern, --to and --overwrite go with --files.`,
    });
  }
  if (mode !== "compare" && words.values.has("severity")) {
    throw new MondoError("usage", msg`--severity goes with --compare`, { hint: msg`Leave it out, or give --compare.` });
  }
  return ALIASES[mode] ?? MODES.find((one) => one === mode) ?? "interactive";
}

/** The value of an option that takes one of some words. Throws `usage` for any other. */
function wordOf<Word extends string>(
  { words }: CommandContext,
  option: string,
  known: readonly Word[],
): Word | undefined {
  const text = words.values.get(option);
  const found = known.find((word) => word === text);
  if (text === undefined || found !== undefined) return found;
  throw new MondoError("usage", msg`--${option} is not ${text}`, { hint: msg`Give ${known.join(msg` or `)}.` });
}

/** How to ask; undefined: as the terminal can. */
function uiOf(context: CommandContext, mode: (typeof MODES)[number]): Ui | undefined {
  const ui = wordOf(context, "ui", UIS);
  if (isUnattended(context.words)) return "plain";
  if (mode === "nuke" || mode === "activate" || context.words.flags.has("json")) return "plain";
  // A comparison only shows: by lines, as it always did, unless screens are asked for.
  return mode === "compare" ? (ui ?? "plain") : ui;
}

/** Where the set is. In the rescue system the medium is mounted at a place of its own; elsewhere it must be named. */
function placeOf({ host, words }: CommandContext): string {
  const named = ["from", "dir", "nfs"].filter((key) => words.values.has(key));
  if (named.length > 1) {
    throw new MondoError("usage", msg`--${named[0]} and --${named[1]} contradict each other`, {
      hint: msg`Name one place; a directory on a share is written behind the share: -n nas:/backup/web1.`,
    });
  }
  const place = words.values.get(named[0] ?? "");
  if (place !== undefined) return place;
  if (host.exists(MEDIUM)) return MEDIUM;
  throw new MondoError("usage", msg`no backup is given, and no rescue medium is mounted here`, {
    hint: msg`Name an ISO or a directory with --from PLACE, or boot the medium to restore this machine.`,
  });
}

/** The set of the command line, as far as `mode` needs it. */
function chosenSet(context: CommandContext, mode: (typeof MODES)[number], reporter: Reporter) {
  const { host } = context;
  const place = placeOf(context);
  // Its disk must be known, so that it is not written to: that is read from what is mounted where.
  if (host.stat(place)?.kind === "block") {
    throw new MondoError("usage", msg`--from ${place} is a device`, {
      hint: msg`Mount it, and give the directory mondo on it with --from.`,
    });
  }
  const { values } = context.words;
  const set = asSigned(host, openSet(host, place, values.get("prefix")), values.get("signed-by"));
  // A restore asks whether to go on without what is damaged: see checkSet().
  for (const defect of set.defects) reporter.warn(defect);
  const restores = mode === "nuke" || mode === "interactive";
  if (restores) requireMedia(set);
  const found = restores || mode === "files" ? parentsOf(context, set) : (new Map() as FoundSets);
  const carriers = [set, ...found.values()].flatMap(({ name }) => carriersOf(host, name));
  const whole = restores ? requireParents(set, found) : mode === "files" ? withParents(set, found) : set;
  return { set: whole, carriers };
}

/** What the command line says about files. Throws `usage` where nobody can be asked for more. */
function filesOf(context: CommandContext, mode: (typeof MODES)[number], isAnybody: boolean): FilesWish | undefined {
  if (mode !== "files") return undefined;
  const { host, words } = context;
  const patterns = words.lists.get("pattern") ?? [];
  const [overwrite, to] = [overwriteOf(context), words.values.get("to")];
  if (patterns.length > 0) {
    const directory = to === undefined ? {} : { directory: requireTarget(host, to) };
    return { patterns, ...directory, ...(overwrite === undefined ? {} : { overwrite }) };
  }
  const [lonely] = ["to", "overwrite"].filter((key) => words.values.has(key));
  if (isAnybody && lonely === undefined) return undefined;
  const why =
    lonely === undefined ? msg`no file is given, and there is no terminal to ask on` : msg`--${lonely} needs --pattern`;
  throw new MondoError("usage", why, { hint: msg`Name files with --pattern (--pattern /etc/fstab); / is everything.` });
}

function contextOf(
  context: CommandContext,
  mode: (typeof MODES)[number],
  reporter: Reporter,
  consoles: ReturnType<typeof openConsoles>,
  ask: Ask,
): RestoreContext {
  const { host, words } = context;
  const check = wordOf(context, "check", CHECKS);
  const resume = wordOf(context, "resume", RESUMES);
  const luksKey = words.values.get("luks-key");
  const { set, carriers } = chosenSet(context, mode, reporter);
  const { manifest, directory, locate, needed, trusted } = set;
  const edits = editsOf(host, words, manifest.layout);
  const files = filesOf(context, mode, consoles.paths.length > 0 || words.values.has("answers"));
  return {
    host,
    reporter,
    manifest,
    setDirectory: directory,
    locate,
    checkedMedia: new Set(),
    ...(needed ? { needed } : {}),
    ...(trusted ? { trusted } : {}),
    carriers,
    root: "/mnt/restore",
    firmware: host.exists("/sys/firmware/efi") ? "uefi" : "bios",
    ...(check === undefined ? {} : { check }),
    lastReading: () => lastReading(host, set),
    ...(resume === undefined ? {} : { resume }),
    withoutDamaged: words.flags.has("without-damaged"),
    hooks: words.flags.has("hooks") ? "call" : "no",
    resize: !words.flags.has("noresize"),
    partition: !words.flags.has("nopart"),
    ...keepOf(words),
    ask,
    countdown: (seconds, text) => countdown(host, consoles, seconds, text),
    ...(luksKey === undefined ? {} : { luksKey }),
    remarks: [],
    ...(files === undefined ? {} : { files }),
    ...(mode === "compare" ? { differences: filterOf(words, words.lists.get("pattern") ?? []) } : {}),
    stoppable: (work) => stoppable(interruptedFiles, work),
    isRescue: host.readLink("/proc/1/exe") === "/init",
    ...(edits.length === 0 ? {} : { edits }),
    logText: () => host.tryReadText(LOG) ?? "",
  };
}

const interruptedFiles = (signal: string): MondoError =>
  new MondoError("cancelled", msg`the restore of files was interrupted (${signal})`, {
    hint: msg`The files that it got to are whole. Start it again.`,
    data: { signal },
  });

/** Status 3: some of it is not as it was; 4: a comparison found that; 10: a person stopped it. */
function statusOf(outcome: ModeOutcome, mode: (typeof MODES)[number], { manifest }: RestoreContext): number {
  const isRestored = outcome === "done" && (mode === "nuke" || mode === "interactive");
  if (isRestored && isIncomplete(countProblems(manifest.problems))) return 3;
  return outcome === "done" ? 0 : outcome === "stopped" ? 10 : mode === "compare" ? 4 : 3;
}

/** `mondo restore`, `mondorestore`. */
export const restoreCommand: Command = {
  spec: restoreSpec,
  forArchives: true,
  async run(context) {
    const { host } = context;
    const mode = modeOf(context);
    requireRoot();
    const wish = uiOf(context, mode);
    const append = openLogFile(host, LOG, (text) => context.reporter.warn(text));
    const consoles = openConsoles(host, ["/dev/tty"]);
    const seat = await seatPerson(host, consoles, context.reporter, "mondo restore", wish);
    let save = () => {};
    const reporter = teeReporter([seat.reporter, logReporter(append, host.nowMs)]);
    const startedMs = host.nowMs();
    const summary = (fields: object) => {
      const seconds = Math.round((host.nowMs() - startedMs) / 100) / 10;
      const about = { command: "restore", mode, started: Math.floor(startedMs / 1000), seconds };
      reporter.event?.("summary", { ...about, ...fields });
    };
    try {
      const answers = answering(
        host,
        context.words,
        consoles.paths.length > 0 ? seat.ask : undefined,
        context.reporter.warn,
      );
      save = answers.save;
      const restore = contextOf(context, mode, reporter, consoles, answers.ask);
      const outcome = await restoreModes[mode](restore);
      const status = statusOf(outcome, mode, restore);
      const { set, host: machine, entries, contentBytes, problems } = restore.manifest;
      const about = { host: machine.name, set, entries, contentBytes, problems: countProblems(problems) };
      summary({ ok: status === 0 || status === 3, status, outcome, ...about });
      return status;
    } catch (error) {
      const code = error instanceof MondoError ? error.code : "system";
      summary({ ok: false, status: exitCodeOf(error), error: { code, text: sentenceOf(error) } });
      throw error;
    } finally {
      seat.close();
      save();
      await consoles.drain(1000);
      consoles.close();
    }
  },
};
