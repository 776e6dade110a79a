import type { ByteString } from "../../base/bytes.ts";
import { closeFd, type FileStat, FileType, readAhead } from "../../host/fs-calls.ts";
import { Rotation } from "../../host/rotation.ts";
import type { Directories } from "./directories.ts";
import { openQuietly } from "./live-file.ts";

interface Ahead {
  readonly path: ByteString;
  readonly bytes: number;
  readonly inode: number;
}

/**
 * What Workers will read soon from disks that turn is asked for by one thread, in the order of the inodes, which is
 * about that of the places: Workers that each read a file of their own would spend their time on seeks. From all other
 * disks nothing is.
 */
export class ReadAhead {
  readonly #directories: Directories;
  readonly #rotation = new Rotation();
  #files: Ahead[] = [];

  constructor(directories: Directories) {
    this.#directories = directories;
  }

  /** A small file, for the next `run`. */
  add(path: ByteString, stat: FileStat): void {
    if (stat.size === 0 || !this.#turns(stat)) return;
    this.#files.push({ path, bytes: stat.size, inode: stat.inoHigh * 2 ** 32 + stat.inoLow });
  }

  /** Requests all that was added. Errors are ignored: whoever reads the file will see them. */
  run(): void {
    if (this.#files.length === 0) return;
    for (const { path, bytes } of this.#files.sort((a, b) => a.inode - b.inode)) {
      const { parent, name } = this.#directories.at(path);
      const fd = parent < 0 ? parent : openQuietly(parent, name, 0);
      if (fd < 0) continue;
      readAhead(fd, 0, bytes);
      closeFd(fd);
    }
    this.#files = [];
  }

  /** Asks at once for [offset, length, …] of an open file. */
  ranges(fd: number, stat: FileStat, ranges: readonly number[]): void {
    if (!this.#turns(stat)) return;
    for (let i = 0; i < ranges.length; i += 2) readAhead(fd, ranges[i] ?? 0, ranges[i + 1] ?? 0);
  }

  /** Of a device itself, else of the file system. */
  #turns({ mode, devMajor, devMinor, rdevMajor, rdevMinor }: FileStat): boolean {
    const isDevice = (mode & FileType.mask) === FileType.block;
    return this.#rotation.of(isDevice ? `${rdevMajor}:${rdevMinor}` : `${devMajor}:${devMinor}`);
  }
}
