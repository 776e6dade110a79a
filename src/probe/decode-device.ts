import { MondoError } from "../base/errors.ts";
import { stored } from "../base/message.ts";
import type { DeviceReader, FilesystemFacts } from "../drivers/contracts.ts";
import { isIsoImage, recogniseForeign } from "../drivers/foreign/recognise-foreign.ts";
import { filesystemDrivers } from "../drivers/fs/filesystem-drivers.ts";
import { swapDriver } from "../drivers/fs/swap.ts";
import { volumeDrivers } from "../drivers/volume/volume-drivers.ts";
import type { SpareMember, VolumeMember } from "../drivers/volume-contract.ts";
import { decodeGpt, type Gpt } from "../formats/storage/gpt.ts";
import {
  decodeMbr,
  decodeProtectiveMbr,
  isMbr,
  isProtectiveMbr,
  type Mbr,
  type ProtectiveMbr,
} from "../formats/storage/mbr.ts";
import type { Swap } from "../layout/types.ts";
import { storedErrnoOf } from "./stored-errno-of.ts";

/** What lies on a device, among all that this version recognises. */
export type Content =
  | { readonly kind: "gpt"; readonly table: Gpt; readonly mbr: ProtectiveMbr }
  | { readonly kind: "dos"; readonly table: Mbr }
  | { readonly kind: "filesystem"; readonly type: string; readonly facts: FilesystemFacts }
  | { readonly kind: "swap"; readonly swap: Pick<Swap, "uuid" | "label" | "sizeBytes"> }
  | { readonly kind: "member"; readonly type: string; readonly member: VolumeMember }
  | { readonly kind: "foreign"; readonly what: string; readonly uuid?: string }
  /** The mark of a member that no volume has taken. */
  | { readonly kind: "spare"; readonly spare: SpareMember }
  | { readonly kind: "damaged"; readonly what: string }
  /** Not empty, and nothing that we know. */
  | { readonly kind: "unknown" }
  | { readonly kind: "nothing" };

function decodeTable(read: DeviceReader, sectorBytes: number, sizeBytes: number): Content | undefined {
  let odd = "";
  try {
    const sector = read(0, 512);
    if (isProtectiveMbr(sector)) {
      odd = stored`a GUID partition table that is damaged, and so is its backup`;
      return { kind: "gpt", table: decodeGpt(read, sectorBytes, sizeBytes), mbr: decodeProtectiveMbr(sector) };
    }
    odd = stored`a DOS partition table whose chain of logical partitions is damaged`;
    return isMbr(sector) ? { kind: "dos", table: decodeMbr(read, sectorBytes) } : undefined;
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    const why = storedErrnoOf(error);
    return { kind: "damaged", what: why === undefined ? odd : stored`a partition table that can't be read: ${why}` };
  }
}

function decodeVolume(read: DeviceReader): Content | undefined {
  const swap = swapDriver.recognise(read);
  if (swap) return { kind: "swap", swap };
  for (const driver of filesystemDrivers) {
    const facts = driver.recognise(read);
    if (facts) return { kind: "filesystem", type: facts.type ?? driver.types[0] ?? "", facts };
  }
  return undefined;
}

function decodeMember(read: DeviceReader, sizeBytes: number): Content | undefined {
  for (const { type, recognise } of volumeDrivers) {
    const member = recognise(read, sizeBytes);
    if (member) return { kind: "member", type, member };
  }
  return undefined;
}

/** A member that doesn't say what it is a part of, as other devices have it, or one that no volume has taken. */
export function decodeAdopted(
  read: DeviceReader,
  others: (type: string) => readonly VolumeMember[],
): Content | undefined {
  for (const { type, adopt, spare } of volumeDrivers) {
    const member = adopt?.(read, () => others(type));
    if (member) return { kind: "member", type, member };
    const found = spare?.(read);
    if (found) return { kind: "spare", spare: found };
  }
  return undefined;
}

/** What the decoders have to know about a device besides its bytes. */
export interface DeviceShape {
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  /** A disk or another device that may carry a table. */
  readonly whole: boolean;
  /** The kernel found partitions on it: then an old superblock before the first of them means nothing. */
  readonly partitioned: boolean;
  /** An array is made of the whole of it: a table at its start is what the array holds. */
  readonly held: boolean;
}

/**
 * A table that was made for a device of another size, on a member whose data begins where the member does, is the
 * array's.
 */
function isOfVolume(content: Content, { sectorBytes, sizeBytes }: DeviceShape, member: Content | undefined): boolean {
  if (content.kind !== "gpt" || member?.kind !== "member" || member.member.fromStart !== true) return false;
  return content.table.backupSector !== Math.floor(sizeBytes / sectorBytes) - 1;
}

/**
 * Pure: what lies on the device. Members of volumes and foreign signatures come first: a RAID member with metadata at
 * its end looks like the file system inside. A file system's boot sector can look like a partition table, so volumes
 * come before tables, unless the kernel took it for a table too.
 */
export function decodeContent(read: DeviceReader, shape: DeviceShape): Content {
  const table = () => (shape.whole ? decodeTable(read, shape.sectorBytes, shape.sizeBytes) : undefined);
  const first = shape.partitioned && !shape.held ? table() : undefined;
  const member = decodeMember(read, shape.sizeBytes);
  if (first && !isOfVolume(first, shape, member)) return first;
  if (member) return member;
  const foreign = recogniseForeign(read, shape.sizeBytes);
  if (foreign) {
    const uuid = foreign.uuid?.(read);
    return { kind: "foreign", what: foreign.what, ...(uuid === undefined ? {} : { uuid }) };
  }
  if (shape.whole && isIsoImage(read)) return { kind: "foreign", what: stored`an ISO 9660 image` };
  return decodeVolume(read) ?? table() ?? { kind: "nothing" };
}
