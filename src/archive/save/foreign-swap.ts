/** Swap and hibernation files of other systems: as large as their memory, and of no use after a restore. */

import type { ByteString } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { type FileStat, FileType } from "../../host/fs-calls.ts";

/** MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC, those of ntfs and ntfs3, and FUSE_SUPER_MAGIC: ntfs-3g is one. */
const THEIR_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0x65735546]);

const NAMES: ReadonlySet<string> = new Set(["win386.swp", "hiberfil.sys", "pagefile.sys", "swapfile.sys"]);

/** Why such a file is not saved. */
export const FOREIGN_SWAP_REASON = stored`swap or hibernation file of another system: not saved (-I with its path saves it)`;

/** Whether other systems keep them in the root of such a file system. */
export function holdsForeignSwap(magic: number): boolean {
  return THEIR_FILE_SYSTEMS.has(magic);
}

/** Whether a file in such a root is one of them. */
export function isForeignSwap(name: ByteString, { mode }: FileStat): boolean {
  return (mode & FileType.mask) === FileType.file && NAMES.has(name.toLowerCase());
}
