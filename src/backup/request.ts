import type { CodecName } from "../drivers/codec/codec.ts";
import type { Additions } from "../image/additions.ts";
import type { Hooks } from "../run/run-hooks.ts";
import type { ArchivedCopy, ArchivedNetwork } from "../shares/archived-network.ts";
import type { ObjectStore } from "../shares/store/object-store.ts";
import type { KeepRules } from "./retention/decide-retention.ts";
import type { SnapshotWish } from "./snapshot/snapshot-wish.ts";

/** Where programs lie that a backup calls, unless another directory is named. */
export const HOOKS = "/etc/mondo/hooks.d";

/** ISO images in the target directory. */
interface ImagesMedium {
  readonly kind: "images";
}

/** A directory of its own below the target. */
export interface DirectoryMedium {
  readonly kind: "directory";
  /** Which sets of this machine and prefix stay, besides those that they build on; undefined: all. */
  readonly keep?: KeepRules;
}

/** A pipe, a file or a device, written once from front to back. */
export interface StreamMedium {
  readonly kind: "stream";
  /** A path, or `-` for standard output. */
  readonly target: string;
  /** Whether what a device holds may be replaced, whatever it is. */
  readonly overwrite: boolean;
}

/** Tapes, one after the other in one drive. */
export interface TapeMedium {
  readonly kind: "tape";
  /** `/dev/nst0` */
  readonly device: string;
  /** Length of a block, a multiple of 512. */
  readonly blockBytes: number;
  /** Whether what a tape holds may be replaced, whatever it is. */
  readonly overwrite: boolean;
  /** Behind the backups that the tape holds. */
  readonly append: boolean;
  /** Whether the tape begins so that a drive which plays a CD drive boots from it. */
  readonly isObdr: boolean;
}

/** A place that takes whole objects, as a bucket; the target directory is for what is put together. */
export interface StoreMedium {
  readonly kind: "store";
  /** Sets lie below it, as `HOST/PREFIX/DATE`. */
  readonly store: ObjectStore;
}

/** Discs, one for each image; the images stay in the target directory until all are written. */
export interface DiscsMedium {
  readonly kind: "discs";
  /** `/dev/sr0`; undefined: the only drive that writes. */
  readonly device: string | undefined;
  /** Kinds of discs that were asked for. */
  readonly families: readonly ("CD" | "DVD" | "BD")[];
  readonly speed?: number;
  /** What rewritable discs hold may be erased. */
  readonly blank: boolean;
  /** A person alone moves the tray, and is asked for a disc when the images are made (Mondo's `-m`). */
  readonly isManual: boolean;
}

/** What a set is written to. */
export type Medium = DiscsMedium | ImagesMedium | DirectoryMedium | StreamMedium | TapeMedium | StoreMedium;

/** What a backup is asked for. Paths are absolute. */
export interface BackupRequest {
  /** Root of what is saved: `/`, or a directory whose files alone are saved. */
  readonly root: string;
  /** Default: images. */
  readonly medium?: Medium;
  /** Where the ISO goes; for media that are no files of a directory, where there is room for the rescue system. */
  readonly directory: string;
  /** What the ISO's name begins with: `web1`, of a differential backup `web1-d1`. */
  readonly prefix: string;
  /** The prefix without what tells the level: what differential backups and those that they build on have in common. */
  readonly setName: string;
  /** 0: everything. Above: what differs from the newest backup of a lower level. */
  readonly diffLevel: number;
  /** The set to build on (ISO, directory); default: the one that this machine remembers. */
  readonly parent: string | undefined;
  /** Decide by reading all files whether they differ. */
  readonly content: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeDevices: readonly string[];
  /** Devices that are saved block by block (`-x`). */
  readonly imageDevices: readonly string[];
  readonly kernel: string | undefined;
  /** Tools, files and modules for the rescue system, besides its own; absent: none. */
  readonly additions?: Additions;
  /** Further kernel words for every entry of the medium's boot menu. */
  readonly bootWords?: readonly string[];
  readonly scratch: string | undefined;
  readonly temp: string | undefined;
  /** 0 (store) to 9. */
  readonly level: number;
  readonly codec: CodecName;
  readonly threads: number | undefined;
  /** Capacities of the media (`-s`), the last one for all further ones; undefined: one medium takes all. */
  readonly mediaBytes: readonly number[] | undefined;
  readonly restoreByDefault: boolean;
  readonly eject: boolean;
  /** Commands that are run before and after each image, with its path and number in them: see withImage(). */
  readonly beforeImage?: string | undefined;
  readonly afterImage?: string | undefined;
  /** The boot loader that there must be, by its first letter, and a disk that it must be on: see requireLoader(). */
  readonly loader?: { readonly name?: string | undefined; readonly device?: string | undefined };
  /**
   * File with the pass phrase that headers of encrypted volumes are encrypted to, or `ask`; they stay out of the set
   * otherwise.
   */
  readonly luksHeaders?: string | undefined;
  /** The key of OpenSSH that signs the set; it is not signed otherwise. */
  readonly signKey?: string | undefined;
  /** Read-only btrfs snapshots are saved, too. */
  readonly snapshots: boolean;
  /** Snapshots from which the files are read; absent: they are read live. */
  readonly snapshot?: SnapshotWish;
  /** Programs that are called before, between and after; absent: none. */
  readonly hooks?: Hooks;
  /** Further files that it writes: they are no part of a backup. */
  readonly outputs?: readonly string[];
  /** Set when the directory lies on a share. */
  readonly network?: ArchivedNetwork;
  /** Where copies of the set lie when somebody has made them: a restore asks there, too. */
  readonly copies?: readonly ArchivedCopy[];
}

/** Whether ISO images are made in the target directory. */
export const makesImages = ({ medium }: Pick<BackupRequest, "medium">): boolean =>
  medium === undefined || medium.kind === "images" || medium.kind === "discs";

/** Whether volumes leave the machine as they come, and take no room on it. */
export const isStreamed = ({ medium }: Pick<BackupRequest, "medium">): boolean =>
  medium?.kind === "stream" || medium?.kind === "tape" || medium?.kind === "store";

/** Where a backup puts its pieces while it works. */
export interface WorkPlaces {
  /** The finished ISO. */
  readonly iso: string;
  /** Removed at the end, whatever happens. */
  readonly scratch: string;
  /** In the target directory: images grow in it. Removed at the end, too. */
  readonly images: string;
  /** Catalog and what else belongs to the set, and its volumes where no sink takes them. */
  readonly set: string;
  /** Kernel and initrd. */
  readonly boot: string;
}

/** Names of scratch directories: of a run of some machine, for some prefix. */
const SCRATCH = /^(?:[.]mondo[.]scratch|tmp[.]mondo)[.]([0-9a-f]{8})-[0-9a-f]{8}[.](.*)$/;

/** What the name of a scratch directory says; undefined: it is none. `machine` is that of `runIdOf`. */
export function scratchNamed(name: string): { readonly machine: string; readonly prefix: string } | undefined {
  const [, machine, prefix] = SCRATCH.exec(name) ?? [];
  return machine === undefined || prefix === undefined ? undefined : { machine, prefix };
}

/** Names one run among those of all machines: eight digits for the machine, eight for the run. */
export function runIdOf(machine: string): string {
  const digest = new Uint32Array([0]);
  for (const char of machine) digest[0] = Math.imul((digest[0] ?? 0) ^ (char.codePointAt(0) ?? 0), 0x01000193);
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  return `${hex(digest[0] ?? 0)}-${hex(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)}`;
}

/** The places of a run: its scratch directory lies in the target unless `-S` says otherwise. */
export function workPlacesOf(request: BackupRequest, run: string): WorkPlaces {
  const name = `.mondo.scratch.${run}.${request.prefix}`;
  // A directory set is made where it stays: it only gets its name at the end.
  const home = request.medium?.kind === "directory" ? request.directory : (request.scratch ?? request.directory);
  const scratch = `${home}/${name}`;
  const boot = request.temp === undefined ? `${scratch}/boot` : `${request.temp}/tmp.mondo.${run}.${request.prefix}`;
  return { iso: isoPathOf(request), scratch, images: `${request.directory}/${name}`, set: `${scratch}/mondo`, boot };
}

/** The ISO of a medium that a request makes. */
export function isoPathOf(request: Pick<BackupRequest, "directory" | "prefix">, number = 1): string {
  return `${request.directory === "/" ? "" : request.directory}/${request.prefix}-${number}.iso`;
}
