/** Looks whether entries are on the disk as the catalog says: the work of a Worker while trees are compared. */
import { type ByteString, displayBytes, toByteString } from "../../base/bytes.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import {
  closeFd,
  dataExtents,
  type FileStat,
  openAt,
  readFully,
  readLinkAt,
  statAt,
  statFd,
  xattrsAt,
} from "../../host/fs-calls.ts";
import { errnoText, OpenFlag } from "../../host/syscalls.ts";
import { entriesOf } from "../catalog/entry-record.ts";
import { commonRanges, holesOf, RangeCursor } from "../catalog/ranges.ts";
import { type Entry, type Piece, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import { ContentBuffer } from "../tree/content-buffer.ts";
import { Directories } from "../tree/directories.ts";
import { flagNames, InodeAttributeReader } from "../tree/inode-attributes.ts";
import { deviceOf, draftEntry, inodeKey, openFound, openQuietly } from "../tree/live-file.ts";
import { nameOf, parentOf, relativePath, shown } from "../tree/paths.ts";
import { readRanges } from "../tree/read-ranges.ts";
import { type Severity, severityOf } from "./severity.ts";

/** What differs between an entry of an archive and the file on the disk. */
export interface Difference {
  readonly path: string;
  readonly what:
    | "missing"
    | "type"
    | "mode"
    | "owner"
    | "size"
    | "mtime"
    | "xattrs"
    | "flags"
    | "content"
    | "target"
    | "device"
    | "link"
    | "unreadable";
  readonly severity: Severity;
  /** "in the backup 0644, on the disk 0600"; may be empty. */
  readonly detail: string;
}

export interface CompareData {
  /** The tree, open in this process. */
  readonly rootFd: number;
  readonly content: boolean;
  readonly lenientMounts: readonly string[];
  /** Entries whose content is on a device. */
  readonly devices: readonly PlacedImage[];
}

export interface CompareTask {
  readonly records: Uint8Array;
  /** Of the one entry in `records`, when it is a file in pieces. */
  readonly pieces?: readonly Piece[];
}

export interface CompareResult {
  readonly differences: readonly Difference[];
  readonly entries: number;
  readonly bytes: number;
}

const CHUNK_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

class Comparer implements Job<CompareTask, CompareResult> {
  readonly #data: CompareData;
  readonly #lenient: readonly ByteString[];
  readonly #devices: ReadonlyMap<ByteString, PlacedImage>;
  readonly #directories: Directories;
  readonly #targetDirectories: Directories;
  readonly #content = new ContentBuffer(CHUNK_BYTES);
  readonly #attributes = new InodeAttributeReader();
  #differences: Difference[] = [];

  constructor(data: CompareData) {
    this.#data = data;
    this.#lenient = data.lenientMounts.map(relativePath);
    this.#devices = new Map(data.devices.map((image) => [toByteString(image.entry), image]));
    this.#directories = new Directories(data.rootFd);
    this.#targetDirectories = new Directories(data.rootFd);
  }

  run({ records, pieces }: CompareTask): Done<CompareResult> {
    this.#differences = [];
    let [entries, bytes] = [0, 0];
    for (const entry of entriesOf(records)) {
      this.#entry(entry, pieces);
      entries++;
      bytes += storedSize(entry);
    }
    return { result: { differences: this.#differences, entries, bytes } };
  }

  close(): void {
    this.#directories.close();
    this.#targetDirectories.close();
  }

  #differs(entry: Entry, what: Difference["what"], detail = "", severity?: Severity): void {
    const path = shown(entry.path);
    this.#differences.push({ path, what, severity: severity ?? severityOf(path), detail });
  }

  #entry(entry: Entry, pieces: readonly Piece[] | undefined): void {
    const image = this.#devices.get(entry.path);
    if (image) {
      this.#image(entry, image, pieces);
      return;
    }
    const parent = this.#directories.open(parentOf(entry.path));
    const name = (entry.path === "" ? "." : nameOf(entry.path)) as ByteString;
    const stat = parent < 0 ? parent : statAt(parent, name);
    if (typeof stat === "number") {
      this.#differs(entry, "missing");
      return;
    }
    const live = draftEntry(entry.path, stat);
    if (entry.kind === "hardlink") {
      this.#link(entry, stat);
      return;
    }
    if (live.kind !== entry.kind) {
      this.#differs(entry, "type", `in the backup a ${entry.kind}, on the disk a ${live.kind}`);
      return;
    }
    this.#metadata(entry, live, stat);
    if (!this.#isLenient(entry.path)) {
      this.#xattrs(entry, parent, name);
      this.#flags(entry, stat, parent, name);
    }
    if (entry.kind === "symlink") this.#target(entry, parent, name);
    else if (entry.kind === "file") this.#file(entry, live, parent, name, pieces);
  }

  /** Of a device content alone counts; what is not stored, only where it has to be zeros. */
  #image(entry: Entry, { device, gaps }: PlacedImage, pieces: readonly Piece[] | undefined): void {
    if (!this.#data.content) return;
    const fd = openAt(0, toByteString(device), OpenFlag.read);
    if (fd < 0) {
      this.#differs(entry, "unreadable", `${device}: ${errnoText(-fd)}`, 3);
      return;
    }
    const holes = gaps === "zeros" && entry.extents ? holesOf(entry.extents, entry.size) : [];
    const wrong =
      this.#rangesDefect(entry, fd, pieces) ?? (this.#isZero(fd, holes) ? undefined : "data where zeros were");
    closeFd(fd);
    if (wrong !== undefined) this.#differs(entry, "content", wrong === "" ? device : `${device}: ${wrong}`, 3);
  }

  #metadata(entry: Entry, live: Entry, stat: FileStat): void {
    const lenient = this.#isLenient(entry.path);
    if (!lenient && entry.mode !== live.mode && entry.kind !== "symlink") {
      this.#differs(entry, "mode", against(entry.mode.toString(8), live.mode.toString(8)));
    }
    if (!lenient && (entry.uid !== live.uid || entry.gid !== live.gid)) {
      this.#differs(entry, "owner", against(`${entry.uid}:${entry.gid}`, `${live.uid}:${live.gid}`));
    }
    const { rdev } = entry;
    if (rdev && (rdev.major !== live.rdev?.major || rdev.minor !== live.rdev.minor)) {
      this.#differs(entry, "device", against(`${rdev.major}:${rdev.minor}`, `${live.rdev?.major}:${live.rdev?.minor}`));
    }
    const sameTime = lenient
      ? Math.abs(entry.mtimeSec - live.mtimeSec) <= 2 // FAT counts in steps of two seconds
      : entry.mtimeSec === live.mtimeSec && entry.mtimeNsec === live.mtimeNsec;
    // What is mounted somewhere now has its own times.
    if (sameTime || stat.mountRoot) return;
    const detail = against(timeText(entry), timeText(live));
    this.#differs(entry, "mtime", detail, entry.kind === "directory" ? 1 : undefined);
  }

  #xattrs(entry: Entry, parent: number, name: ByteString): void {
    const live = xattrsAt(parent, name);
    if (typeof live === "number") {
      this.#differs(entry, "unreadable", `extended attributes: ${errnoText(-live)}`);
      return;
    }
    const names = new Set([...(entry.xattrs?.keys() ?? []), ...(live?.keys() ?? [])]);
    const wrong = [...names].filter((key) => !sameBytes(entry.xattrs?.get(key), live?.get(key)));
    if (wrong.length > 0) this.#differs(entry, "xattrs", wrong.map(displayBytes).join(", "));
  }

  #flags(entry: Entry, stat: FileStat, parent: number, name: ByteString): void {
    if (entry.kind !== "file" && entry.kind !== "directory") return;
    // One that can't be opened is told when its content is asked for.
    const fd = openFound(parent, name, stat);
    if (fd < 0) return;
    const { flags = 0, project = 0 } = this.#attributes.of(fd, deviceOf(stat));
    closeFd(fd);
    if (flags === (entry.flags ?? 0) && project === (entry.project ?? 0)) return;
    const shownAs = (bits: number, id: number) =>
      [flagNames(bits) || "none", ...(id ? [`project ${id}`] : [])].join(", ");
    const detail = against(shownAs(entry.flags ?? 0, entry.project ?? 0), shownAs(flags, project));
    this.#differs(entry, "flags", detail);
  }

  #target(entry: Entry, parent: number, name: ByteString): void {
    const live = readLinkAt(parent, name);
    if (live === entry.target) return;
    const text = typeof live === "number" ? errnoText(-live) : displayBytes(live);
    this.#differs(entry, "target", against(displayBytes(entry.target ?? ("" as ByteString)), text));
  }

  /** A hard link is right when it is the same file as its first link. */
  #link(entry: Entry, stat: FileStat): void {
    const target = entry.target ?? ("" as ByteString);
    const parent = this.#targetDirectories.open(parentOf(target));
    const first = parent < 0 ? parent : statAt(parent, nameOf(target));
    if (typeof first !== "number" && inodeKey(first) === inodeKey(stat)) return;
    this.#differs(entry, "link", `it is no longer the same file as ${shown(target)}`);
  }

  #file(entry: Entry, live: Entry, parent: number, name: ByteString, pieces: readonly Piece[] | undefined): void {
    if (entry.size !== live.size) {
      this.#differs(entry, "size", against(String(entry.size), String(live.size)));
      return;
    }
    if (!this.#data.content || entry.size === 0) return;
    const fd = openQuietly(parent, name, 0);
    if (fd < 0) {
      this.#differs(entry, "unreadable", errnoText(-fd));
      return;
    }
    const wrong = this.#contentDefect(entry, fd, pieces);
    closeFd(fd);
    if (wrong !== undefined) this.#differs(entry, "content", wrong);
  }

  #contentDefect(entry: Entry, fd: number, pieces: readonly Piece[] | undefined): string | undefined {
    const wrong = this.#rangesDefect(entry, fd, pieces);
    if (wrong !== undefined || !entry.extents) return wrong;
    return this.#isEmpty(fd, holesOf(entry.extents, entry.size)) ? undefined : "data where holes were";
  }

  /** Why what is stored is not what is there; empty when it is just other content. */
  #rangesDefect(entry: Entry, fd: number, pieces: readonly Piece[] | undefined): string | undefined {
    const ranges = entry.extents ?? [0, entry.size];
    const cursor = new RangeCursor(ranges);
    const parts = pieces ?? [{ dataOffset: 0, length: storedSize(entry), hash: entry.hash }];
    for (const { length, hash } of parts) {
      this.#content.length = 0;
      const trouble = readRanges(fd, cursor.take(length), this.#content);
      if (trouble) return trouble;
      if (Bun.hash.xxHash64(this.#content.filled()) !== hash) return "";
    }
    return undefined;
  }

  /** Whether ranges of a file hold nothing but zeros; holes are not read. */
  #isEmpty(fd: number, ranges: readonly number[]): boolean {
    const stat = statFd(fd);
    const extents = typeof stat === "number" ? stat : dataExtents(fd, stat.size);
    return this.#isZero(fd, typeof extents === "number" ? ranges : commonRanges(ranges, extents));
  }

  #isZero(fd: number, ranges: readonly number[]): boolean {
    const cursor = new RangeCursor(ranges);
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let run = cursor.take(CHUNK_BYTES); run.length > 0; run = cursor.take(CHUNK_BYTES)) {
      for (let i = 0; i < run.length; i += 2) {
        const got = readFully(fd, buffer, 0, run[i + 1] ?? 0, run[i] ?? 0);
        if (got < 0 || !sameBytes(buffer.subarray(0, got), ZEROS.subarray(0, got))) return false;
      }
    }
    return true;
  }

  #isLenient(path: ByteString): boolean {
    return this.#lenient.some((mount) => mount === "" || path === mount || path.startsWith(`${mount}/`));
  }
}

function against(backup: string, live: string): string {
  return `in the backup ${backup}, on the disk ${live}`;
}

function timeText({ mtimeSec, mtimeNsec }: Entry): string {
  return `${mtimeSec}.${String(mtimeNsec).padStart(9, "0")}`;
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && Buffer.compare(a, b) === 0;
}

/** The work of the pool that compares. */
export function compareWork(data: CompareData): Job<CompareTask, CompareResult> {
  return new Comparer(data);
}
