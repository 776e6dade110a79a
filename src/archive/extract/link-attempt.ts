import type { ByteString } from "../../base/bytes.ts";
import { linkAt } from "../../host/fs-calls.ts";
import { Errno } from "../../host/syscalls.ts";

/** How file systems say that a file takes no further name: too many, none at all (FAT), or only in one tree. */
const LIMITS: ReadonlySet<number> = new Set(
  [Errno.EMLINK, Errno.EPERM, Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.EXDEV].map((errno) => -errno),
);

/** Makes a further name of a file, and remembers when the file system takes none: that counts as made. */
export class LinkAttempt {
  /** The negative errno of the limit; 0: there was none. */
  limit = 0;
  readonly #from: number;
  readonly #name: ByteString;
  #hasFailed = false;

  /** Of a name in an open directory. */
  constructor(from: number, name: ByteString) {
    this.#from = from;
    this.#name = name;
  }

  /** link(2), once more after what stood in the way was taken away. */
  make(dirFd: number, name: ByteString): number {
    const made = linkAt(this.#from, this.#name, dirFd, name);
    // A directory that is immutable says so, too: whoever calls makes it mutable and tries again.
    const mayBeSealed = made === -Errno.EPERM && !this.#hasFailed;
    this.#hasFailed = made < 0;
    if (!LIMITS.has(made) || mayBeSealed) return made;
    this.limit = made;
    return 0;
  }
}
