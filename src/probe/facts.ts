import type { MountedFacts } from "../drivers/contracts.ts";
import { stackedWords } from "./mounts/stacked-devices.ts";

/** What is on a machine's block devices and how they are used: enough to describe, match and guard them. */
export interface StorageFacts {
  /** Whole devices and partitions, as in /sys/class/block, sorted by name. */
  readonly devices: readonly DeviceFacts[];
  /** Text of /proc/self/mountinfo. */
  readonly mountinfo: string;
  /** Text of /proc/swaps. */
  readonly swaps: string;
  /** Of mounted file systems, what the kernel and their tools say beyond the superblock. */
  readonly mounted?: readonly MountedFacts[];
  /** Control texts by path. */
  readonly texts?: Readonly<Record<string, string>>;
  /** First line that a tool prints about its version, by tool. */
  readonly toolVersions?: Readonly<Record<string, string>>;
}

/**
 * Raw readings of a machine, as plain JSON: recorded once, they give the same layout anywhere (tests, bug reports).
 * They hold superblocks and control texts, never contents of files that may be secret.
 */
export interface Facts extends StorageFacts {
  readonly version: 1;
  readonly kernel: string;
  /** Text of /proc/cmdline; absent from early recordings. */
  readonly commandLine?: string;
  /** Files that are swapped to, now or by fstab. */
  readonly swapFiles?: readonly SwapFileFacts[];
  /** Free bytes of mounted file systems, by mount point. */
  readonly freeBytes: Readonly<Record<string, number>>;
  /**
   * Inodes in use, by mount point; 0 where a file system doesn't count them. Absent from facts that were recorded
   * before it was.
   */
  readonly usedInodes?: Readonly<Record<string, number>>;
  readonly fstab: string;
  /** Mount points of systemd's own mount units. */
  readonly mountUnits: readonly string[];
  /** Of these, the ones that are started by themselves. */
  readonly enabledUnits?: readonly UnitFacts[];
  /** Where paths of fstab and units lead, of those that lead elsewhere. */
  readonly realPaths?: Readonly<Record<string, string>>;
  /** Files behind loop devices, by device number. */
  readonly loops?: Readonly<Record<string, string>>;
  /** Bytes in use on file systems of no block device, by mount point. */
  readonly usedBytes?: Readonly<Record<string, number>>;
  /** What mounts hide, by mount point. */
  readonly hidden?: Readonly<Record<string, HiddenFacts>>;
  /** Mount points of file systems whose directories below mounts can't be looked at. */
  readonly unseen?: readonly string[];
  readonly osRelease: string;
  /** Absent when the machine was not started by UEFI. */
  readonly efi?: { readonly variables: readonly { readonly name: string; readonly base64: string }[] };
  /** Paths below the root that exist, out of those that matter for starting. */
  readonly files: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  readonly toolVersions: Readonly<Record<string, string>>;
}

/** A mount unit, with what it mounts where. */
export interface UnitFacts {
  /** File name of the unit. */
  readonly name: string;
  readonly spec: string;
  readonly path: string;
  readonly type: string;
  readonly options: string;
}

/** Files that lie below a mount point on the file system that it belongs to. */
export interface HiddenFacts {
  /** Mount point of the file system that they lie on. Absent from older recordings. */
  readonly under?: string;
  /** Files that are no directories. */
  readonly files: number;
  readonly bytes: number;
  /** Not all of it was counted. */
  readonly more?: true;
}

/** A swap file. */
export interface SwapFileFacts {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mode: number;
  /** Its head. */
  readonly reads: readonly SavedRead[];
}

/** A block device. */
export interface DeviceFacts {
  /** Kernel name: `sda`, `nvme0n1p2`, `dm-0`. */
  readonly name: string;
  readonly path: string;
  /** "major:minor". */
  readonly devno: string;
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  readonly removable: boolean;
  readonly rotational: boolean;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly model?: string;
  readonly serial?: string;
  readonly wwn?: string;
  readonly transport?: string;
  /** Of partitions: the number, the first byte on the disk, and the disk's name. */
  readonly partition?: number;
  readonly startBytes?: number;
  readonly parent?: string;
  /** Devices made of this one, and those that this one is made of. */
  readonly holders: readonly string[];
  readonly slaves: readonly string[];
  /** Device mapper's identifier of a mapped device: `LVM-…`, `CRYPT-LUKS2-…`. */
  readonly dmUuid?: string;
  /** Its name below /dev/mapper. */
  readonly dmName?: string;
  /** Its names in /dev/disk/by-id and by-path. */
  readonly links?: readonly string[];
  /** Kernel drivers between the device and the processor. */
  readonly drivers: readonly string[];
  /** Everything that the decoders looked at. */
  readonly reads: readonly SavedRead[];
  /**
   * It starts with something, but with nothing that a decoder knows. What that is stays out of the facts: it may be
   * secret.
   */
  readonly filled?: true;
  /** Why it could not be read (no medium, I/O error): English, as `stored` gives it. */
  readonly unreadable?: string;
}

/**
 * The disks as the kernel shows them: neither partitions nor devices made of other devices, nor drives without a
 * medium.
 */
export function wholeDisks({ devices }: Pick<StorageFacts, "devices">): DeviceFacts[] {
  return devices.filter(
    ({ name, parent, slaves, sizeBytes }) =>
      parent === undefined && slaves.length === 0 && sizeBytes > 0 && stackedWords(name) === undefined,
  );
}

/** Whether one of the devices that are made of a device is an array. */
export function isHeldByArray(holders: readonly string[]): boolean {
  return holders.some((name) => /^md/.test(name));
}

/** A piece of a device; zeros at its end are not kept. */
export interface SavedRead {
  readonly offset: number;
  readonly length: number;
  readonly base64: string;
}

/** A reader that answers from what was saved; what nobody looked at reads as nothing. */
export function replay(reads: readonly SavedRead[]): (offset: number, length: number) => Uint8Array {
  const pieces = reads.map((read) => {
    const bytes = new Uint8Array(read.length);
    bytes.set(Buffer.from(read.base64, "base64").subarray(0, read.length));
    return { offset: read.offset, bytes };
  });
  return (offset, length) => {
    const piece = pieces.find((p) => p.offset <= offset && offset + length <= p.offset + p.bytes.byteLength);
    if (piece) return piece.bytes.subarray(offset - piece.offset, offset - piece.offset + length);
    const part = pieces.find((p) => p.offset <= offset && offset < p.offset + p.bytes.byteLength);
    return part ? part.bytes.subarray(offset - part.offset) : new Uint8Array(0);
  };
}

/** A reader that remembers every piece that it gave. */
export function recording(
  read: (offset: number, length: number) => Uint8Array,
): readonly [(offset: number, length: number) => Uint8Array, () => SavedRead[]] {
  const saved = new Map<string, { offset: number; bytes: Uint8Array }>();
  const reader = (offset: number, length: number) => {
    const key = `${offset}:${length}`;
    const known = saved.get(key);
    if (known) return known.bytes;
    const bytes = read(offset, length);
    saved.set(key, { offset, bytes });
    return bytes;
  };
  return [reader, () => covering([...saved.values()])];
}

function covering(pieces: readonly { offset: number; bytes: Uint8Array }[]): SavedRead[] {
  const inside = (a: { offset: number; bytes: Uint8Array }, b: { offset: number; bytes: Uint8Array }) =>
    a !== b &&
    b.offset <= a.offset &&
    a.offset + a.bytes.byteLength <= b.offset + b.bytes.byteLength &&
    (a.bytes.byteLength < b.bytes.byteLength || pieces.indexOf(a) > pieces.indexOf(b));
  return pieces
    .filter((piece) => !pieces.some((other) => inside(piece, other)))
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, bytes }) => {
      let end = bytes.byteLength;
      while (end > 0 && bytes[end - 1] === 0) end -= 1;
      return { offset, length: bytes.byteLength, base64: Buffer.from(bytes.subarray(0, end)).toString("base64") };
    });
}
