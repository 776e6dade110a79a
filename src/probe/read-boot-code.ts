import { areasOfFilesystem, areasOfTable } from "../drivers/boot-areas.ts";
import type { ByteRange, DeviceReader } from "../drivers/contracts.ts";
import { hasGrubBootCode } from "../drivers/loader/grub-bios.ts";
import type { Content } from "./decode-device.ts";

const SECTOR = 512;

function areasOf(content: Content, sectorBytes: number): readonly ByteRange[] {
  switch (content.kind) {
    case "gpt": {
      const { entries, firstUsableSector } = content.table;
      const first = Math.min(...entries.map(({ firstSector }) => firstSector));
      return areasOfTable(firstUsableSector * sectorBytes, first * sectorBytes);
    }
    case "dos": {
      const first = Math.min(...content.table.entries.map(({ startSector }) => startSector));
      return areasOfTable(sectorBytes, first * sectorBytes);
    }
    case "filesystem":
      return areasOfFilesystem(content.type, content.facts.details);
    default:
      return [];
  }
}

/** Reads what boot loaders may have left on a device, for a reader that remembers. What can't be read is left out. */
export function readBootCode(read: DeviceReader, content: Content, sectorBytes: number): void {
  const sector = read(0, SECTOR);
  // GRUB is installed again, and its core is large.
  if (hasGrubBootCode(sector)) return;
  try {
    for (const [from, to] of areasOf(content, sectorBytes)) read(from, to - from);
  } catch {
    // An unreadable sector there is nothing that a system holds.
  }
}
