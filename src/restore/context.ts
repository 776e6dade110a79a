import type { Manifest } from "../archive/set/manifest.ts";
import type { MediumPass } from "../archive/set/media-passes.ts";
import type { Locate, VolumeInfo } from "../archive/set-files.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { Ask } from "../ui/ask.ts";
import type { Answers } from "./answers.ts";

/** Where the media of a set come from when they are not all at hand. `locate` finds what is on those that are. */
export interface MediaSource {
  /** Whether a medium is there without a person's doing; then its files can be located. */
  reach(pass: MediumPass): Promise<boolean>;
  /**
   * Asks for a medium until it is there; `another`: the copy that is there is bad. False: the person goes on without
   * it. `cancelled`: they stop the work.
   */
  ask(pass: MediumPass, another: boolean): Promise<boolean>;
  /** For people: `medium 2 of 3`. */
  describe(pass: MediumPass): string;
  /**
   * Whether media are put into drives one after the other. Otherwise what is missing before a restore begins is an
   * error.
   */
  readonly isChanged: boolean;
}

/** What a restore may use, whether it runs in the rescue or from a shell. */
export interface RestoreContext {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly manifest: Manifest;
  /** Directory with manifest, catalog and volumes. */
  readonly setDirectory: string;
  /** Where they lie when not in that directory (an ISO that is not mounted). */
  readonly locate?: Locate;
  /** Volumes that are read, of a set with parents; all of the manifest's when absent. */
  readonly needed?: readonly VolumeInfo[];
  /** Absent: everything that is needed is at hand. */
  readonly media?: MediaSource;
  /** Media whose volumes were read through and are what was written. */
  readonly checkedMedia: Set<string>;
  /** Block devices (`/dev/sr0`, `/dev/sdb`) that carry the set or the rescue: never written to. */
  readonly carriers: readonly string[];
  /** Where the target's file systems get mounted. */
  readonly root: string;
  readonly firmware: "bios" | "uefi";
  /** `false`: partitions and file systems keep their sizes, whatever the disks have. */
  readonly resize?: boolean;
  /** `false`: the partition tables on the disks stay (nopart). */
  readonly partition?: boolean;
  readonly ask: Ask;
  /** Shows the text with the seconds left; any key stops it. */
  readonly countdown: (seconds: number, text: string) => Promise<"elapsed" | "stopped">;
  /** Where a key file lies that opens the set's encrypted volumes: `LABEL=KEYS:/luks.key`. Nobody is asked then. */
  readonly luksKey?: string;
  /** What was answered before anybody could be asked. */
  readonly answers?: Answers;
  /**
   * Name of the request that this restore answers: a machine that was restored by it before is left alone
   * (`mondo.once=`).
   */
  readonly once?: string;
  /** Everything that was reported so far, for the log that goes into the restored system. */
  readonly logText: () => string;
}

/**
 * How a mode ended: `done` means that the machine may be restarted; `already`, that a restart starts what its disk
 * holds.
 */
export type ModeOutcome = "done" | "already" | "stopped" | "differences";
