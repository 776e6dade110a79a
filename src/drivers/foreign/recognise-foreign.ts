import { decodeText } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { decodeLvmPhysicalVolume } from "../../formats/storage/lvm-physical-volume.ts";
import type { DeviceReader } from "../contracts.ts";
import { beforeEnd, type Foreign, fixed } from "./foreign.ts";
import { ntfs } from "./ntfs.ts";

/** md 0.90 lies in the last 64 KiB-aligned 64 KiB, 1.0 in the last 8 KiB (aligned to 4 KiB); 1.1 at 0, 1.2 at 4 KiB. */
const mdOffsets = (size: number) => [
  0,
  4096,
  Math.floor(size / 65536) * 65536 - 65536,
  (Math.floor(size / 512) - 16 - ((Math.floor(size / 512) - 16) % 8)) * 512,
];

/**
 * What is recognised but can't be made again. Source: util-linux libblkid/src/superblocks. One that can do more than be
 * refused is a file of its own and a line here.
 */
const SIGNATURES: readonly Foreign[] = [
  {
    what: stored`a LUKS volume whose header is damaged or of an unknown version`,
    at: fixed(0),
    magic: ["LUKS\xba\xbe"],
  },
  { what: stored`a LUKS volume that is being re-encrypted`, at: fixed(0), magic: ["LUKS\xde\xad"] },
  { what: stored`a member of a Linux software RAID`, at: mdOffsets, magic: ["\xfc\x4e\x2b\xa9"] },
  {
    what: stored`an LVM2 physical volume`,
    at: fixed(0, 512, 1024, 1536),
    magic: ["LABELONE"],
    uuid: (read) => decodeLvmPhysicalVolume(read)?.uuid,
  },
  { what: stored`a bcache device`, at: fixed(0x1018), magic: ["\xc6\x85\x73\xf6\x4e\x1a\x45\xca"] },
  { what: stored`a bcachefs file system`, at: fixed(0x1018), magic: ["\xc6\x85\x73\xf6\x66\xce\x90\xa9"] },
  {
    what: stored`a ZFS pool member`,
    at: fixed(...Array.from({ length: 32 }, (_, i) => 128 * 1024 + i * 4096)),
    magic: ["\x0c\xb1\xba\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\xba\xb1\x0c"],
  },
  ntfs,
  { what: stored`a BitLocker volume`, at: fixed(3), magic: ["-FVE-FS-"] },
  { what: stored`a ReiserFS file system`, at: fixed(65536 + 52, 8192 + 52), magic: ["ReIsEr"] },
  { what: stored`a JFS file system`, at: fixed(32768), magic: ["JFS1"] },
  { what: stored`a NILFS2 file system`, at: fixed(1024 + 6), magic: ["\x34\x34"] },
  { what: stored`a GFS2 file system`, at: fixed(65536), magic: ["\x01\x16\x19\x70"] },
  { what: stored`an OCFS2 file system`, at: fixed(1024, 2048, 4096, 8192), magic: ["OCFSV2"] },
  { what: stored`a squashfs image`, at: fixed(0), magic: ["hsqs"] },
  { what: stored`an HFS+ file system`, at: fixed(1024), magic: ["H+\x00\x04", "HX\x00\x05"] },
  { what: stored`an APFS container`, at: fixed(32), magic: ["NXSB"] },
  { what: stored`a ReFS file system`, at: fixed(3), magic: ["ReFS\0\0\0\0"] },
  {
    what: stored`a UFS file system`,
    at: fixed(8192 + 1372, 65536 + 1372),
    magic: ["\x19\x01\x54\x19", "\x54\x19\x01\x00"],
  },
  { what: stored`a UBIFS file system`, at: fixed(0), magic: ["\x31\x18\x10\x06"] },
  { what: stored`an EROFS image`, at: fixed(1024), magic: ["\xe2\xe1\xf5\xe0"] },
  { what: stored`a VMFS volume`, at: fixed(0x200000, 0x100000), magic: ["\x5e\xf1\xab\x2f", "\x0d\xd0\x01\xc0"] },
  { what: stored`a VDO volume`, at: fixed(0), magic: ["dmvdo001"] },
  { what: stored`a device of a Stratis pool`, at: fixed(516, 4612), magic: ["!Stra0ti"] },
  { what: stored`a device with dm-integrity`, at: fixed(0), magic: ["integrt\0"] },
  { what: stored`the hashes of a dm-verity device`, at: fixed(0), magic: ["verity\0\0"] },
  { what: stored`a Ceph BlueStore device`, at: fixed(0), magic: ["bluestor"] },
  { what: stored`a part of a Windows dynamic disk`, at: fixed(3 * 1024), magic: ["PRIVHEAD"] },
  { what: stored`a member of a firmware RAID (Intel)`, at: beforeEnd(1024, 8192), magic: ["Intel Ra"] },
  {
    what: stored`a member of a firmware RAID (DDF)`,
    at: beforeEnd(512),
    magic: ["\xde\x11\xde\x11", "\x11\xde\x11\xde"],
  },
  {
    what: stored`a DRBD device`,
    at: beforeEnd(4096 - 60),
    magic: ["\x83\x74\x02\x6b", "\x83\x74\x02\x6c", "\x83\x74\x02\x6d"],
  },
];

function hasMagic({ at, magic }: Foreign, read: DeviceReader, sizeBytes: number): boolean {
  return at(sizeBytes).some((offset) => {
    const text = offset < 0 ? "" : String.fromCharCode(...read(offset, 8));
    return magic.some((word) => text.startsWith(word));
  });
}

/** What lies on the device that can't be made again; undefined when nothing known does. */
export function recogniseForeign(read: DeviceReader, sizeBytes: number): Foreign | undefined {
  return SIGNATURES.find((foreign) => hasMagic(foreign, read, sizeBytes));
}

/** An ISO 9660 image on a whole disk: a stick written by dd, never to be taken for a disk of the set. */
export function isIsoImage(read: DeviceReader): boolean {
  return decodeText(read(32769, 5)) === "CD001";
}
