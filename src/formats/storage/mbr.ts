import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** One used entry of a DOS partition table. Sectors are logical ones, counted from the start of the disk. */
export interface MbrEntry {
  readonly number: number;
  readonly type: number;
  readonly bootable: boolean;
  readonly startSector: number;
  readonly sectors: number;
  readonly role: "primary" | "extended" | "logical";
}

/** A DOS (MBR) partition table with its logical partitions. */
export interface Mbr {
  readonly signature: number;
  readonly entries: readonly MbrEntry[];
}

type Read = (offset: number, length: number) => Uint8Array;

/** Extended partitions: plain, LBA, Linux. */
const EXTENDED = new Set([0x05, 0x0f, 0x85]);
/** More logical partitions than the kernel shows (DISK_MAX_PARTS); a longer chain is a loop or garbage. */
const MOST_LOGICAL = 255;

interface Slot {
  readonly bootable: boolean;
  readonly type: number;
  readonly start: number;
  readonly sectors: number;
}

function slotsOf(sector: Uint8Array): Slot[] {
  const view = viewOf(sector);
  return [446, 462, 478, 494].map((at) => ({
    bootable: view.getUint8(at) === 0x80,
    type: view.getUint8(at + 4),
    start: view.getUint32(at + 8, true),
    sectors: view.getUint32(at + 12, true),
  }));
}

function hasSignature(sector: Uint8Array): boolean {
  return sector.byteLength >= 512 && sector[510] === 0x55 && sector[511] === 0xaa;
}

/**
 * Whether sector 0 holds a DOS partition table: the signature, plausible flags, at least one entry, no file system's
 * boot sector.
 */
export function isMbr(sector: Uint8Array): boolean {
  if (!hasSignature(sector)) return false;
  const flags = [446, 462, 478, 494].map((at) => sector[at] ?? 0xff);
  return (
    flags.every((flag) => flag === 0 || flag === 0x80) && slotsOf(sector).some((s) => s.type !== 0 && s.sectors > 0)
  );
}

/** Whether sector 0 is the protective MBR of a GUID partition table. */
export function isProtectiveMbr(sector: Uint8Array): boolean {
  return hasSignature(sector) && slotsOf(sector).some((slot) => slot.type === 0xee);
}

/** What the protective MBR of a GPT says beyond that there is one. */
export interface ProtectiveMbr {
  /** Its entry is active: some BIOSes start from no disk without such an entry. */
  readonly active: boolean;
  /** It has entries of its own, too. */
  readonly hybrid: boolean;
}

/** Reads a protective MBR. */
export function decodeProtectiveMbr(sector: Uint8Array): ProtectiveMbr {
  const slots = slotsOf(sector).filter(({ type }) => type !== 0);
  return {
    active: slots.some(({ type, bootable }) => type === 0xee && bootable),
    hybrid: slots.some(({ type }) => type !== 0xee),
  };
}

/**
 * Follows the chain of extended boot records. Each names one logical partition (relative to itself) and the next record
 * (relative to the extended one).
 */
function logicalEntries(read: Read, sectorBytes: number, extended: MbrEntry): MbrEntry[] {
  const found: MbrEntry[] = [];
  const seen = new Set<number>();
  let at = extended.startSector;
  while (found.length < MOST_LOGICAL) {
    const record = read(at * sectorBytes, 512);
    if (!hasSignature(record)) break;
    if (seen.has(at))
      throw new MondoError("format", msg`the chain of logical partitions runs in a circle at sector ${at}`);
    seen.add(at);
    const slots = slotsOf(record);
    const own = slots.find((s) => s.type !== 0 && s.sectors > 0 && !EXTENDED.has(s.type));
    if (own) {
      const { type, bootable, sectors } = own;
      found.push({ number: 5 + found.length, type, bootable, startSector: at + own.start, sectors, role: "logical" });
    }
    const next = slots.find((s) => EXTENDED.has(s.type) && s.sectors > 0);
    if (!next) break;
    at = extended.startSector + next.start;
  }
  return found;
}

/** Reads a DOS partition table; `format` when sector 0 isn't one or the logical partitions run in a circle. */
export function decodeMbr(read: Read, sectorBytes: number): Mbr {
  const sector = read(0, 512);
  if (!isMbr(sector)) throw new MondoError("format", msg`sector 0 holds no DOS partition table`);
  const primaries = slotsOf(sector).flatMap((slot, index): MbrEntry[] =>
    slot.type === 0 || slot.sectors === 0
      ? []
      : [
          {
            number: index + 1,
            type: slot.type,
            bootable: slot.bootable,
            startSector: slot.start,
            sectors: slot.sectors,
            role: EXTENDED.has(slot.type) ? "extended" : "primary",
          },
        ],
  );
  const extended = primaries.find((entry) => entry.role === "extended");
  const logical = extended ? logicalEntries(read, sectorBytes, extended) : [];
  return { signature: viewOf(sector).getUint32(440, true), entries: [...primaries, ...logical] };
}
