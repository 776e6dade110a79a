import { viewOf } from "../../base/bytes.ts";
import { decodeLuks2Header, luksText } from "./luks2-header.ts";

/** How a pass phrase becomes the key of a slot: as cryptsetup's options name it. */
export type LuksPbkdf =
  | { readonly type: "pbkdf2"; readonly hash: string; readonly iterations: number }
  | {
      readonly type: "argon2i" | "argon2id";
      readonly iterations: number;
      readonly memoryKib: number;
      readonly threads: number;
    };

/** One key slot in use, without anything of its key. */
export interface LuksSlot {
  readonly number: number;
  readonly pbkdf: LuksPbkdf;
  /** Cipher of the slot itself (LUKS2). */
  readonly cipher?: string;
  readonly keyBytes?: number;
}

/** What a header of LUKS says that is no secret: neither key material nor salts nor digests. */
export interface LuksHeader {
  readonly version: 1 | 2;
  readonly uuid: string;
  readonly label?: string;
  readonly subsystem?: string;
  /** As cryptsetup names it: `aes-xts-plain64`. */
  readonly cipher: string;
  readonly keyBytes: number;
  readonly sectorBytes: number;
  /** Of the splitter and, in LUKS1, of all else. */
  readonly hash: string;
  /** Where the encrypted data begins. */
  readonly dataOffsetBytes: number;
  readonly slots: readonly LuksSlot[];
  /** LUKS2: what is switched on at each opening (`allow-discards`). */
  readonly flags: readonly string[];
  /** LUKS2: types of tokens (`systemd-tpm2`, `clevis`). */
  readonly tokens: readonly string[];
  /** LUKS2: bytes of one copy of the metadata, and of the room for key slots. */
  readonly metadataBytes?: number;
  readonly keyslotsBytes?: number;
  /** Words that say why it can't be made again; absent when it can. */
  readonly obstacle?: string;
}

export type LuksReader = (offset: number, length: number) => Uint8Array;

const LUKS_MAGIC = "LUKS\xba\xbe";
const LUKS1_BYTES = 592;
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

/** Source: LUKS1 On-Disk Format Specification 1.2.3, figure 2. All numbers are big-endian. */
function decodeLuks1(bytes: Uint8Array): LuksHeader | undefined {
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
      ? "whose header lies apart from its data"
      : slots.length === 0
        ? "without a key slot in use"
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

/** The header of LUKS1 or LUKS2 at the start of a device; undefined when there is none, or none that can be read. Throws nothing. */
export function decodeLuksHeader(read: LuksReader): LuksHeader | undefined {
  const head = read(0, LUKS1_BYTES);
  if (head.byteLength < 8 || String.fromCharCode(...head.subarray(0, 6)) !== LUKS_MAGIC) return undefined;
  const version = viewOf(head).getUint16(6);
  if (version === 1) return decodeLuks1(head);
  return version === 2 ? decodeLuks2Header(read) : undefined;
}
