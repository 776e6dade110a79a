import { decodeText } from "../base/bytes.ts";
import type { DeviceReader } from "./types.ts";

/** A signature of something that holds data and that we can't rebuild (yet). Source: util-linux libblkid/src/superblocks. */
interface Foreign {
  readonly what: string;
  readonly at: (sizeBytes: number) => readonly number[];
  readonly magic: readonly string[];
}

const fixed =
  (...offsets: number[]) =>
  (): readonly number[] =>
    offsets;
/** md 0.90 lies in the last 64 KiB-aligned 64 KiB, 1.0 in the last 8 KiB (aligned to 4 KiB); 1.1 at 0, 1.2 at 4 KiB. */
const mdOffsets = (size: number) => [
  0,
  4096,
  Math.floor(size / 65536) * 65536 - 65536,
  (Math.floor(size / 512) - 16 - ((Math.floor(size / 512) - 16) % 8)) * 512,
];

const SIGNATURES: readonly Foreign[] = [
  { what: "a LUKS volume whose header is damaged or of an unknown version", at: fixed(0), magic: ["LUKS\xba\xbe"] },
  { what: "a LUKS volume that is just being encrypted anew", at: fixed(0), magic: ["LUKS\xde\xad"] },
  { what: "a member of a Linux software RAID", at: mdOffsets, magic: ["\xfc\x4e\x2b\xa9"] },
  { what: "an LVM2 physical volume", at: fixed(0, 512, 1024, 1536), magic: ["LABELONE"] },
  { what: "a bcache device", at: fixed(0x1018), magic: ["\xc6\x85\x73\xf6\x4e\x1a\x45\xca"] },
  { what: "a bcachefs file system", at: fixed(0x1018), magic: ["\xc6\x85\x73\xf6\x66\xce\x90\xa9"] },
  {
    what: "a ZFS pool member",
    at: fixed(...Array.from({ length: 32 }, (_, i) => 128 * 1024 + i * 4096)),
    magic: ["\x0c\xb1\xba\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\xba\xb1\x0c"],
  },
  { what: "an NTFS file system", at: fixed(3), magic: ["NTFS    "] },
  { what: "a BitLocker volume", at: fixed(3), magic: ["-FVE-FS-"] },
  { what: "a ReiserFS file system", at: fixed(65536 + 52, 8192 + 52), magic: ["ReIsEr"] },
  { what: "a JFS file system", at: fixed(32768), magic: ["JFS1"] },
  { what: "a NILFS2 file system", at: fixed(1024 + 6), magic: ["\x34\x34"] },
  { what: "a GFS2 file system", at: fixed(65536), magic: ["\x01\x16\x19\x70"] },
  { what: "an OCFS2 file system", at: fixed(1024, 2048, 4096, 8192), magic: ["OCFSV2"] },
  { what: "a squashfs image", at: fixed(0), magic: ["hsqs"] },
  { what: "an HFS+ file system", at: fixed(1024), magic: ["H+\x00\x04", "HX\x00\x05"] },
  { what: "an APFS container", at: fixed(32), magic: ["NXSB"] },
];

/** As a noun phrase: what lies on the device that has to be refused; undefined when nothing known does. */
export function recogniseForeign(read: DeviceReader, sizeBytes: number): string | undefined {
  for (const { what, at, magic } of SIGNATURES) {
    for (const offset of at(sizeBytes)) {
      if (offset < 0) continue;
      const found = read(offset, 8);
      const text = String.fromCharCode(...found);
      if (magic.some((word) => text.startsWith(word))) return what;
    }
  }
  return undefined;
}

/** An ISO 9660 image on a whole disk: a stick written by dd, never to be taken for a disk of the set. */
export function isIsoImage(read: DeviceReader): boolean {
  return decodeText(read(32769, 5)) === "CD001";
}
