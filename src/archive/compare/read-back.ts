/**
 * Reads content back from the disk that it has just been written to, and compares it with the catalog: the work of a
 * Worker beside an extraction. Everything else about files is compared in the end, when it is final.
 */
import { type ByteString, toByteString } from "../../base/bytes.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import {
  closeFd,
  FileType,
  forgetRange,
  openAt,
  readAhead,
  statAt,
  syncFd,
  syncFileSystem,
} from "../../host/fs-calls.ts";
import { errnoText, OpenFlag } from "../../host/syscalls.ts";
import { entriesOf } from "../catalog/entry-record.ts";
import { type Entry, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import { Directories } from "../tree/directories.ts";
import { evict } from "../tree/evict.ts";
import { openQuietly } from "../tree/live-file.ts";
import { ContentComparer, type Shape } from "./compare-content.ts";
import { type Difference, differenceOf } from "./difference.ts";
import type { PartsTask, ReadBackData, ReadBackResult, ReadBackTask } from "./read-back-task.ts";

/** Small files that the disk is asked for before the first of them is read. */
const FILES_AHEAD = 32;

/** A file that is open for reading, none of it in memory; with its device, where its content is on one. */
interface OpenContent {
  readonly fd: number;
  readonly image?: PlacedImage;
}

class ContentReader implements Job<ReadBackTask, ReadBackResult> {
  readonly #devices: ReadonlyMap<ByteString, PlacedImage>;
  readonly #directories: Directories;
  readonly #content = new ContentComparer();
  #differences: Difference[] = [];
  #inMemory = 0;

  constructor({ rootFd, grafts, devices }: ReadBackData) {
    this.#devices = new Map(devices.map((image) => [toByteString(image.entry), image]));
    this.#directories = new Directories(rootFd, { grafts });
  }

  run(task: ReadBackTask): Done<ReadBackResult> {
    this.#differences = [];
    this.#inMemory = 0;
    let bytes = 0;
    if (task.kind === "settle") for (const fd of task.mounts) syncFileSystem(fd);
    else if (task.kind === "files") bytes = this.#files([...entriesOf(task.records)]);
    else bytes = this.#parts(task);
    return { result: { differences: this.#differences, bytes, inMemory: this.#inMemory } };
  }

  close(): void {
    this.#directories.close();
  }

  #files(entries: readonly Entry[]): number {
    let bytes = 0;
    for (let at = 0; at < entries.length; at += FILES_AHEAD) {
      const some = entries.slice(at, at + FILES_AHEAD).map((entry) => ({ entry, open: this.#openWhole(entry) }));
      for (const { entry, open } of some) {
        bytes += storedSize(entry);
        if (!open) continue;
        this.#compare(entry, open);
        forgetRange(open.fd, 0, entry.size);

        closeFd(open.fd);
      }
    }
    return bytes;
  }

  /** Asks the disk for all of a file. Undefined: there is nothing to read. */
  #openWhole(entry: Entry): OpenContent | undefined {
    if (entry.size === 0) return undefined;
    const open = this.#open(entry.path, entry.size);
    if (!open) return undefined;
    if (!evict(open.fd, 0, entry.size)) this.#inMemory += storedSize(entry);
    readAhead(open.fd, 0, entry.size);
    return open;
  }

  /** What has another size, or is no file, is told when metadata are compared. */
  #open(path: ByteString, size?: number): OpenContent | undefined {
    const image = this.#devices.get(path);
    if (image) return this.#openImage(path, image);
    const { parent, name } = this.#directories.at(path);
    const stat = parent < 0 ? parent : statAt(parent, name);
    if (typeof stat === "number" || (stat.mode & FileType.mask) !== FileType.file) return undefined;
    if (size !== undefined && stat.size !== size) return undefined;
    const fd = openQuietly(parent, name, 0);
    if (fd >= 0) return { fd };
    this.#differences.push(differenceOf({ path }, "unreadable", errnoText(-fd)));
    return undefined;
  }

  #openImage(path: ByteString, image: PlacedImage): OpenContent | undefined {
    const fd = openAt(0, toByteString(image.device), OpenFlag.read);
    if (fd < 0) {
      this.#differences.push(differenceOf({ path }, "unreadable", `${image.device}: ${errnoText(-fd)}`, 3));
      return undefined;
    }
    syncFd(fd);
    return { fd, image };
  }

  #compare(entry: Entry, { fd, image }: OpenContent): void {
    const defect = image
      ? this.#content.deviceDefect(entry, fd, undefined, image.gaps === "zeros")
      : this.#content.fileDefect(entry, fd, undefined);
    this.#note(entry.path, defect, image);
  }

  #parts({ path, parts, shape }: PartsTask): number {
    const open = this.#open(path);
    const bytes = parts.reduce((sum, { ranges }) => sum + lengthOf(ranges), 0);
    if (!open) return bytes;
    const { fd, image } = open;
    for (const { ranges } of parts) this.#forget(fd, ranges);
    for (const { ranges, hash } of parts) {
      this.#note(path, this.#content.partDefect(fd, ranges, hash), image);
      for (let i = 0; i < ranges.length; i += 2) forgetRange(fd, ranges[i] ?? 0, ranges[i + 1] ?? 0);
    }
    if (shape) this.#note(path, this.#unstoredDefect(shape, open), image);
    closeFd(fd);
    return bytes;
  }

  #unstoredDefect(shape: Shape, { fd, image }: OpenContent): string | undefined {
    return image ? this.#content.gapDefect(shape, fd, image.gaps === "zeros") : this.#content.holeDefect(shape, fd);
  }

  #forget(fd: number, ranges: readonly number[]): void {
    for (let i = 0; i < ranges.length; i += 2) {
      const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
      if (!evict(fd, offset, length)) this.#inMemory += length;
      readAhead(fd, offset, length);
    }
  }

  #note(path: ByteString, defect: string | undefined, image: PlacedImage | undefined): void {
    if (defect === undefined) return;
    if (!image) this.#differences.push(differenceOf({ path }, "content", defect));
    else {
      const { device } = image;
      this.#differences.push(differenceOf({ path }, "content", defect === "" ? device : `${device}: ${defect}`, 3));
    }
  }
}

function lengthOf(ranges: readonly number[]): number {
  let sum = 0;
  for (let i = 1; i < ranges.length; i += 2) sum += ranges[i] ?? 0;
  return sum;
}

/** The work of the pool that reads content back. */
export function readBackWork(data: ReadBackData): Job<ReadBackTask, ReadBackResult> {
  return new ContentReader(data);
}
