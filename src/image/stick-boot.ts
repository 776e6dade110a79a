import { architecture } from "../base/architecture.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { GRUB_HOMES } from "../drivers/loader/grub-homes.ts";
import { placeGrub } from "../drivers/media/stick.ts";
import type { StickFilesystem } from "../drivers/media/stick-filesystems.ts";
import { stickEarlyConfig } from "../drivers/media/stick-menu.ts";
import type { Host } from "../host/host.ts";
import { bootlessError, efiImage, firstWith, grubImage } from "./boot-files.ts";

const modulesFor = ({ grub }: StickFilesystem) => [grub, "fat", "search_fs_uuid"];
const SECTOR = 512;

/** Where the loaders of a stick go. */
export interface StickPlaces {
  /** The whole disk. */
  readonly disk: string;
  /** First byte of the partition for GRUB's core. */
  readonly coreAt: number;
  readonly sectorBytes: number;
  /** The partition for UEFI. */
  readonly esp: string;
  /** The file system with the sets, and its UUID. */
  readonly filesystem: StickFilesystem;
  readonly uuid: string;
  /** A directory for files that are made on the way. */
  readonly scratch: string;
}

/** GRUB for BIOS: its core is made for this stick and written behind the table. False: this system has none. */
async function writeBios(host: Host, places: StickPlaces): Promise<boolean> {
  const { disk, coreAt, sectorBytes, uuid, scratch } = places;
  const home = firstWith(host, GRUB_HOMES, "i386-pc/boot.img");
  // Its first stage counts in sectors of 512 bytes, and so does every BIOS.
  if (home === undefined || sectorBytes !== SECTOR || !architecture.bios) return false;
  const output = `${scratch}/core.img`;
  const modules = ["biosdisk", ...modulesFor(places.filesystem)];
  if (!(await grubImage(host, "i386-pc", stickEarlyConfig(uuid), output, modules))) return false;
  const mbr = host.readAt(disk, 0, SECTOR);
  const placed = placeGrub(host.read(`${home}/i386-pc/boot.img`), host.read(output), mbr, coreAt / SECTOR);
  host.writeAt(disk, coreAt, placed.core);
  host.writeAt(disk, 0, placed.mbr);
  host.syncFile(disk);
  return true;
}

/** The file system for UEFI; one that is there as it shall be is not written again. */
async function writeEfi(
  host: Host,
  { esp, uuid, scratch, filesystem }: StickPlaces,
): Promise<"signed" | "unsigned" | "none"> {
  const how = { modules: modulesFor(filesystem), isUnsigned: !filesystem.isInSignedGrub };
  const image = await efiImage(host, stickEarlyConfig(uuid), scratch, how);
  if (image === undefined) return "none";
  const { bytes, isSigned } = image;
  if (Buffer.compare(host.readAt(esp, 0, bytes.byteLength), bytes) !== 0) host.writeAt(esp, 0, bytes);
  host.syncFile(esp);
  return isSigned ? "signed" : "unsigned";
}

/** Writes what starts a stick, by BIOS and UEFI. Throws `tool-missing` when this system has neither. */
export async function writeStickBoot(host: Host, places: StickPlaces, reporter: Reporter): Promise<void> {
  const bios = await writeBios(host, places);
  const efi = await writeEfi(host, places);
  if (!bios && efi === "none") throw bootlessError();
  if (!bios && architecture.bios) {
    const why = places.sectorBytes === SECTOR ? msg`install grub-pc-bin for that` : msg`its sectors have 4096 bytes`;
    reporter.warn(msg`The stick will not boot by BIOS: ${why}.`);
  }
  const grub = `grub-efi-${architecture.debian}`;
  const { type, isInSignedGrub } = places.filesystem;
  if (efi === "none") reporter.warn(msg`The stick will not boot by UEFI: install ${grub}-bin for that.`);
  else if (!isInSignedGrub) {
    reporter.info(msg`With Secure Boot the stick will not start: no signed GRUB reads ${type}.`);
  } else if (efi === "unsigned") {
    reporter.info(msg`With Secure Boot the stick will not start: install ${grub}-signed and shim-signed for that.`);
  }
}
