import { viewOf } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { type LuksHeader, type LuksSlot, luksText } from "./luks-header.ts";

/** Bytes of a header without its key material. */
export const LUKS1_BYTES = 592;
const SLOTS = 8;
const SLOT_ACTIVE = 0x00ac71f3;
const SECTOR = 512;

function luks1Slots(bytes: Uint8Array, hash: string): LuksSlot[] {
  const view = viewOf(bytes);
  return Array.from({ length: SLOTS }, (_, number) => number).flatMap((number): LuksSlot[] => {
    const at = 208 + number * 48;
    if (view.getUint32(at) !== SLOT_ACTIVE) return [];
    return [{ number, pbkdf: { type: "pbkdf2", hash, iterations: view.getUint32(at + 4) } }];
  });
}

/**
 * The header of LUKS1; undefined when it is none. Source: LUKS1 On-Disk Format Specification 1.2.3, figure 2. All
 * numbers are big-endian.
 */
export function decodeLuks1Header(bytes: Uint8Array): LuksHeader | undefined {
  if (bytes.byteLength < LUKS1_BYTES) return undefined;
  const view = viewOf(bytes);
  const text = (at: number, length: number) => luksText(bytes.subarray(at, at + length));
  const hash = text(72, 32);
  const slots = luks1Slots(bytes, hash);
  const dataOffsetBytes = view.getUint32(104) * SECTOR;
  const uuid = text(168, 40);
  if (uuid === "" || view.getUint32(108) === 0) return undefined;
  const obstacle =
    dataOffsetBytes === 0
      ? stored`whose header lies apart from its data`
      : slots.length === 0
        ? stored`without a key slot in use`
        : undefined;
  return {
    version: 1,
    uuid,
    cipher: `${text(8, 32)}-${text(40, 32)}`,
    keyBytes: view.getUint32(108),
    sectorBytes: SECTOR,
    hash,
    dataOffsetBytes,
    slots,
    flags: [],
    tokens: [],
    ...(obstacle === undefined ? {} : { obstacle }),
  };
}
