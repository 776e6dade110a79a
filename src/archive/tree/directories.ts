import type { ByteString } from "../../base/bytes.ts";
import { closeFd, type FileStat, makeDirectoryAt, openAt, statAt } from "../../host/fs-calls.ts";
import { Errno, OpenFlag } from "../../host/syscalls.ts";
import { isSafePath, nameOf, parentOf } from "./paths.ts";

const OPEN_DIRECTORY = OpenFlag.path | OpenFlag.directory | OpenFlag.noFollow;

/** A directory or file that is no part of the tree below the root, and stands at a path in it. */
export interface Graft {
  readonly path: ByteString;
  /** The directory, open in this process; with `name`, that which holds the file. */
  readonly fd: number;
  /** Of a file: its name in `fd`. */
  readonly name?: ByteString;
  /** Path below the root of the directory that it shows without the mounts on it. */
  readonly of: ByteString;
}

/**
 * Open directories below one root, by path. Each component is opened by itself and never through a symbolic link, so no
 * path leaves the root whatever is on the disk, and a path may be longer than PATH_MAX.
 */
export class Directories {
  readonly #root: number;
  readonly #create: boolean;
  readonly #unlock: ((fd: number, path: ByteString) => void) | undefined;
  readonly #limit: number;
  readonly #grafts: ReadonlyMap<ByteString, Graft>;
  readonly #open = new Map<ByteString, number>();

  /**
   * `rootFd` and the `grafts` stay the caller's. With `create`, missing directories are made (0700: the real mode comes
   * at the end); `unlock` is called for one in which that was not permitted, before the second try.
   */
  constructor(
    rootFd: number,
    options: {
      readonly create?: boolean;
      readonly unlock?: (fd: number, path: ByteString) => void;
      readonly limit?: number;
      readonly grafts?: readonly Graft[];
    } = {},
  ) {
    this.#root = rootFd;
    this.#unlock = options.unlock;
    this.#create = options.create ?? false;
    this.#limit = options.limit ?? 64;
    this.#grafts = new Map((options.grafts ?? []).map((graft) => [graft.path, graft]));
  }

  /** A descriptor (O_PATH) valid until the next call, or a negative errno. */
  open(path: ByteString): number {
    if (path === "") return this.#root;
    const graft = this.#grafts.get(path);
    if (graft) return graft.name === undefined ? graft.fd : -Errno.ENOTDIR;
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const parent = this.open(parentOf(path));
    if (parent < 0) return parent;
    const fd = this.#openIn(parent, path);
    if (fd >= 0) this.#remember(path, fd);
    return fd;
  }

  /** A path as a name in an open directory: see `open`. The root and grafted directories are `.` in themselves. */
  at(path: ByteString): { readonly parent: number; readonly name: ByteString } {
    const graft = this.#grafts.get(path);
    if (graft?.name !== undefined) return { parent: graft.fd, name: graft.name };
    if (path === "" || graft) return { parent: this.open(path), name: "." as ByteString };
    return { parent: this.open(parentOf(path)), name: nameOf(path) };
  }

  /** Whether a path shows a directory from elsewhere. */
  isGraft(path: ByteString): boolean {
    return this.#grafts.has(path);
  }

  /**
   * Takes over a descriptor that was opened for more than this, for what comes below `path`. Valid as those of `open`
   * are.
   */
  keep(path: ByteString, fd: number): void {
    if (path === "" || this.isGraft(path) || this.#open.has(path)) closeFd(fd);
    else this.#remember(path, fd);
  }

  /** statx(2) of a path, links not followed; a negative errno when it can't be asked. */
  statOf(path: ByteString): FileStat | number {
    const { parent, name } = this.at(path);
    return parent < 0 ? parent : statAt(parent, name);
  }

  /** Closes all but the root. */
  close(): void {
    for (const fd of this.#open.values()) closeFd(fd);
    this.#open.clear();
  }

  #openIn(parent: number, path: ByteString): number {
    const name = nameOf(path);
    if (!isSafePath(name) || name === "") return -Errno.EINVAL;
    const fd = openAt(parent, name, OPEN_DIRECTORY);
    if (fd !== -Errno.ENOENT || !this.#create) return fd;
    let made = makeDirectoryAt(parent, name, 0o700);
    if (made === -Errno.EPERM && this.#unlock) {
      this.#unlock(parent, parentOf(path));
      made = makeDirectoryAt(parent, name, 0o700);
    }
    // Another thread may have been faster.
    return made < 0 && made !== -Errno.EEXIST ? made : openAt(parent, name, OPEN_DIRECTORY);
  }

  #remember(path: ByteString, fd: number): void {
    this.#open.set(path, fd);
    if (this.#open.size <= this.#limit) return;
    for (const [oldest, old] of this.#open) {
      closeFd(old);
      this.#open.delete(oldest);
      break;
    }
  }
}
