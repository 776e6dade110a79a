import { msg } from "../../base/message.ts";
import { KIB, MIB } from "../../base/units.ts";
import { filesystemDriver, filesystemDrivers } from "../../drivers/fs/filesystem-drivers.ts";
import type { Layout } from "../../layout/types.ts";
import { digitsFor, uuidFor } from "./new-ids.ts";

/** What a new file system of a type needs and takes. */
interface Traits {
  /** Smallest device that its tool makes one on. */
  readonly leastBytes: number;
  /** Bytes of a label. */
  readonly labelBytes: number;
  /** Of its own tables and journal, at least, and per 1000 bytes of its size. */
  readonly ownBytes: number;
  readonly ownPerMille: number;
}

const EXT: Traits = { leastBytes: 8 * MIB, labelBytes: 16, ownBytes: 4 * MIB, ownPerMille: 25 };

/** Source: the manual pages of the tools, and what they refuse. */
const TRAITS: Readonly<Record<string, Traits>> = {
  ext4: EXT,
  ext3: EXT,
  ext2: { ...EXT, ownBytes: MIB },
  xfs: { leastBytes: 300 * MIB, labelBytes: 12, ownBytes: 66 * MIB, ownPerMille: 5 },
  btrfs: { leastBytes: 128 * MIB, labelBytes: 255, ownBytes: 40 * MIB, ownPerMille: 20 },
  f2fs: { leastBytes: 64 * MIB, labelBytes: 512, ownBytes: 48 * MIB, ownPerMille: 60 },
  exfat: { leastBytes: 8 * MIB, labelBytes: 15, ownBytes: MIB, ownPerMille: 5 },
  vfat: { leastBytes: 8 * MIB, labelBytes: 11, ownBytes: MIB, ownPerMille: 5 },
};

const OTHER: Traits = { leastBytes: MIB, labelBytes: 11, ownBytes: MIB, ownPerMille: 20 };

/** The types that a file system can be made of. */
export const filesystemTypes = (): string[] => filesystemDrivers.flatMap(({ types }) => types);

/** Smallest device of a new file system of a type, in bytes. */
export const leastDeviceBytes = (type: string): number =>
  type === "swap" ? 40 * KIB : (TRAITS[type] ?? OTHER).leastBytes;

/** Bytes of files that a new file system of that type and size holds; a twentieth stays free to work. */
export function roomForFiles(type: string, sizeBytes: number): number {
  const { ownBytes, ownPerMille } = TRAITS[type] ?? OTHER;
  return Math.max(0, Math.floor((sizeBytes - ownBytes) * (1 - ownPerMille / 1000) * 0.95));
}

/** Why a file system of a type can't have a label; undefined if it can. */
export function labelObstacle(type: string, label: string): string | undefined {
  const most = type === "swap" ? 15 : (TRAITS[type] ?? OTHER).labelBytes;
  const length = new TextEncoder().encode(label).byteLength;
  return length > most ? msg`its label may have ${most} bytes, and "${label}" has ${length}` : undefined;
}

const isShort = (type: string) => type === "vfat" || type === "exfat";

/** An identifier for a content of a type: the one that it has, where that type takes it. */
export function contentUuid(layout: Layout, id: string, type: string, had: string | undefined): string {
  const fits =
    had !== undefined &&
    (isShort(type) ? /^[0-9A-F]{4}-[0-9A-F]{4}$/i : /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/).test(had);
  if (fits) return had;
  const digits = digitsFor(layout, `${id} ${type}`).toUpperCase();
  return isShort(type) ? `${digits.slice(0, 4)}-${digits.slice(4, 8)}` : uuidFor(layout, `${id} ${type}`);
}

/** Whether a type keeps owners, modes and links. */
export const isPosix = (type: string): boolean => filesystemDriver(type)?.posix ?? false;
