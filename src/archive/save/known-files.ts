/** What an earlier backup knows of the files that are being saved now. */
import type { ByteString } from "../../base/bytes.ts";
import { type FileStat, FileType } from "../../host/fs-calls.ts";
import { type CatalogPlace, readCatalog } from "../catalog/catalog.ts";
import { decodeEntry } from "../catalog/entry-record.ts";
import { type Entry, type FrameInfo, type Piece, storedSize } from "../entry.ts";
import type { ParentRequest } from "../set/parent.ts";
import { shown } from "../tree/paths.ts";
import { isMarked } from "./inode-mark.ts";

/** An entry of the parent's catalog, and where its content lies. */
export interface KnownFile {
  readonly entry: Entry;
  /** The body of its record. */
  readonly record: Uint8Array;
  readonly frame: FrameInfo | undefined;
  readonly pieces: readonly { readonly frame: FrameInfo; readonly piece: Piece }[];
}

/**
 * What is to be done with a file that is known: `same`, nothing has touched it; `maybe`, only its content can tell;
 * `new`, it must be saved.
 */
export type Judgement = "same" | "maybe" | "new";

/** The order of a walk: as bytes, but a directory's content before all that sorts behind the directory. */
export function inWalkOrder(a: ByteString, b: ByteString): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return (x === 0x2f ? -1 : x) - (y === 0x2f ? -1 : y);
  }
  return a.length - b.length;
}

function* knownFiles(place: CatalogPlace): Generator<KnownFile, void, void> {
  let frame: FrameInfo | undefined;
  let pieces: { frame: FrameInfo; piece: Piece }[] = [];
  let known: KnownFile | undefined;
  for (const item of readCatalog(place)) {
    if (item.type === "frame") frame = item.frame;
    else if (item.type === "piece") {
      if (frame) pieces.push({ frame, piece: item.piece });
    } else if (item.type === "entry") {
      if (known) yield known;
      const record = Uint8Array.prototype.slice.call(item.bytes) as Uint8Array;
      pieces = [];
      known = { entry: decodeEntry(record), record, frame, pieces };
    }
  }
  if (known) yield known;
}

function haveSameXattrs(a: Entry["xattrs"], b: Entry["xattrs"]): boolean {
  if ((a?.size ?? 0) !== (b?.size ?? 0)) return false;
  for (const [name, value] of a ?? []) {
    const other = b?.get(name);
    if (!other || Buffer.compare(value, other) !== 0) return false;
  }
  return true;
}

/** Whether a file that was read is what was known of it: content, holes and every attribute that is saved. */
export function isSameFile(known: Entry, now: Entry): boolean {
  return (
    known.hash === now.hash &&
    known.size === now.size &&
    (known.extents ?? []).join() === (now.extents ?? []).join() &&
    known.mode === now.mode &&
    known.uid === now.uid &&
    known.gid === now.gid &&
    known.mtimeSec === now.mtimeSec &&
    known.mtimeNsec === now.mtimeNsec &&
    (known.flags ?? 0) === (now.flags ?? 0) &&
    (known.project ?? 0) === (now.project ?? 0) &&
    haveSameXattrs(known.xattrs, now.xattrs)
  );
}

const isBelow = (path: ByteString, directory: ByteString) =>
  path.length > directory.length && path.startsWith(directory) && path.charCodeAt(directory.length) === 0x2f;

/**
 * Goes through the catalog of the parent beside a walk of the tree, in the same order: memory does not grow with it.
 * Entries that it misses, because a catalog is out of order, are saved again: more to store, nothing wrong.
 */
export class KnownFiles {
  readonly #files: Generator<KnownFile, void, void>;
  readonly #content: boolean;
  readonly #begun: number;
  readonly #troubled: ReadonlySet<string>;
  readonly #gone: ByteString[] = [];
  #next: KnownFile | undefined;
  #isStarted = false;

  constructor({ catalog, content, troubled, created }: ParentRequest) {
    this.#files = knownFiles(catalog);
    this.#content = content;
    this.#begun = created;
    this.#troubled = troubled;
  }

  /** What is known by this path. Paths must be asked for in the order of a walk; those passed over are gone. */
  at(path: ByteString, stat: FileStat): KnownFile | undefined {
    this.#start();
    for (let next = this.#next; next && next.entry.path !== path; next = this.#next) {
      if (inWalkOrder(next.entry.path, path) > 0) return undefined;
      this.isGone(next.entry.path);
      this.#advance();
    }
    const known = this.#next;
    if (!known) return undefined;
    this.#advance();
    const wasDirectory = known.entry.kind === "directory";
    if (wasDirectory !== ((stat.mode & FileType.mask) === FileType.directory)) this.isGone(path);
    return known;
  }

  /** Whether a regular file is still what is known of it, as far as its inode tells. */
  judge({ entry, frame, pieces }: KnownFile, stat: FileStat): Judgement {
    const isAlike =
      entry.kind === "file" &&
      entry.size === stat.size &&
      entry.mtimeSec === stat.mtimeSec &&
      entry.mtimeNsec === stat.mtimeNsec &&
      entry.mode === (stat.mode & 0o7777) &&
      entry.uid === stat.uid &&
      entry.gid === stat.gid;
    if (!isAlike) return "new";
    const hasContent = storedSize(entry) === 0 || frame !== undefined;
    if (!hasContent || pieces.length !== (entry.pieces ?? 0)) return "new";
    const isUntouched = !this.#content && isMarked(entry.inode, stat, this.#begun) && !this.#isTroubled(entry.path);
    return isUntouched ? "same" : "maybe";
  }

  #isTroubled(path: ByteString): boolean {
    return this.#troubled.size > 0 && this.#troubled.has(shown(path));
  }

  /** A path that the parent had and this backup has not, or has as something that can't be put in its place. */
  isGone(path: ByteString): void {
    const last = this.#gone.at(-1);
    if (last === undefined || !isBelow(path, last)) this.#gone.push(path);
  }

  /** After the walk: every path that is gone, without what lies below another one. */
  gone(): readonly ByteString[] {
    this.#start();
    for (; this.#next; this.#advance()) this.isGone(this.#next.entry.path);
    return this.#gone;
  }

  /** Takes the rest off the catalog when the walk ends early. */
  close(): void {
    this.#files.return();
  }

  #start(): void {
    if (!this.#isStarted) this.#advance();
    this.#isStarted = true;
  }

  #advance(): void {
    this.#next = this.#files.next().value ?? undefined;
  }
}
