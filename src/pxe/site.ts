import type { FileSpan } from "../archive/set-files.ts";
import { msg } from "../base/message.ts";
import type { IpConf } from "../network/ip-conf.ts";
import type { DiskIdentity } from "../restore/answers.ts";

/** A set whose rescue system can be booted over the network. */
export interface PxeSet {
  readonly prefix: string;
  /** For people: "web1 (Debian 12), 2026-11-21 03:00 UTC". */
  readonly title: string;
  readonly kernel: FileSpan;
  readonly initrd: FileSpan;
  /** Directory of its kernel and initrd: empty for the top of the tree, else `PREFIX/`. */
  readonly place: string;
}

/** A machine that is known by the hardware address of its card (lower-case, with colons). */
export interface PxeMachine {
  readonly mac: string;
  readonly set: PxeSet;
  readonly ipconf: IpConf | undefined;
  /** Its answers for disks: disk of the set → disk of the machine. */
  readonly disks: Readonly<Record<string, DiskIdentity>>;
}

/** Addresses that a DHCP server may assign. */
export interface PxeRange {
  readonly first: string;
  readonly last: string;
  readonly netmask: string;
}

/** Everything that goes into the files of a PXE tree. */
export interface PxeSite {
  /** Absolute; it is the TFTP root, and the root of a web server for HTTP boot. */
  readonly directory: string;
  /** IPv4 address of the TFTP and DHCP server; `undefined` leaves `SERVER-ADDRESS` to be filled in. */
  readonly server: string | undefined;
  readonly nfs: { readonly server: string; readonly path: string } | undefined;
  /** URL of the directory with the ISOs, if a web server has them. */
  readonly source: string | undefined;
  /** URL that the machines report their progress to. */
  readonly status: string | undefined;
  /** Place of the answers for the machines in `machines`, as in `mondo.answers=`. */
  readonly answers: string | undefined;
  /** Name of this request, if the machines in `machines` are to restore themselves, each once. */
  readonly once: string | undefined;
  /** The set for all machines that are not in `machines`. */
  readonly set: PxeSet;
  readonly machines: readonly PxeMachine[];
  readonly range: PxeRange | undefined;
  /** Network interface that `--serve` answers on. */
  readonly device: string | undefined;
}

/** First line of files that may be edited by hand: tells our own files from others. */
export const MADE_BY = "Made by mondo pxe";

/** Directory of the tree with the answers of the machines. */
export const ANSWERS = "answers";

/** Stands for the address of the server in configurations, until a person fills it in. */
export const SERVER_PLACEHOLDER = "SERVER-ADDRESS";

/** The choices at network boot. The first two names are those of Mondo's PXE recipes. */
export const entries = [
  { label: "restore_mondo", word: "iso_mode", text: msg`restore, with questions` },
  { label: "nuke_mondo", word: "nuke_mode", text: msg`erase the disks and restore everything, after a countdown` },
  { label: "compare_mondo", word: "compare_mode", text: msg`compare the backup with the disks; changes nothing` },
  { label: "expert_mondo", word: "expert_mode", text: msg`a shell` },
] as const;

/** What a machine boots when nobody touches a key: its disk, unless it is to restore itself. Pure. */
export const defaultEntry = ({ once }: PxeSite, machine: PxeMachine | undefined): string =>
  machine && once !== undefined ? "nuke_mondo" : "local";
