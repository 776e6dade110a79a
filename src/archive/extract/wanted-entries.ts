import type { ByteString } from "../../base/bytes.ts";
import { statFd, xattrsAt } from "../../host/fs-calls.ts";
import { type CatalogPlace, type CatalogRecord, openCatalog, readCatalog } from "../catalog/catalog.ts";
import { decodeEntry, peekEntry } from "../catalog/entry-record.ts";
import { everything, type Orphan, type Selection, selectionOf, withoutSkipped } from "../catalog/selection.ts";
import { type Subset, subsetOf } from "../catalog/subset.ts";
import type { Choice, Entry } from "../entry.ts";
import { passesOf, volumesUsed } from "../set/media-passes.ts";
import type { VolumeInfo } from "../set-files.ts";
import type { Directories } from "../tree/directories.ts";
import { hasSameAccess, keepsDirectories, type Overwrite } from "./overwrite.ts";

/** What decides which entries are made. */
export interface WantedRequest {
  /** Asked each time the catalog is read: the medium that has it may have changed. */
  readonly catalog: () => CatalogPlace;
  /** Default: everything. */
  readonly select?: Choice | undefined;
  /** Left out of that. Default: nothing. */
  readonly skip?: Choice | undefined;
  readonly overwrite: Overwrite;
  /** Passes over damaged parts of the catalog. */
  readonly salvage: boolean;
  /** The target, before anything is made there. */
  readonly existing: Directories;
}

/** The entries of a catalog that are to be made, and as what. */
export class WantedEntries {
  readonly #request: WantedRequest;
  readonly #selection: Selection;
  readonly #subset: Subset | undefined;
  /** Directories whose metadata stay as they are: they were there before. */
  readonly #kept = new Set<ByteString>();
  /** Directories that get other owners, permissions or attributes, with what they had, in words. */
  readonly #changed = new Map<ByteString, string>();

  constructor(request: WantedRequest) {
    this.#request = request;
    const { catalog, select, skip, overwrite } = request;
    const chosen = select ? selectionOf(openCatalog(catalog()).names(), select) : everything;
    this.#selection = skip ? withoutSkipped(chosen, skip) : chosen;
    this.#subset = select && subsetOf(catalog(), this.#selection);
    if (select || overwrite !== "always") this.#findExisting();
  }

  /** Nothing is chosen, nothing is kept: records can be used as they are. */
  get isAll(): boolean {
    return this.#selection === everything && this.#kept.size === 0;
  }

  /** Content of what is chosen; undefined when everything is, or it is too much to know beforehand. */
  get contentBytes(): number | undefined {
    return this.#subset?.contentBytes;
  }

  /** The catalog from its start: all of it, or as much as the choice takes. */
  records(): Iterable<CatalogRecord> {
    return this.#subset?.records ?? readCatalog(this.#request.catalog(), this.#request.salvage);
  }

  /** Positions of the volumes with content of what is wanted; undefined where that doesn't matter: with one medium. */
  volumesUsed(volumes: readonly VolumeInfo[]): ReadonlySet<number> | undefined {
    return passesOf(volumes).length < 2 ? undefined : volumesUsed(this.records(), this.#selection);
  }

  /** The entry to make for a record: a chosen one, or a directory above chosen ones. */
  entryOf(bytes: Uint8Array): Entry | undefined {
    const entry = decodeEntry(bytes);
    const isWay = entry.kind === "directory" && this.#selection.isWay(entry.path);
    const taken = this.#selection.take(entry) ?? (isWay ? entry : undefined);
    return taken && this.#kept.has(taken.path) ? undefined : taken;
  }

  /** The file in pieces to make for a record, in memory of its own. */
  largeFileOf(bytes: Uint8Array): Entry | undefined {
    return this.#selection.take(decodeEntry(Uint8Array.prototype.slice.call(bytes)));
  }

  /** Hard links whose first name is nowhere in what was read of the catalog. */
  orphans(): readonly Orphan[] {
    return this.#selection.orphans();
  }

  /** Whether a directory keeps the metadata that it had before. */
  isKept(path: ByteString): boolean {
    return this.#kept.has(path);
  }

  /** Directories that were there and don't stay as they were, where copies are kept of files: what they had. */
  changedDirectories(): ReadonlyMap<ByteString, string> {
    return this.#changed;
  }

  /** Remembers the directories that are there; chosen ones count only where existing things are kept. */
  #findExisting(): void {
    const { overwrite, existing } = this.#request;
    for (const record of this.records()) {
      if (record.type !== "entry" || peekEntry(record.bytes).kind !== "directory") continue;
      const entry = decodeEntry(record.bytes);
      const isChosen = this.#selection.take(entry) !== undefined;
      if (isChosen && overwrite === "copy") this.#compare(entry, existing.open(entry.path));
      if (isChosen ? !keepsDirectories(overwrite) : !this.#selection.isWay(entry.path)) continue;
      if (existing.open(entry.path) >= 0) this.#kept.add(entry.path);
    }
  }

  #compare(entry: Entry, fd: number): void {
    const there = fd < 0 ? fd : statFd(fd);
    if (typeof there === "number" || hasSameAccess(entry, there, xattrsAt(fd, "." as ByteString))) return;
    const mode = (there.mode & 0o7777).toString(8).padStart(4, "0");
    this.#changed.set(entry.path, `owner ${there.uid}:${there.gid}, mode ${mode}`);
  }
}
