import { type ByteString, displayBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { closeFd, type FileStat, xattrsAt } from "../../host/fs-calls.ts";
import { errnoText } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";
import { flagNames, InodeAttributeReader, type InodeAttributes } from "../tree/inode-attributes.ts";
import { deviceOf, openFound } from "../tree/live-file.ts";
import { relativePath } from "../tree/paths.ts";
import { against, type Differs } from "./difference.ts";

/** A file on the disk: its name in an open directory, and what stat says of it. */
export interface LiveFile {
  readonly parent: number;
  readonly name: ByteString;
  readonly stat: FileStat;
  /** The part of an entry that stat knows. */
  readonly entry: Entry;
}

/** Compares everything about entries but content and links. */
export class MetadataComparer {
  readonly #differs: Differs;
  readonly #lenient: readonly ByteString[];
  readonly #attributes = new InodeAttributeReader();

  constructor(differs: Differs, lenientMounts: readonly string[]) {
    this.#differs = differs;
    this.#lenient = lenientMounts.map(relativePath);
  }

  compare(entry: Entry, live: LiveFile): void {
    const isLenient = this.#lenient.some(
      (mount) => mount === "" || entry.path === mount || entry.path.startsWith(`${mount}/`),
    );
    if (!isLenient) this.#access(entry, live.entry);
    this.#device(entry, live.entry);
    // What is mounted somewhere now has its own times.
    if (!live.stat.mountRoot) this.#time(entry, live.entry, isLenient);
    if (isLenient) return;
    this.#xattrs(entry, live);
    this.#flags(entry, live);
  }

  #access(entry: Entry, live: Entry): void {
    if (entry.mode !== live.mode && entry.kind !== "symlink") {
      this.#differs(entry, "mode", against(entry.mode.toString(8), live.mode.toString(8)));
    }
    if (entry.uid !== live.uid || entry.gid !== live.gid) {
      this.#differs(entry, "owner", against(`${entry.uid}:${entry.gid}`, `${live.uid}:${live.gid}`));
    }
  }

  #device(entry: Entry, live: Entry): void {
    const { rdev } = entry;
    if (!rdev || (rdev.major === live.rdev?.major && rdev.minor === live.rdev.minor)) return;
    this.#differs(entry, "device", against(`${rdev.major}:${rdev.minor}`, `${live.rdev?.major}:${live.rdev?.minor}`));
  }

  #time(entry: Entry, live: Entry, isLenient: boolean): void {
    const isSame = isLenient
      ? Math.abs(entry.mtimeSec - live.mtimeSec) <= 2 // FAT counts in steps of two seconds
      : entry.mtimeSec === live.mtimeSec && entry.mtimeNsec === live.mtimeNsec;
    if (isSame) return;
    const detail = against(decimalTime(entry), decimalTime(live));
    this.#differs(entry, "mtime", detail, entry.kind === "directory" ? 1 : undefined);
  }

  #xattrs(entry: Entry, { parent, name }: LiveFile): void {
    const live = xattrsAt(parent, name);
    if (typeof live === "number") {
      this.#differs(entry, "unreadable", msg`extended attributes: ${errnoText(-live)}`);
      return;
    }
    const names = new Set([...(entry.xattrs?.keys() ?? []), ...(live?.keys() ?? [])]);
    const wrong = [...names].filter((key) => !areSame(entry.xattrs?.get(key), live?.get(key)));
    if (wrong.length > 0) this.#differs(entry, "xattrs", wrong.map(displayBytes).join(", "));
  }

  #flags(entry: Entry, { parent, name, stat }: LiveFile): void {
    if (entry.kind !== "file" && entry.kind !== "directory") return;
    // What can't be opened is reported when its content is read.
    const fd = openFound(parent, name, stat);
    if (fd < 0) return;
    const live = this.#attributes.of(fd, deviceOf(stat));
    closeFd(fd);
    const [backup, disk] = [attributeText(entry), attributeText(live)];
    if (backup !== disk) this.#differs(entry, "flags", against(backup, disk));
  }
}

function attributeText({ flags = 0, project = 0 }: InodeAttributes): string {
  return [flagNames(flags) || msg`none`, ...(project ? [msg`project ${project}`] : [])].join(", ");
}

function decimalTime({ mtimeSec, mtimeNsec }: Entry): string {
  return `${mtimeSec}.${String(mtimeNsec).padStart(9, "0")}`;
}

function areSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && Buffer.compare(a, b) === 0;
}
