import type { DifferenceFilter } from "../archive/compare/difference-filter.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import type { MediumPass } from "../archive/set/media-passes.ts";
import type { Locate, VolumeInfo } from "../archive/set-files.ts";
import type { LastReading } from "../archive/verify/reading-note.ts";
import type { Reporter } from "../base/report.ts";
import type { SshPublicKey } from "../formats/archive/ssh-signature.ts";
import type { Host } from "../host/host.ts";
import type { KeepWish } from "../layout/keep/keep-wish.ts";
import type { Layout } from "../layout/types.ts";
import type { Edit } from "../plan/edit/edit.ts";
import type { Ask } from "../ui/ask.ts";
import type { StoppedBy } from "../ui/countdown.ts";
import type { Answers } from "./answers.ts";
import type { FilesWish } from "./files/files-wish.ts";
import type { Check } from "./reading.ts";
import type { Resume } from "./resume.ts";

/** Where the media of a set come from when not all of them are here. `locate` finds what is on those that are. */
export interface MediaSource {
  /** Whether a medium is there, or can be had without a person; if so, its files can be located. */
  reach(pass: MediumPass): Promise<boolean>;
  /**
   * Asks for a medium until it is there; `another`: the copy that is there is bad. False: the person continues without
   * it. Throws `cancelled` when they stop the restore.
   */
  ask(pass: MediumPass, another: boolean): Promise<boolean>;
  /** For people: `medium 2 of 3`. */
  describe(pass: MediumPass): string;
  /** Whether media are inserted one after the other. If not, one that is missing when a restore begins is an error. */
  readonly isChanged: boolean;
}

/** Copies of files of the set that are elsewhere. */
export interface SpareFiles {
  /**
   * Reaches the servers that have the same set; what can't be used is warned of. `isNow`: even if the network must be
   * set up for that; it is when something is taken, otherwise.
   */
  reach(manifest: Manifest, isNow: boolean): Promise<void>;
  /** Takes a whole copy of a file, if there is one; returns where it lies, for people. Reaches servers first. */
  take(file: VolumeInfo): Promise<string | undefined>;
  /** Places of the whole copies that were taken, by the file's name. */
  taken(): ReadonlyMap<string, string>;
}

/** The keyboard that a person types on, where its layout is this program's to choose. */
export interface Keyboard {
  /** Whether the person sits at it, and not at the other end of a line. */
  readonly isUsed: boolean;
  /** What its layout is called. */
  readonly called: string;
  /** Asks for another layout. */
  choose(): Promise<void>;
}

/** What a restore may use, whether it runs in the rescue or from a shell. */
export interface RestoreContext {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly manifest: Manifest;
  /** Directory with manifest, catalog and volumes. */
  readonly setDirectory: string;
  /** Finds files that are not in that directory (those of an ISO that is not mounted). */
  readonly locate?: Locate;
  /** Volumes to read, of a set with parents. Default: all of the manifest's. */
  readonly needed?: readonly VolumeInfo[];
  /** Default: everything that is needed is here. */
  readonly media?: MediaSource;
  /** Copies for what is damaged or missing; `locate` finds what was taken of them. */
  readonly spares?: SpareFiles;
  /** Media whose volumes were read and are intact. */
  readonly checkedMedia: Set<string>;
  /** The start of this machine asked for the restore (a RESTORE medium, answers, the network), nobody at its keys. */
  readonly startsByItself?: boolean;
  /** Block devices (`/dev/sr0`, `/dev/sdb`) that carry the set or the rescue: never written to. */
  readonly carriers: readonly string[];
  /** Where the restored file systems are mounted. */
  readonly root: string;
  readonly firmware: "bios" | "uefi";
  /** `false`: partitions and file systems keep their sizes, whatever the size of the disks. */
  readonly resize?: boolean;
  /** `false`: the partition tables on the disks stay (nopart). */
  readonly partition?: boolean;
  /** What of the set's disks stays as it is. Default: `offer` where a person is asked, `none` elsewhere. */
  readonly keep?: KeepWish;
  readonly ask: Ask;
  /** Absent: its layout is none of ours. */
  readonly keyboard?: Keyboard;
  /** Shows the text with the seconds left; any key stops it, and by default `anybody` else who may. */
  readonly countdown: (seconds: number, text: string, by?: StoppedBy) => Promise<"elapsed" | "stopped">;
  /** Keys, one of which must have signed the set: it is refused otherwise, unless a person agrees. Absent: any. */
  readonly trusted?: readonly SshPublicKey[];
  /** Place of a key file that opens the encrypted volumes, instead of a question: `LABEL=KEYS:/luks.key`. */
  readonly luksKey?: string;
  /** Changes of the set's layout. Default: those of the answers. */
  readonly edits?: readonly Edit[];
  /** The set's own layout, where the manifest's was edited. */
  readonly unedited?: Layout;
  /** Answers from a file, instead of questions. */
  readonly answers?: Answers;
  /** Files to restore, and how, for the mode `files`. Default: a person is asked. */
  readonly files?: FilesWish;
  /** Runs work that a signal may end in order. Default: signals end the process. */
  readonly stoppable?: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** Whether this is the rescue system: the running system is nobody's. */
  readonly isRescue?: boolean;
  /** When the set is read and checked: before the first write, or while it is restored. Default: `whenToRead`. */
  readonly check?: Check;
  /** When the set's files were last read through, as a note beside them says. Absent: no note can lie there. */
  readonly lastReading?: () => LastReading;
  /** Whether to go on where files of the backup are damaged, without them. Default: a person, if any, is asked. */
  readonly withoutDamaged?: boolean;
  /** Whether to go on with a restore that was cut off. Default: a person, if any, is asked; else it starts anew. */
  readonly resume?: Resume;
  /** Whether programs that the set brings are called. Default: no, as on a machine that runs other things. */
  readonly hooks?: "call" | "no";
  /** Name of the request for this restore: a machine that was already restored for it is left alone (`mondo.once=`). */
  readonly once?: string;
  /** Which differences a comparison is asked for. Default: all. */
  readonly differences?: DifferenceFilter;
  /** Gets what to show a person when whoever watches has the outcome. Default: it is shown at once. */
  readonly showLater?: (show: () => Promise<void>) => void;
  /** What the work has come to besides its outcome, as sentences, for a server that watches. */
  readonly remarks: string[];
  /** Everything reported so far, for the log in the restored system. */
  readonly logText: () => string;
}

/** How a mode ended. `done`: the machine may be restarted; `already`: a restart boots the system on its disk. */
export type ModeOutcome = "done" | "already" | "stopped" | "differences";

/** Shows a person something at the end, that nobody else is to wait for. */
export async function showAtEnd({ showLater }: Pick<RestoreContext, "showLater">, show: () => Promise<void>) {
  if (showLater) showLater(show);
  else await show();
}
