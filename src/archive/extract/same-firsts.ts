import type { ByteString } from "../../base/bytes.ts";
import { closeFd, FileType, statFd } from "../../host/fs-calls.ts";
import type { CatalogRecord } from "../catalog/catalog.ts";
import { peekEntry } from "../catalog/entry-record.ts";
import { ContentComparer } from "../compare/compare-content.ts";
import type { Entry, Piece } from "../entry.ts";
import type { Directories } from "../tree/directories.ts";
import { openQuietly } from "../tree/live-file.ts";
import { nameOf, parentOf } from "../tree/paths.ts";
import type { WantedEntries } from "./wanted-entries.ts";

/** The parts of an extraction that are asked. */
export interface FirstParts {
  readonly wanted: WantedEntries;
  /** The target. */
  readonly existing: Directories;
  /** Whether an entry was not made. */
  readonly hasFailed: (path: ByteString) => boolean;
}

/** First names of hard links that were not made. */
function* missedFirsts({ wanted, hasFailed }: FirstParts): Generator<ByteString, void, void> {
  for (const record of wanted.records()) {
    if (record.type !== "entry" || peekEntry(record.bytes).kind !== "hardlink") continue;
    const target = wanted.entryOf(record.bytes)?.target;
    if (target !== undefined && hasFailed(target)) yield target;
  }
}

/** Files of the catalog by these names, with their pieces. */
function* filesNamed(
  records: Iterable<CatalogRecord>,
  wanted: WantedEntries,
  names: ReadonlySet<ByteString>,
): Generator<{ readonly entry: Entry; readonly pieces: readonly Piece[] }, void, void> {
  let file: { entry: Entry; pieces: Piece[] } | undefined;
  for (const record of records) {
    if (record.type === "piece") file?.pieces.push(record.piece);
    if (record.type !== "entry") continue;
    if (file) yield file;
    const entry = wanted.entryOf(Uint8Array.prototype.slice.call(record.bytes));
    file = entry?.kind === "file" && names.has(entry.path) ? { entry, pieces: [] } : undefined;
  }
  if (file) yield file;
}

function holds(existing: Directories, content: ContentComparer, entry: Entry, pieces: readonly Piece[]): boolean {
  const parent = existing.open(parentOf(entry.path));
  const fd = parent < 0 ? parent : openQuietly(parent, nameOf(entry.path), 0);
  if (fd < 0) return false;
  const stat = statFd(fd);
  const isAlike = typeof stat === "object" && (stat.mode & FileType.mask) === FileType.file && stat.size === entry.size;
  const isSame =
    isAlike &&
    (entry.size === 0 || content.fileDefect(entry, fd, entry.pieces === undefined ? undefined : pieces) === undefined);
  closeFd(fd);
  return isSame;
}

/**
 * First names of hard links that were not made because a file with just their content stands there already: further
 * names of it are what the archive means. Reads those files, and the catalog twice more if there are any.
 */
export function sameFirsts(parts: FirstParts): ReadonlySet<ByteString> {
  const missed = new Set(missedFirsts(parts));
  if (missed.size === 0) return missed;
  const content = new ContentComparer();
  const same = new Set<ByteString>();
  for (const { entry, pieces } of filesNamed(parts.wanted.records(), parts.wanted, missed)) {
    if (holds(parts.existing, content, entry, pieces)) same.add(entry.path);
  }
  return same;
}
