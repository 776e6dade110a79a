import type { ByteString } from "../../base/bytes.ts";
import {
  closeFd,
  type FileStat,
  readLinkAt,
  statAt,
  statFd,
  type Xattrs,
  xattrsAt,
  xattrsOfFd,
} from "../../host/fs-calls.ts";
import { Directories } from "../tree/directories.ts";
import { type Draft, draftEntry, isSameInode, openFound, openQuietly } from "../tree/live-file.ts";
import { type BatchReader, type Candidate, putSplice } from "./batch.ts";
import type { FrameDraft } from "./frame-draft.ts";
import { openUnleased } from "./lease.ts";
import { FileDescriber, unreadableXattrs } from "./open-file.ts";
import { packFile } from "./pack-file.ts";
import type { PackData } from "./pack-task.ts";

/** Reads the entries of a batch from the tree and puts them into a draft. */
export class BatchPacker implements BatchReader {
  readonly #draft: FrameDraft;
  readonly #directories: Directories;
  readonly #describer: FileDescriber;

  /** `rootFd` and `grafts` stay the caller's. */
  constructor({ rootFd, grafts, sharing }: Pick<PackData, "rootFd" | "grafts" | "sharing">, draft: FrameDraft) {
    this.#describer = new FileDescriber(sharing);
    this.#draft = draft;
    this.#directories = new Directories(rootFd, { grafts });
  }

  close(): void {
    this.#directories.close();
  }

  regular(path: ByteString): void {
    const { parent, name } = this.#directories.at(path);
    this.#file(parent, name, path);
  }

  maybe(path: ByteString, known: Candidate): void {
    const { parent, name } = this.#directories.at(path);
    this.#file(parent, name, path, known);
  }

  same(index: number, count: number): void {
    putSplice(this.#draft.records, index, count);
  }

  /** Nothing tells by itself that a file has got blocks in common with another one since. */
  look(path: ByteString, { index, entry }: Candidate): void {
    const { parent, name } = this.#directories.at(path);
    const fd = parent < 0 ? parent : openUnleased(() => openQuietly(parent, name, 0));
    const stat = fd < 0 ? fd : statFd(fd);
    const now = typeof stat === "number" ? undefined : this.#describer.shareAnew(fd, stat, entry);
    if (fd >= 0) closeFd(fd);
    this.#draft.splice(index, now);
  }

  other(path: ByteString, firstLink: ByteString): void {
    // Before the parent is opened: what was opened before is no longer valid after it.
    const first = firstLink === "" ? undefined : this.#directories.statOf(firstLink);
    const { parent, name } = this.#directories.at(path);
    const stat = parent < 0 ? parent : statAt(parent, name);
    if (typeof stat === "number") {
      this.#draft.missing(path, stat);
      return;
    }
    const entry = draftEntry(path, stat);
    // A first link that has gone meanwhile would take the content along: then this one holds it.
    const isLink = typeof first === "object" && isSameInode(first, stat);
    if (isLink) this.#draft.entry({ ...entry, kind: "hardlink", target: firstLink, size: 0 });
    else if (entry.kind === "file") this.#file(parent, name, path);
    else if (entry.kind === "directory") this.#directory(parent, name, entry, stat);
    else this.#special(parent, name, entry);
  }

  #file(parent: number, name: ByteString, path: ByteString, known?: Candidate): void {
    const fd = parent < 0 ? parent : openUnleased(() => openQuietly(parent, name, 0));
    if (fd < 0) {
      this.#draft.missing(path, fd);
      return;
    }
    try {
      packFile(this.#draft, this.#describer, fd, path, known);
    } finally {
      closeFd(fd);
    }
  }

  #directory(parent: number, name: ByteString, entry: Draft, stat: FileStat): void {
    const fd = openFound(parent, name, stat);
    // One that can't be listed still has attributes that can be asked by name.
    this.#takeXattrs(entry, fd < 0 ? xattrsAt(parent, name) : xattrsOfFd(fd));
    if (fd >= 0) {
      Object.assign(entry, this.#describer.attributesOf(fd, stat));
      closeFd(fd);
    }
    this.#draft.entry(entry);
  }

  #special(parent: number, name: ByteString, entry: Draft): void {
    if (entry.kind === "symlink") {
      const target = readLinkAt(parent, name);
      if (typeof target === "number") {
        this.#draft.missing(entry.path, target);
        return;
      }
      entry.target = target;
    }
    this.#takeXattrs(entry, xattrsAt(parent, name));
    this.#draft.entry(entry);
  }

  #takeXattrs(entry: Draft, xattrs: Xattrs | undefined | number): void {
    if (typeof xattrs === "number") this.#draft.changed(entry.path, unreadableXattrs(xattrs));
    else if (xattrs) entry.xattrs = xattrs;
  }
}
