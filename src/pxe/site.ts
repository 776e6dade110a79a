import type { FileSpan } from "../archive/set-files.ts";
import type { IpConf } from "../network/network-words.ts";
import type { DiskIdentity } from "../restore/answers.ts";

/** A set whose rescue system can be started over the network. */
export interface PxeSet {
  readonly prefix: string;
  /** For people: "web1 (Debian 12), 2026-11-21 03:00 UTC". */
  readonly title: string;
  readonly kernel: FileSpan;
  readonly initrd: FileSpan;
  /** Where its kernel and initrd go: empty for the top of the tree, else `PREFIX/`. */
  readonly place: string;
}

/** A machine that is known by the hardware address of its card (lower-case, with colons). */
export interface PxeMachine {
  readonly mac: string;
  readonly set: PxeSet;
  readonly ipconf: IpConf | undefined;
  /** What its answers say of its disks: disk of the set → disk of the machine. */
  readonly disks: Readonly<Record<string, DiskIdentity>>;
}

/** Addresses that a DHCP server may lend. */
export interface PxeRange {
  readonly first: string;
  readonly last: string;
  readonly netmask: string;
}

/** Everything that the files of a PXE tree say. */
export interface PxeSite {
  /** Absolute; it is the TFTP root, and the root of a web server for HTTP boot. */
  readonly directory: string;
  /** IPv4 address of the TFTP and DHCP server; `undefined` leaves `SERVER-ADDRESS` to be filled in. */
  readonly server: string | undefined;
  readonly nfs: { readonly server: string; readonly path: string } | undefined;
  /** URL of the directory with the ISOs, where a web server has them. */
  readonly source: string | undefined;
  /** URL that the machines tell how far they are. */
  readonly status: string | undefined;
  /** Place of the answers of the machines in `machines`, as in `mondo.answers=`. */
  readonly answers: string | undefined;
  /** Name of this request, where the machines in `machines` restore themselves, each once. */
  readonly once: string | undefined;
  /** What every machine starts that no `machines` entry names. */
  readonly set: PxeSet;
  readonly machines: readonly PxeMachine[];
  readonly range: PxeRange | undefined;
  /** Network interface that `--serve` answers on. */
  readonly device: string | undefined;
}

/** First line of whatever may be edited by hand: our own files are told from other people's by it. */
export const MADE_BY = "Made by mondo pxe";

/** Directory of the tree with the answers of the machines. */
export const ANSWERS = "answers";

export const SERVER_PLACEHOLDER = "SERVER-ADDRESS";

/** What a start over the network leads to. The names of the first are those of Mondo's PXE recipes. */
export const entries = [
  { label: "restore_mondo", word: "iso_mode", text: "restore, with questions" },
  { label: "nuke_mondo", word: "nuke_mode", text: "erase the disks and restore everything, after a countdown" },
  { label: "compare_mondo", word: "compare_mode", text: "compare the backup with the disks; changes nothing" },
  { label: "expert_mondo", word: "expert_mode", text: "a shell" },
] as const;

/** Seconds until a machine that nobody answers for boots from its disk. */
export const PATIENCE_SECONDS = 60;

/** What a machine starts when nobody answers: its disk, unless it was named to restore itself. Pure. */
export const defaultEntry = ({ once }: PxeSite, machine: PxeMachine | undefined): string =>
  machine && once !== undefined ? "nuke_mondo" : "local";
