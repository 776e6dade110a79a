import { type Architecture, architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { GRUB_HOMES } from "../drivers/loader/grub-homes.ts";
import { grubConfig, grubEarlyConfig, isolinuxConfig, setMarker } from "../drivers/media/boot-menu.ts";
import type { BiosBoot } from "../drivers/media/iso.ts";
import type { BootMenu } from "../drivers/media/medium.ts";
import { encodeFatImage } from "../formats/fs/fat-image.ts";
import type { Host } from "../host/host.ts";

const ISOLINUX = ["/usr/lib/ISOLINUX", "/usr/share/syslinux", "/usr/lib/syslinux/bios"];
/** Where distributions keep the modules of syslinux for BIOS. */
export const SYSLINUX_MODULES = ["/usr/lib/syslinux/modules/bios", "/usr/share/syslinux", "/usr/lib/syslinux/bios"];
const MODULES_IN_USE = ["ldlinux.c32", "menu.c32", "libutil.c32", "libcom32.c32"];
/** Names of the tool that makes GRUB images, by distribution. */
export const MKIMAGE_TOOLS = ["grub-mkimage", "grub2-mkimage"];
/** Without these no medium starts. */
const GRUB_MODULES = ["iso9660", "part_gpt", "part_msdos", "search", "search_fs_file", "normal", "configfile", "linux"];
/** Taken where GRUB has them for the platform. */
const GRUB_COMMANDS = [
  "echo",
  "test",
  "ls",
  "minicmd",
  "reboot",
  "halt",
  "serial",
  "terminal",
  "gzio",
  "chain",
  "efifwsetup",
];
const EFI_SCREENS = ["efi_gop", "efi_uga", "all_video"];

interface EfiPair {
  readonly shim: string;
  readonly grub: string;
}

/** Signed first and second stage by distribution. Secure Boot accepts only these; elsewhere they work as well. */
function signedPrograms({ efi, grub: platform }: Architecture): readonly EfiPair[] {
  const grub = `/usr/lib/grub/${platform}-signed/gcd${efi}.efi.signed`;
  return [
    { shim: `/usr/lib/shim/shim${efi}.efi.signed`, grub },
    { shim: `/usr/lib/shim/shim${efi}.efi.signed.latest`, grub },
    ...["redhat", "rocky", "almalinux", "centos", "fedora"].map((vendor) => ({
      shim: `/boot/efi/EFI/${vendor}/shim${efi}.efi`,
      grub: `/boot/efi/EFI/${vendor}/gcd${efi}.efi`,
    })),
  ];
}

/** The first of the directories that holds the file. */
export const firstWith = (host: Host, directories: readonly string[], file: string): string | undefined =>
  directories.find((directory) => host.exists(`${directory}/${file}`));

/**
 * Makes a GRUB image that starts with the lines `early`, with these modules besides those for any medium; false when
 * the system has no GRUB of this format.
 */
export async function grubImage(
  host: Host,
  format: string,
  early: string,
  output: string,
  modules: readonly string[],
): Promise<boolean> {
  const tool = MKIMAGE_TOOLS.find((name) => host.which(name) !== undefined);
  const platform = format.replace("-eltorito", "");
  const home = firstWith(host, GRUB_HOMES, `${platform}/normal.mod`);
  if (tool === undefined || home === undefined) return false;
  const config = `${output}.early`;
  const screens = platform.endsWith("-efi") ? EFI_SCREENS : [];
  const wished = [...GRUB_COMMANDS, ...screens].filter((name) => host.exists(`${home}/${platform}/${name}.mod`));
  host.write(config, early);
  await host.run({
    argv: [
      ...[tool, "-O", format, "-d", `${home}/${platform}`, "-p", "/boot/grub", "-c", config, "-o", output],
      ...[...GRUB_MODULES, ...wished, ...modules],
    ],
    timeoutMs: 60_000,
  });
  host.remove(config);
  return true;
}

/** Puts the BIOS loader into the staging directory: isolinux, else GRUB; `undefined` when the system has neither. */
export async function stageBios(host: Host, menu: BootMenu, staging: string): Promise<BiosBoot | undefined> {
  if (!architecture.bios) return undefined;
  const isolinux = firstWith(host, ISOLINUX, "isolinux.bin");
  const mbr = firstWith(host, ISOLINUX, "isohdpfx.bin");
  const modules = MODULES_IN_USE.map((file) => ({ file, home: firstWith(host, SYSLINUX_MODULES, file) }));
  if (isolinux !== undefined && mbr !== undefined && modules.every(({ home }) => home !== undefined)) {
    host.makeDirectory(`${staging}/isolinux`);
    host.copy(`${isolinux}/isolinux.bin`, `${staging}/isolinux/isolinux.bin`);
    for (const { file, home } of modules) host.copy(`${home}/${file}`, `${staging}/isolinux/${file}`);
    host.write(`${staging}/isolinux/isolinux.cfg`, isolinuxConfig(menu));
    return { kind: "isolinux", image: "isolinux/isolinux.bin", mbr: `${mbr}/isohdpfx.bin` };
  }
  const home = firstWith(host, GRUB_HOMES, "i386-pc/boot_hybrid.img");
  if (home === undefined) return undefined;
  const image = "boot/grub/eltorito.img";
  host.makeDirectory(`${staging}/boot/grub`);
  const made = await grubImage(host, "i386-pc-eltorito", grubEarlyConfig(menu), `${staging}/${image}`, ["biosdisk"]);
  return made ? { kind: "grub", image, mbr: `${home}/i386-pc/boot_hybrid.img` } : undefined;
}

/** What GRUB for UEFI must be able to do. */
export interface EfiWish {
  /** Modules besides those for any medium. */
  readonly modules: readonly string[];
  /** What distributions sign lacks one of them. */
  readonly isUnsigned: boolean;
}

/** Files of an EFI system partition by their path on it. */
interface EfiPrograms {
  readonly files: Map<string, string>;
  /** Secure Boot accepts them. */
  readonly isSigned: boolean;
}

/** Such files, made or found; `undefined` when the system has no GRUB for EFI. */
async function efiPrograms(
  host: Host,
  early: string,
  scratch: string,
  { modules, isUnsigned }: EfiWish,
): Promise<EfiPrograms | undefined> {
  const { efi, grub } = architecture;
  const first = `EFI/BOOT/BOOT${efi.toUpperCase()}.EFI`;
  const pairs = isUnsigned ? [] : signedPrograms(architecture);
  const signed = pairs.find(({ shim, grub }) => host.exists(shim) && host.exists(grub));
  if (signed) {
    const manager = signed.shim.replace(`shim${efi}`, `mm${efi}`);
    const files = new Map([
      [first, signed.shim],
      [`EFI/BOOT/grub${efi}.efi`, signed.grub],
    ]);
    if (host.exists(manager)) files.set(`EFI/BOOT/mm${efi}.efi`, manager);
    return { files, isSigned: true };
  }
  const image = `${scratch}/boot${efi}.efi`;
  const made = await grubImage(host, grub, early, image, ["fat", ...modules]);
  return made ? { files: new Map([[first, image]]), isSigned: false } : undefined;
}

/** A file system with the programs that UEFI starts. */
export interface EfiImage {
  readonly bytes: Uint8Array;
  /** It starts where Secure Boot is on, too. */
  readonly isSigned: boolean;
}

/** "MOND": the volume's serial number, the same on all our media. */
const FAT_SERIAL = 0x4d4f4e44;

/**
 * A file system with the programs that UEFI starts; its GRUB begins with the lines `early`. `undefined` when the system
 * has nothing to make it of.
 */
export async function efiImage(
  host: Host,
  early: string,
  scratch: string,
  wish: EfiWish = { modules: [], isUnsigned: false },
): Promise<EfiImage | undefined> {
  const programs = await efiPrograms(host, early, scratch, wish);
  if (programs === undefined) return undefined;
  const { files, isSigned } = programs;
  // The signed GRUB for discs looks in /boot/grub of the partition it came from, then beside itself.
  const config = `${scratch}/early.cfg`;
  host.write(config, early);
  for (const place of ["boot/grub/grub.cfg", "EFI/BOOT/grub.cfg"]) files.set(place, config);
  const contents = new Map([...files].map(([path, source]) => [path, host.read(source)]));
  return { bytes: encodeFatImage(contents, { label: "MONDOBOOT", serial: FAT_SERIAL }), isSigned };
}

/** Makes the EFI boot image below the staging directory; `undefined` when the system has nothing to make it of. */
export async function stageEfi(
  host: Host,
  menu: BootMenu,
  staging: string,
  scratch: string,
): Promise<{ readonly path: string; readonly isSigned: boolean } | undefined> {
  const image = await efiImage(host, grubEarlyConfig(menu), scratch);
  if (image === undefined) return undefined;
  host.makeDirectory(`${staging}/boot/grub`);
  host.write(`${staging}/boot/efi.img`, image.bytes);
  return { path: "boot/efi.img", isSigned: image.isSigned };
}

/** What both loaders read from the medium itself. */
export function stageMenus(host: Host, menu: BootMenu, staging: string): void {
  host.makeDirectory(`${staging}/boot/grub`);
  host.write(`${staging}/boot/grub/grub.cfg`, grubConfig(menu));
  host.write(`${staging}${setMarker(menu)}`, `${menu.set}\n`);
}

/** Throws `tool-missing` when the live system has nothing that could boot a medium, by BIOS or by UEFI. */
export function bootlessError(): MondoError {
  const grub = `grub-efi-${architecture.debian}`;
  const bios = architecture.bios ? ["isolinux", "syslinux-common"] : [];
  return new MondoError("tool-missing", msg`this system has no boot loader for the medium: neither isolinux nor GRUB`, {
    hint: msg`Install them (Debian: apt-get install ${[...bios, `${grub}-bin`, `${grub}-signed`, "shim-signed"].join(" ")}).`,
  });
}
