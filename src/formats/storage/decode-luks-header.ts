import { viewOf } from "../../base/bytes.ts";
import type { LuksHeader, LuksReader } from "./luks-header.ts";
import { decodeLuks1Header, LUKS1_BYTES } from "./luks1-header.ts";
import { decodeLuks2Header } from "./luks2-header.ts";

const LUKS_MAGIC = "LUKS\xba\xbe";

/**
 * The header of LUKS1 or LUKS2 at the start of a device; undefined when there is none, or none that can be read. Throws
 * nothing.
 */
export function decodeLuksHeader(read: LuksReader): LuksHeader | undefined {
  const head = read(0, LUKS1_BYTES);
  if (head.byteLength < 8 || String.fromCharCode(...head.subarray(0, 6)) !== LUKS_MAGIC) return undefined;
  const version = viewOf(head).getUint16(6);
  if (version === 1) return decodeLuks1Header(head);
  return version === 2 ? decodeLuks2Header(read) : undefined;
}
