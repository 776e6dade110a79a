/** Labels of SELinux, which lie in an extended attribute. */
import { type ByteString, encodeText, textBeforeNul, toByteString } from "../base/bytes.ts";
import { closeFd, type FileStat, FileType, listFd, openAt, setXattrAt, statAt, statFd, xattrsAt } from "./fs-calls.ts";
import { OpenFlag, openPath } from "./syscalls.ts";

const LABEL = toByteString("security.selinux");
const ITSELF = toByteString(".");
const TYPE_BITS = 0o170000;

/** Entries of a file system, by their paths from the directory that it is mounted at. */
export class LabelledTree {
  readonly #top: number;

  /** Throws where the directory can't be opened. */
  constructor(path: string) {
    this.#top = openPath(path, OpenFlag.read | OpenFlag.directory);
  }

  /** The label of an entry; of the directory itself without a path. */
  labelOf(path: ByteString = ITSELF): string | undefined {
    const found = xattrsAt(this.#top, path);
    const value = typeof found === "object" ? found.get(LABEL) : undefined;
    return value && textBeforeNul(value);
  }

  /** False where the label could not be set. */
  setLabel(path: ByteString, label: string): boolean {
    return setXattrAt(this.#top, path, LABEL, encodeText(`${label}\0`)) >= 0;
  }

  /** Entries without a label, directories before what they hold. What is mounted below is passed over. */
  unlabelled(): ByteString[] {
    const top = statFd(this.#top);
    const found: ByteString[] = [];
    const look = (directory: number, name: ByteString, path: ByteString) => {
      const stat = statAt(directory, name);
      if (typeof stat === "number" || typeof top === "number" || isMounted(stat, top)) return;
      const attributes = xattrsAt(directory, name);
      if (typeof attributes !== "number" && !attributes?.has(LABEL)) found.push(path);
      if ((stat.mode & TYPE_BITS) === FileType.directory) walk(directory, name, `${path}/`);
    };
    const walk = (above: number, name: ByteString, prefix: string) => {
      const directory = openAt(above, name, OpenFlag.read | OpenFlag.directory | OpenFlag.noFollow);
      if (directory < 0) return;
      try {
        const names = listFd(directory);
        for (const child of typeof names === "number" ? [] : names) {
          look(directory, child, `${prefix}${child}` as ByteString);
        }
      } finally {
        closeFd(directory);
      }
    };
    walk(this.#top, ITSELF, "");
    return found;
  }

  close(): void {
    closeFd(this.#top);
  }
}

/** Before Linux 5.8, which tells, by the device: subvolumes count as mounts then. */
function isMounted({ mountRoot, devMajor, devMinor }: FileStat, top: FileStat): boolean {
  return mountRoot ?? (devMajor !== top.devMajor || devMinor !== top.devMinor);
}
