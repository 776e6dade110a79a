/** Looks whether entries are on the disk as the catalog says: the work of a Worker while trees are compared. */

import { type ByteString, displayBytes, toByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import { closeFd, openAt, readLinkAt, statAt } from "../../host/fs-calls.ts";
import { errnoText, OpenFlag } from "../../host/syscalls.ts";
import { entriesOf } from "../catalog/entry-record.ts";
import { type Entry, type Piece, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import { Directories } from "../tree/directories.ts";
import { draftEntry, inodeKey, openQuietly } from "../tree/live-file.ts";
import { shown } from "../tree/paths.ts";
import { ContentComparer } from "./compare-content.ts";
import { type LiveFile, MetadataComparer } from "./compare-metadata.ts";
import type { CompareData, CompareResult, CompareTask } from "./compare-task.ts";
import { against, type Difference, type Differs, differenceOf } from "./difference.ts";

class EntryComparer implements Job<CompareTask, CompareResult> {
  readonly #readsContent: boolean;
  readonly #devices: ReadonlyMap<ByteString, PlacedImage>;
  readonly #directories: Directories;
  /** Of first links, so that a link's two directories can be open at once. */
  readonly #linkDirectories: Directories;
  readonly #content = new ContentComparer();
  readonly #metadata: MetadataComparer;
  #differences: Difference[] = [];

  constructor({ rootFd, grafts, content, lenientMounts, devices }: CompareData) {
    this.#readsContent = content;
    this.#devices = new Map(devices.map((image) => [toByteString(image.entry), image]));
    this.#directories = new Directories(rootFd, { grafts });
    this.#linkDirectories = new Directories(rootFd, { grafts });
    this.#metadata = new MetadataComparer(this.#differs, lenientMounts);
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
    this.#linkDirectories.close();
  }

  readonly #differs: Differs = (entry, what, detail, severity) => {
    this.#differences.push(differenceOf(entry, what, detail, severity));
  };

  #entry(entry: Entry, pieces: readonly Piece[] | undefined): void {
    const image = this.#devices.get(entry.path);
    if (image) {
      if (this.#readsContent) this.#image(entry, image, pieces);
      return;
    }
    const live = this.#find(entry.path);
    if (!live) this.#differs(entry, "missing");
    else if (entry.kind === "hardlink") this.#link(entry, live);
    else if (live.entry.kind !== entry.kind) {
      this.#differs(entry, "type", msg`in the backup a ${entry.kind}, on the disk a ${live.entry.kind}`);
    } else {
      this.#metadata.compare(entry, live);
      if (entry.kind === "symlink") this.#target(entry, live);
      else if (entry.kind === "file") this.#file(entry, live, pieces);
    }
  }

  #find(path: ByteString): LiveFile | undefined {
    const { parent, name } = this.#directories.at(path);
    const stat = parent < 0 ? parent : statAt(parent, name);
    return typeof stat === "number" ? undefined : { parent, name, stat, entry: draftEntry(path, stat) };
  }

  #image(entry: Entry, { device, gaps }: PlacedImage, pieces: readonly Piece[] | undefined): void {
    const fd = openAt(0, toByteString(device), OpenFlag.read);
    if (fd < 0) {
      this.#differs(entry, "unreadable", `${device}: ${errnoText(-fd)}`, 3);
      return;
    }
    const defect = this.#content.deviceDefect(entry, fd, pieces, gaps === "zeros");
    closeFd(fd);
    if (defect !== undefined) this.#differs(entry, "content", defect === "" ? device : `${device}: ${defect}`, 3);
  }

  #target(entry: Entry, { parent, name }: LiveFile): void {
    const live = readLinkAt(parent, name);
    if (live === entry.target) return;
    const text = typeof live === "number" ? errnoText(-live) : displayBytes(live);
    this.#differs(entry, "target", against(displayBytes(entry.target ?? ("" as ByteString)), text));
  }

  /** A hard link is right when it is the same file as its first link. */
  #link(entry: Entry, { stat }: LiveFile): void {
    const target = entry.target ?? ("" as ByteString);
    const first = this.#linkDirectories.statOf(target);
    if (typeof first !== "number" && inodeKey(first) === inodeKey(stat)) return;
    this.#differs(entry, "link", msg`it is no longer the same file as ${shown(target)}`);
  }

  #file(entry: Entry, live: LiveFile, pieces: readonly Piece[] | undefined): void {
    if (entry.size !== live.entry.size) {
      this.#differs(entry, "size", against(String(entry.size), String(live.entry.size)));
      return;
    }
    if (!this.#readsContent || entry.size === 0) return;
    const fd = openQuietly(live.parent, live.name, 0);
    if (fd < 0) {
      this.#differs(entry, "unreadable", errnoText(-fd));
      return;
    }
    const defect = this.#content.fileDefect(entry, fd, pieces);
    closeFd(fd);
    if (defect !== undefined) this.#differs(entry, "content", defect);
  }
}

/** The work of the pool that compares. */
export function compareWork(data: CompareData): Job<CompareTask, CompareResult> {
  return new EntryComparer(data);
}
