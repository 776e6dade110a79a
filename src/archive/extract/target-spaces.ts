import type { ByteString } from "../../base/bytes.ts";
import { closeFd, openAt, roomOfFd, statFd } from "../../host/fs-calls.ts";
import { isRoot } from "../../host/linux.ts";
import { sharingSpaceOf } from "../../host/reflink.ts";
import { OpenFlag } from "../../host/syscalls.ts";
import type { Directories } from "../tree/directories.ts";
import { deviceOf } from "../tree/live-file.ts";
import { parentOf } from "../tree/paths.ts";

/** A file system that files go to, as it is before they do. */
export interface TargetSpace {
  readonly index: number;
  /** The first directory of the target that was found on it. */
  readonly directory: ByteString;
  /** Whether files may share blocks there. */
  readonly canShare: boolean;
  /** For whoever runs this. */
  readonly freeBytes: number;
  readonly blockBytes: number;
  /** linux/magic.h. */
  readonly magic: number;
}

/** Finds the file systems of a target. */
export class TargetSpaces {
  readonly #existing: Directories;
  readonly #byDevice = new Map<number, TargetSpace | undefined>();
  /** Subvolumes have devices of their own. */
  readonly #bySpace = new Map<number, TargetSpace>();
  readonly #all: TargetSpace[] = [];
  #last: { readonly directory: ByteString; readonly space: TargetSpace | undefined } | undefined;

  constructor(existing: Directories) {
    this.#existing = existing;
  }

  all(): readonly TargetSpace[] {
    return this.#all;
  }

  /** Where files of a directory go, which need not be there yet; undefined: it can't be known. */
  of(directory: ByteString): TargetSpace | undefined {
    if (this.#last?.directory === directory) return this.#last.space;
    const space = this.#find(directory);
    this.#last = { directory, space };
    return space;
  }

  #find(directory: ByteString): TargetSpace | undefined {
    for (let path = directory; ; path = parentOf(path)) {
      const fd = this.#existing.open(path);
      if (fd >= 0) return this.#ofOpen(fd, path);
      if (path === "") return undefined;
    }
  }

  #ofOpen(fd: number, directory: ByteString): TargetSpace | undefined {
    const stat = statFd(fd);
    if (typeof stat === "number") return undefined;
    const device = deviceOf(stat);
    if (!this.#byDevice.has(device)) this.#byDevice.set(device, this.#look(fd, directory));
    return this.#byDevice.get(device);
  }

  #look(pathFd: number, directory: ByteString): TargetSpace | undefined {
    const room = roomOfFd(pathFd);
    if (typeof room === "number") return undefined;
    const fd = openAt(pathFd, "." as ByteString, OpenFlag.directory);
    const sharing = fd < 0 ? undefined : sharingSpaceOf(fd);
    if (fd >= 0) closeFd(fd);
    const known = sharing === undefined ? undefined : this.#bySpace.get(sharing);
    if (known) return known;
    const { magic, blockBytes, freeBytes, availableBytes } = room;
    const free = isRoot() ? freeBytes : availableBytes;
    const index = this.#all.length;
    const space = { index, directory, canShare: sharing !== undefined, freeBytes: free, blockBytes, magic };
    this.#all.push(space);
    if (sharing !== undefined) this.#bySpace.set(sharing, space);
    return space;
  }
}
