import type { ByteString } from "../../base/bytes.ts";
import type { FileStat } from "../../host/fs-calls.ts";
import { inodeKey, inodeState, isDirectory } from "../tree/live-file.ts";
import type { Found } from "./walk.ts";

/** A file by its first name. Backups of backups have millions of them: what is known of each is kept small. */
interface First {
  readonly path: ByteString;
  /** See `stampOf`. */
  stamp: number;
}

/** What tells apart two files with one inode number, in 32 bits. */
function stampOf(stat: FileStat): number {
  return inodeState(stat).reduce((sum, value) => Math.imul(sum ^ (value | 0) ^ (value / 2 ** 32), 0x01000193), 0);
}

/**
 * Knows files with several names by the name under which each was found first. The number of an inode alone is not
 * believed: overlays, FUSE, network file systems and copies of subvolumes give different files the same.
 */
export class HardLinks {
  readonly #firsts = new Map<string, First | First[]>();
  readonly #now: (path: ByteString) => FileStat | number;

  /** `now` looks at a path again: a file may have changed since its first name was found. */
  constructor(now: (path: ByteString) => FileStat | number) {
    this.#now = now;
  }

  /** The first name of a file that was found before; undefined: this is it. */
  firstOf({ path, stat }: Found): ByteString | undefined {
    if (stat.nlink < 2 || isDirectory(stat)) return undefined;
    const [key, stamp] = [inodeKey(stat), stampOf(stat)];
    const known = this.#firsts.get(key);
    const firsts = known === undefined || Array.isArray(known) ? (known ?? []) : [known];
    const first = firsts.find((one) => one.stamp === stamp) ?? firsts.find((one) => this.#isStill(one, key, stamp));
    if (first === undefined) this.#add(key, firsts, { path, stamp });
    return first?.path;
  }

  #add(key: string, others: readonly First[], first: First): void {
    this.#firsts.set(key, others.length === 0 ? first : [...others, first]);
  }

  #isStill(first: First, key: string, stamp: number): boolean {
    const now = this.#now(first.path);
    if (typeof now === "number" || inodeKey(now) !== key || stampOf(now) !== stamp) return false;
    first.stamp = stamp;
    return true;
  }
}
