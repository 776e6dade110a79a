/**
 * What files get from the kernel when they are made in a directory: what is right already need be neither set nor
 * read.
 */
import type { ByteString } from "../../base/bytes.ts";
import { statFd, xattrNamesOfFd } from "../../host/fs-calls.ts";
import type { Entry } from "../entry.ts";
import { hasInodeAttributes } from "../tree/inode-attributes.ts";

/** A file that was just made. */
export interface Birth {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** It has no attribute, flag or project id from its directory. */
  readonly isPlain: boolean;
}

/** The mode of a file whose owner is still to be set, or of which nothing is known. */
const PRIVATE = 0o600;
/** As many directories as a restore has open. */
const MOST_DIRECTORIES = 64;

/** Learns from the first file that is made in a directory with a mode: the next ones come out like it. */
export class Births {
  readonly #directories = new Map<ByteString, Map<number, Birth>>();

  /** The mode to make a file with: its own, where nobody could read more of it by that than in the end. */
  modeFor({ uid, gid, mode, xattrs }: Entry, directory: ByteString): number {
    const known = this.#directories.get(directory)?.get(PRIVATE);
    return known?.isPlain && !xattrs && known.uid === uid && known.gid === gid ? mode & 0o777 : PRIVATE;
  }

  /** What a file has that was made in a directory with a mode; undefined: unknown. */
  of(fd: number, directory: ByteString, mode: number): Birth | undefined {
    const known = this.#directories.get(directory)?.get(mode);
    if (known) return known;
    const birth = birthOf(fd);
    if (birth) this.#remember(directory, mode, birth);
    return birth;
  }

  /** What a symbolic link made there has, which takes nothing but its owners from its directory. */
  ofLink(directory: ByteString): Birth | undefined {
    return this.#directories.get(directory)?.get(PRIVATE);
  }

  #remember(directory: ByteString, mode: number, birth: Birth): void {
    const modes = this.#directories.get(directory) ?? new Map<number, Birth>();
    this.#directories.set(directory, modes.set(mode, birth));
    if (this.#directories.size <= MOST_DIRECTORIES) return;
    const [oldest] = this.#directories.keys();
    if (oldest !== undefined) this.#directories.delete(oldest);
  }
}

/** Labels (`security.*`) are a policy's: a restore leaves or replaces them, but never takes them away. */
export function isInherited(name: ByteString): boolean {
  return !name.startsWith("security.");
}

function birthOf(fd: number): Birth | undefined {
  const [stat, names] = [statFd(fd), xattrNamesOfFd(fd)];
  if (typeof stat === "number" || typeof names === "number") return undefined;
  const isPlain = !names.some(isInherited) && !hasInodeAttributes(fd);
  return { uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o7777, isPlain };
}
