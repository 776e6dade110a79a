import type { ByteString } from "../../base/bytes.ts";
import { closeFd, FileType, readFully, startWriteback, statFd } from "../../host/fs-calls.ts";
import { cloneRange } from "../../host/reflink.ts";
import { Errno } from "../../host/syscalls.ts";
import type { Directories } from "../tree/directories.ts";
import { openQuietly } from "../tree/live-file.ts";
import { isSafePath, nameOf, parentOf } from "../tree/paths.ts";
import type { SharedPart } from "./sharing.ts";

/** Lengths that aren't whole blocks are possible at the end of both files alone. All file systems have these blocks. */
const BLOCK_BYTES = 4096;
const CHECK_BYTES = 1 << 20;

/**
 * Makes ranges of a new file lie on the blocks of files that are there. What a set says of them is not believed: a
 * range counts only if the new file reads as it must afterwards. (It is nobody else's yet; what it was made from might
 * change between two looks.)
 */
export class SharedSource {
  readonly #directories: Directories;
  #open: { readonly path: ByteString; readonly fd: number } | undefined;
  readonly #buffer = new Uint8Array(CHECK_BYTES);

  /** `directories`: of the target. They stay the caller's. */
  constructor(directories: Directories) {
    this.#directories = directories;
  }

  /** Lets go of the file that was used last. */
  close(): void {
    if (this.#open && this.#open.fd >= 0) closeFd(this.#open.fd);
    this.#open = undefined;
  }

  /**
   * Makes the kernel write out files that much will be taken from, all at once: it wants each on the disk before it can
   * be shared, and waiting for one after the other costs a disk that turns a seek for each.
   */
  expect(parts: Iterable<SharedPart>): void {
    for (const { from } of parts) {
      const fd = from === undefined ? -1 : this.#sourceOf(from);
      if (fd >= 0) startWriteback(fd, 0, 0);
    }
    this.close();
  }

  /**
   * Takes a part for an open file whose bytes there must be those at `at`. Returns how many from the part's start on
   * are there now; the others must be written.
   */
  take(fd: number, part: SharedPart, bytes: Uint8Array, at: number): number {
    const source = part.from === undefined ? fd : this.#sourceOf(part.from);
    const shared = source < 0 ? 0 : clone(source, fd, part);
    return shared > 0 && this.#reads(fd, part.offset, bytes.subarray(at, at + shared)) ? shared : 0;
  }

  #sourceOf(path: ByteString): number {
    if (this.#open?.path === path) return this.#open.fd;
    this.close();
    const parent = isSafePath(path) && path !== "" ? this.#directories.open(parentOf(path)) : -Errno.EINVAL;
    const fd = parent < 0 ? parent : openQuietly(parent, nameOf(path), 0);
    const stat = fd < 0 ? fd : statFd(fd);
    const isFile = typeof stat === "object" && (stat.mode & FileType.mask) === FileType.file;
    if (fd >= 0 && !isFile) closeFd(fd);
    this.#open = { path, fd: isFile ? fd : -Errno.EINVAL };
    return this.#open.fd;
  }

  #reads(fd: number, offset: number, wanted: Uint8Array): boolean {
    for (let done = 0; done < wanted.length; ) {
      const length = Math.min(CHECK_BYTES, wanted.length - done);
      if (readFully(fd, this.#buffer, 0, length, offset + done) !== length) return false;
      if (Buffer.compare(this.#buffer.subarray(0, length), wanted.subarray(done, done + length)) !== 0) return false;
      done += length;
    }
    return true;
  }
}

/** How many bytes of the part could be shared. */
function clone(source: number, fd: number, { offset, length, fromOffset }: SharedPart): number {
  if (cloneRange(source, fromOffset, length, fd, offset) === 0) return length;
  const whole = length - (length % BLOCK_BYTES);
  return whole > 0 && whole < length && cloneRange(source, fromOffset, whole, fd, offset) === 0 ? whole : 0;
}
