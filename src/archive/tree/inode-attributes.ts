/** What chattr sets: flags and project ids, as far as a restore can set them again. Bits: FS_*_FL of linux/fs.h. */
import { flagsOfFd, projectOfFd, setFlagsFd, setProjectFd } from "../../host/inode-flags.ts";
import { Errno } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";

/** Names as in `SCHILY.fflags` of star and libarchive, which know all but dax and casefold. */
const FLAG_NAMES: ReadonlyMap<number, string> = new Map([
  [0x1, "secdel"],
  [0x2, "undel"],
  [0x4, "compress"],
  [0x8, "sync"],
  [0x10, "schg"],
  [0x20, "sappnd"],
  [0x40, "nodump"],
  [0x80, "noatime"],
  [0x400, "nocompress"],
  [0x4000, "journal-data"],
  [0x8000, "notail"],
  [0x10000, "dirsync"],
  [0x20000, "topdir"],
  [0x800000, "nocow"],
  [0x2000000, "dax"],
  [0x20000000, "projinherit"],
  [0x40000000, "casefold"],
]);

/**
 * The flags that belong to an archive; the others (extents, inline data, encryption, verity …) tell how a file system
 * stores a file.
 */
export const SETTABLE_FLAGS = [...FLAG_NAMES.keys()].reduce((sum, bit) => sum | bit, 0);
/** Immutable and append-only: nothing can be done to a file, not even a link be made, after they are set. */
export const SEALING_FLAGS = 0x30;

/** Whether a file's last flags must wait until all else is done. */
export function isSealed({ kind, flags = 0 }: Pick<Entry, "kind" | "flags">): boolean {
  return kind === "file" && (flags & SEALING_FLAGS) !== 0;
}

/** Count only for a file without content: on btrfs nocow, on ext4 and f2fs compression. */
const EARLY_FLAGS = 0x800000 | 0x4 | 0x400;

/** `0x50` → `schg,nodump`; bits without a name are left out. */
export function flagNames(flags: number): string {
  return [...FLAG_NAMES].flatMap(([bit, name]) => (flags & bit ? [name] : [])).join(",");
}

/** `schg,nodump` → 0x50; names that are not known are passed over. */
export function flagsNamed(names: string): number {
  const wanted = new Set(names.split(","));
  return [...FLAG_NAMES].reduce((sum, [bit, name]) => (wanted.has(name) ? sum | bit : sum), 0);
}

/** What an open file or directory has; absent fields are 0. */
export interface InodeAttributes {
  readonly flags?: number;
  readonly project?: number;
}

const NONE: InodeAttributes = {};

/** Reads them; a file system that has none is asked only once. */
export class InodeAttributeReader {
  readonly #ignorant = new Set<number>();

  /** `device`: a number that tells file systems apart. */
  of(fd: number, device: number): InodeAttributes {
    if (this.#ignorant.has(device)) return NONE;
    const all = flagsOfFd(fd);
    const project = projectOfFd(fd);
    if (all < 0 && project < 0) {
      if (all === -Errno.ENOTTY || all === -Errno.EOPNOTSUPP || all === -Errno.ENOSYS) this.#ignorant.add(device);
      return NONE;
    }
    const flags = all < 0 ? 0 : all & SETTABLE_FLAGS;
    if (flags === 0 && project <= 0) return NONE;
    return { ...(flags ? { flags } : {}), ...(project > 0 ? { project } : {}) };
  }
}

/** Whether an open file has any of them. */
export function hasInodeAttributes(fd: number): boolean {
  return (Math.max(0, flagsOfFd(fd)) & SETTABLE_FLAGS) !== 0 || projectOfFd(fd) > 0;
}

/** Makes the settable flags within `which` those wanted. Returns the flags that the file system did not take. */
function change(fd: number, wanted: number, which: number): number {
  const now = flagsOfFd(fd);
  if (now < 0) return wanted & which;
  const mask = SETTABLE_FLAGS & which;
  const next = (now & ~mask) | (wanted & mask);
  if (next === now || setFlagsFd(fd, next) >= 0) return 0;
  // One by one: a flag of another file system must not cost the others.
  let reached = now;
  for (const bit of FLAG_NAMES.keys()) {
    if (!((next ^ reached) & bit)) continue;
    if (setFlagsFd(fd, reached ^ bit) >= 0) reached ^= bit;
  }
  return (next ^ reached) & next;
}

/** Before the content of a new file is written: what counts only then. What fails comes up again at the end. */
export function setEarlyFlags(fd: number, { flags = 0 }: Pick<Entry, "flags">): void {
  if (flags & EARLY_FLAGS) change(fd, flags, EARLY_FLAGS);
}

/**
 * Everything but the sealing flags, after all else. Returns what could not be set, for people; `undefined`: nothing.
 */
export function setInodeAttributes(fd: number, { flags = 0, project = 0 }: InodeAttributes): string | undefined {
  const troubles: string[] = [];
  const now = projectOfFd(fd);
  const wrong = now < 0 ? project !== 0 : now !== project;
  if (wrong && setProjectFd(fd, project) < 0) troubles.push(`project id ${project}`);
  const refused = change(fd, flags, ~SEALING_FLAGS);
  if (refused !== 0) troubles.push(flagNames(refused));
  return troubles.length === 0 ? undefined : troubles.join(", ");
}

/** Sets the sealing flags. Returns what could not be set. */
export function seal(fd: number, flags: number): string | undefined {
  const refused = change(fd, flags, SEALING_FLAGS);
  return refused === 0 ? undefined : flagNames(refused);
}

/** Takes the seals away from what is to be replaced; those that there were. */
export function unseal(fd: number): number {
  const now = flagsOfFd(fd);
  const seals = now > 0 ? now & SEALING_FLAGS : 0;
  return seals !== 0 && setFlagsFd(fd, now & ~SEALING_FLAGS) >= 0 ? seals : 0;
}
