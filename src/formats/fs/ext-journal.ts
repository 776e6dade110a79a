import { viewOf } from "../../base/bytes.ts";
import type { ExtSuperblock } from "./ext-superblock.ts";

const MAGIC = 0xc03b3998;
const FAST_COMMIT = 1024;

/** Blocks for fast commits in an ext4's own journal; 0 without. Source: linux/jbd2.h, journal_superblock_s. */
export function fastCommitBlocks(
  read: (offset: number, length: number) => Uint8Array,
  { compat, journalBlock, blockBytes }: ExtSuperblock,
): number {
  if ((compat & FAST_COMMIT) === 0 || journalBlock === 0) return 0;
  const head = read(journalBlock * blockBytes, 1024);
  if (head.byteLength < 1024) return 0;
  const view = viewOf(head);
  return view.getUint32(0, false) === MAGIC ? view.getUint32(0x54, false) : 0;
}
