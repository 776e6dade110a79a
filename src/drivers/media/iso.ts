import type { MediumDriver } from "./medium.ts";

/** The ISO 9660 image: burnt on a disc, or written as it is onto a stick. */
export const isoMedium: MediumDriver = {
  name: "iso",
  liveTools: { xorriso: "xorriso" },
};

/** How the image starts on a BIOS: files are relative to the staging directory, `mbr` is a file of the live system. */
export type BiosBoot =
  | { readonly kind: "isolinux"; readonly image: string; readonly mbr: string }
  | { readonly kind: "grub"; readonly image: string; readonly mbr: string };

export interface IsoPlan {
  readonly output: string;
  readonly volumeId: string;
  /** Directory whose content becomes the root of the image; absent on one that only holds data. */
  readonly staging?: string;
  /** Further trees: path on the image → file or directory. */
  readonly grafts: Readonly<Record<string, string>>;
  readonly bios?: BiosBoot | undefined;
  /** FAT image with the EFI programs, relative to the staging directory. */
  readonly efiImage?: string | undefined;
}

/** `=` and `\` separate a graft point's halves unless they are escaped. Source: xorrisofs(1), -graft-points. */
const escapeGraft = (path: string): string => path.replace(/[\\=]/g, "\\$&");

function biosArguments(bios: BiosBoot): string[] {
  const common = ["-b", bios.image, "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"];
  return bios.kind === "isolinux"
    ? [...common, "-isohybrid-mbr", bios.mbr]
    : [...common, "--grub2-boot-info", "--grub2-mbr", bios.mbr];
}

/**
 * xorriso's command line: level 3 (files above 4 GiB), Rock Ridge, El Torito for BIOS and UEFI, and MBR and GPT that
 * make the same image bootable from a stick. Source: xorrisofs(1); the isohybrid layout is the one of Debian's
 * installer images.
 */
export function xorrisoArguments(plan: IsoPlan): string[] {
  const grafts = Object.entries(plan.grafts).map(([at, path]) => `${escapeGraft(at)}=${escapeGraft(path)}`);
  return [
    "xorriso",
    "-as",
    "mkisofs",
    "-iso-level",
    "3",
    "-r",
    "-full-iso9660-filenames",
    "-volid",
    plan.volumeId,
    ...(plan.bios || plan.efiImage !== undefined ? ["-c", "boot/boot.cat"] : []),
    ...(plan.bios ? biosArguments(plan.bios) : []),
    ...(plan.bios && plan.efiImage !== undefined ? ["-eltorito-alt-boot"] : []),
    ...(plan.efiImage === undefined ? [] : ["-e", plan.efiImage, "-no-emul-boot", "-isohybrid-gpt-basdat"]),
    ...["-o", plan.output],
    "-graft-points",
    ...grafts,
    ...(plan.staging === undefined ? [] : [`/=${escapeGraft(plan.staging)}`]),
  ];
}

/** Share of the image that is written, 0 to 1, from a line of xorriso's. */
export function xorrisoProgress(line: string): number | undefined {
  const percent = /(\d+(?:\.\d+)?)% done/.exec(line)?.[1];
  return percent === undefined ? undefined : Math.min(1, Number(percent) / 100);
}
