import { msg } from "../../base/message.ts";
import type { BootWord } from "./boot-word.ts";

/** What the rescue system does first. */
export type Mode =
  | ("interactive" | "nuke" | "compare" | "files" | "expert")
  | ("loader" | "partition" | "format" | "mount" | "edit");

/** The least harmful first: does nothing by itself, reads, writes after questions, writes. */
const HARMLESS_FIRST: readonly Mode[] = [
  ...(["expert", "edit", "compare", "mount", "files", "loader"] as const),
  ...(["interactive", "format", "partition", "nuke"] as const),
];

/** What one word about the mode asks for. */
export interface ModeWish {
  readonly word: string;
  readonly mode: Mode;
  /** No question at the end. */
  readonly unattended: boolean;
}

function modeWord(
  names: readonly [string, ...string[]],
  mode: Mode,
  meaning: string,
  unattended = false,
): BootWord<ModeWish | undefined> {
  const wish = { word: names[0], mode, unattended };
  return { names, syntax: names.join(" | "), meaning, read: (given) => (given.length > 0 ? wish : undefined) };
}

/** The words that choose the mode. */
export const modeWords = {
  interactive: modeWord(
    ["interactive", "interactive_mode"],
    "interactive",
    msg`ask what to restore, and where (default)`,
  ),
  nuke: modeWord(
    ["nuke", "nuke_mode"],
    "nuke",
    msg`restore everything, erasing the disks, after a countdown (none where a medium, answers or the network started it onto blank disks); any other mode word overrides it`,
  ),
  compare: modeWord(["compare", "compare_mode"], "compare", msg`compare the disks with the backup; change nothing`),
  filesOnly: modeWord(
    ["files", "files_mode"],
    "files",
    msg`restore single files, which are chosen in the tree of the backup`,
  ),
  loaderOnly: modeWord(
    ["loader-only", "mbr"],
    "loader",
    msg`install the boot loader of the system on the disks again; asks first`,
  ),
  partitionOnly: modeWord(
    ["partition-only"],
    "partition",
    msg`write the partition tables alone; asks before it erases`,
  ),
  formatOnly: modeWord(
    ["format-only"],
    "format",
    msg`make volumes and file systems in the partitions that are there; asks before it erases`,
  ),
  mountOnly: modeWord(
    ["mount-only"],
    "mount",
    msg`mount the system on the disks below /mnt/restore, for chroot in a shell`,
  ),
  editOnly: modeWord(
    ["edit-only"],
    "edit",
    msg`change the layout and save the changes to a file; nothing else is written`,
  ),
  expert: modeWord(["expert", "expert_mode"], "expert", msg`a shell with every tool, on every console`),
  isoMode: modeWord(["iso_mode"], "interactive", msg`the same as interactive`),
  restoreMedia: modeWord(["RESTORE", "restore"], "nuke", msg`the same as nuke; ends without a question`, true),
} as const satisfies Record<string, BootWord<ModeWish | undefined>>;

/** The mode that the words choose together. */
export interface ModeOptions {
  readonly mode: Mode;
  /** Whether a word chose it. */
  readonly modeGiven: boolean;
  /** Restore without a question at the end (RESTORE media). */
  readonly unattended: boolean;
}

/** Pure: of contradicting words the least harmful wins; `complain` takes a sentence about each of the others. */
export function chooseMode(wishes: readonly ModeWish[], complain: (text: string) => void): ModeOptions {
  const mode = HARMLESS_FIRST.find((candidate) => wishes.some((wish) => wish.mode === candidate)) ?? "interactive";
  const winners = wishes.filter((wish) => wish.mode === mode);
  const by = winners.map(({ word }) => word).join(msg` and `);
  for (const { word } of wishes.filter((wish) => wish.mode !== mode)) {
    complain(msg`${word}: ignored, because ${by} is given, too; of contradicting modes the least harmful wins`);
  }
  return { mode, modeGiven: wishes.length > 0, unattended: winners.some(({ unattended }) => unattended) };
}
