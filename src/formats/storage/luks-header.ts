import { textOfBytes } from "../../base/bytes.ts";

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
  /** Why it can't be made again, as words that follow a noun; default: it can. */
  readonly obstacle?: string;
}

/** Reads bytes of the device at an offset; fewer at its end. */
export type LuksReader = (offset: number, length: number) => Uint8Array;

/** Text up to the first NUL. */
export function luksText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOfBytes(end < 0 ? bytes : bytes.subarray(0, end));
}
