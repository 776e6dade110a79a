/** The screens of the restore with questions, as data. */
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import type { Candidate } from "../layout/candidate.ts";
import { requiredBytes } from "../layout/fit.ts";
import { identitiesOn } from "../layout/identities.ts";
import { scoreDisk } from "../layout/score.ts";
import { showLayout } from "../layout/show-layout.ts";
import { type Disk, type Layout, nodesOf } from "../layout/types.ts";
import { showSizes } from "../plan/fit/sizes.ts";
import { showPlan } from "../plan/show.ts";
import { type Block, type Choice, GO_ON, type Screen } from "../ui/screens/screen.ts";
import { REPORT_IN_SYSTEM, whatToDo } from "./closing-report.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { diskBars } from "./disk-pictures.ts";
import { describeDestruction, describeSet, type Ready } from "./prepare.ts";

const BACK: Choice = { key: "back", label: msg`Back; nothing is written` };

/** What is in the set: whose it is, from when, and its disks as a tree. */
export function setScreen(context: RestoreContext): Screen {
  const { manifest } = context;
  return {
    title: msg`Restore 1/4: the backup of ${manifest.host.name}`,
    body: [
      { kind: "text", lines: [describeSet(context)] },
      { kind: "heading", text: msg`What it holds` },
      { kind: "fixed", lines: showLayout(manifest.layout, "brief").trimEnd().split("\n") },
    ],
    question: { kind: "choice", text: msg`Is this the one to restore?`, choices: [GO_ON, BACK], initial: "on" },
    help: [
      msg`This is what the backup holds: disks, what is on them, and where that is mounted.`,
      msg`The next screen shows which disk of this machine becomes which of them. Nothing is written before you have typed the name of what is erased.`,
    ],
  };
}

/** What speaks for a disk of this machine standing for one of the set: the points of the matching rules, and why. */
function describeScore(layout: Layout, disk: Disk, candidate: Candidate, reason: string): string {
  const roomy = candidate.disk.sizeBytes >= requiredBytes(layout, disk);
  const here = new Set(candidate.identities ?? []);
  const { points, because } = scoreDisk(disk, identitiesOn(layout, disk.id), candidate.disk, here, roomy);
  const score = msg`${points}: ${because}`;
  return reason === because ? score : `${reason} (${score})`;
}

/** A disk in few words: `/dev/sda, 20 GiB`. */
const short = ({ path, sizeBytes }: Disk): string => `${path}, ${formatBytes(sizeBytes)}`;

function diskTable(layout: Layout, { targets, plan }: Ready): Block {
  const rows = nodesOf(layout, "disk").map((disk) => {
    const kept = plan.kept?.disks.find(({ node }) => node === disk.id);
    if (kept) {
      const files = kept.mounts.filter((path) => plan.kept?.files?.includes(path)).join(", ");
      return files === ""
        ? [short(disk), msg`${kept.path}, kept as it is`, msg`all that was on it is here; nothing is written`]
        : [short(disk), msg`${kept.path}, kept`, msg`all that was on it is here; files are restored into ${files}`];
    }
    const target = targets.disks[disk.id];
    if (!target) return [short(disk), msg`none`, msg`done without`];
    return [short(disk), short(target.disk), describeScore(layout, disk, target, targets.because[disk.id] ?? "")];
  });
  return { kind: "table", head: [msg`disk of the backup`, msg`becomes`, msg`score, because of`], rows, plain: [] };
}

/** Which disk becomes which, what is on them, and what will be. */
export function disksScreen(context: RestoreContext, ready: Ready, choices: readonly Choice[]): Screen {
  const { layout } = context.manifest;
  const { plan, targets } = ready;
  const held = nodesOf(layout, "disk").flatMap(({ id }) => targets.disks[id] ?? []);
  const sizes = showSizes(plan.sizes, plan.targets);
  const notes: Block[] = plan.warnings.length === 0 ? [] : [{ kind: "warning", lines: plan.warnings, plain: [] }];
  return {
    title: msg`Restore 2/4: the disks`,
    body: [
      { ...diskTable(layout, ready), plain: describeDestruction(context, ready) },
      ...notes,
      { kind: "heading", text: msg`On them now, and erased`, plain: [] },
      { kind: "text", lines: held.map(({ disk, contents }) => msg`${disk.path}: ${contents}`), plain: [] },
      { kind: "heading", text: msg`Before and after, to scale`, plain: [] },
      { kind: "bars", bars: nodesOf(layout, "disk").flatMap((disk) => diskBars(layout, disk, ready)), plain: [] },
      ...(sizes.length === 0 ? [] : [{ kind: "fixed", lines: sizes, plain: [] } as const]),
    ],
    question: { kind: "choice", text: msg`Restore like this?`, choices },
    help: [
      msg`Each disk of the backup, the disk of this machine that becomes it, and why that one was taken: the higher the score, the more speaks for it.`,
      msg`64: the same WWN; 32: serial number; 16: content; 8: model; 4: size; 2: enough room for everything as it was.`,
      msg`The bars are to scale: the saved disk, this one as it is now, and as it will be.`,
    ],
  };
}

/** Every step of the plan. */
export function planScreen({ plan }: Ready): Screen {
  return {
    title: msg`Restore 2/4: each step`,
    body: [{ kind: "text", lines: showPlan(plan).trimEnd().split("\n") }],
    question: { kind: "choice", text: "", choices: [{ key: "on", label: msg`Back to the disks` }] },
    help: [msg`What the restore will do, in order. What is marked DESTROYS is gone afterwards.`],
  };
}

/** The names that a person may type for a disk; a serial number that two of them share names neither. */
function namesOf({ disk }: Candidate, disks: readonly Candidate[]): string[] {
  const isShared = disks.filter((other) => other.disk.serial === disk.serial).length > 1;
  const serial = isShared ? "" : (disk.serial ?? "");
  return [disk.path, disk.path.replace(/^\/dev\//, ""), serial].filter((name) => name !== "");
}

/** Whether a line names every one of some disks, by names or serial numbers, and nothing else. Pure. */
export function namesAll(line: string, disks: readonly Candidate[]): boolean {
  const [only] = disks;
  const names = disks.map((disk) => namesOf(disk, disks));
  if (disks.length === 1 && only && names[0]?.includes(line.trim())) return true;
  const words = line.split(/[\s,]+/).filter((word) => word !== "");
  const isNamed = (own: readonly string[]) => own.some((name) => words.includes(name));
  return names.every(isNamed) && words.every((word) => names.some((own) => own.includes(word)));
}

/** A disk as it is called, sold and numbered. */
function describeDisk(disk: Disk): string {
  const serial = disk.serial === undefined ? "" : msg`, serial ${disk.serial}`;
  return `${short(disk)}${disk.model === undefined ? "" : `, ${disk.model}`}${serial}`;
}

/** What will be destroyed, to be agreed to by typing what it is called. `whole`: what the check of the backup said. */
export function destructionScreen(erased: readonly Candidate[], whole: string): Screen {
  const lines = erased.map(({ disk, contents }) => msg`${describeDisk(disk)}: ${contents}`);
  const [only] = erased;
  const text =
    erased.length === 1 && only
      ? msg`To erase it, type its name (${only.disk.path.replace(/^\/dev\//, "")}) or its serial number:`
      : msg`To erase them, type the names or serial numbers of all ${erased.length}, with blanks between them:`;
  return {
    title: msg`Restore 3/4: what will be destroyed`,
    body: [
      { kind: "text", lines: [whole] },
      { kind: "heading", text: msg`All of this will be gone, and nothing brings it back:` },
      { kind: "warning", lines },
    ],
    question: {
      kind: "line",
      text,
      check: (line) =>
        namesAll(line, erased) ? undefined : msg`That is not what is shown above. Esc goes back; nothing is written.`,
    },
    help: [msg`Up to here nothing was written. When you have typed the name, the restore begins.`],
  };
}

/** The last word where nothing can be lost: the disks are blank, and `yes` is enough. */
export function blankScreen(targets: readonly Candidate[], whole: string): Screen {
  const [only] = targets;
  const them = targets.length === 1 && only ? only.disk.path : msg`all ${targets.length}`;
  return {
    title: msg`Restore 3/4: the last word`,
    body: [
      { kind: "text", lines: [whole] },
      { kind: "heading", text: msg`Nothing that is known lies here, and all of it will be written to:` },
      { kind: "text", lines: targets.map(({ disk }) => describeDisk(disk)) },
    ],
    question: {
      kind: "choice",
      text: msg`Restore onto ${them} now?`,
      choices: [
        { key: "yes", label: msg`Yes` },
        { key: "back", label: msg`No, back to the disks` },
      ],
      initial: "back",
    },
    help: [msg`Up to here nothing was written. With Yes the restore begins.`],
  };
}

/** How the restore ended, and what to do now; `report`: all of what is written down about it. */
export function reportScreen({ manifest }: RestoreContext, outcome: ModeOutcome, report: readonly string[]): Screen {
  const isWhole = outcome === "done";
  const name = manifest.host.name;
  return {
    title: msg`Restore 4/4: the report`,
    body: [
      {
        kind: "text",
        lines: [
          isWhole
            ? msg`${name} is restored. Files, layout and boot chain were checked and are as in the backup.`
            : msg`${name} is restored, except for what is listed above.`,
        ],
      },
      { kind: "heading", text: msg`What to do now` },
      { kind: "text", lines: whatToDo(outcome).map((line) => `- ${line}`) },
      { kind: "heading", text: msg`The report (in the restored system: ${REPORT_IN_SYSTEM})` },
      { kind: "text", lines: report },
    ],
    question: { kind: "choice", text: "", choices: [GO_ON] },
    help: [msg`PgDn shows the rest of the report. The menu that follows saves it on a stick, too.`],
  };
}
