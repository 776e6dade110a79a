import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { flag, list, oneOf, optional, path, word } from "../../layout/kinds/field-schemas.ts";
import type { Loader } from "../../layout/types.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";

const references = v.object(
  {
    /** File-system UUIDs (`search --fs-uuid`, `root=UUID=`). */
    uuids: list(word),
    /** PARTUUIDs (`root=PARTUUID=`). */
    partitionUuids: list(word),
    /** Device names (`root=/dev/sda1`): only right while the disk keeps its name. */
    devices: list(word),
    /** Numbers of btrfs subvolumes (`rootflags=subvolid=257`): a restored one has another. Default: none is named. */
    subvolumes: optional(list(word)),
  },
  msg`must be an object`,
);

const grubFields = {
  directory: path,
  install: oneOf("grub-install", "grub2-install"),
  references,
  /** Where the file system with the menu's entries is mounted, when they are those of the Boot Loader Specification. */
  bls: optional(path),
  /** The entries' files, and where GRUB keeps the words that they share. */
  configs: optional(list(path)),
};

/** Schemas of the details of a GRUB that BIOS starts. */
export const grubBiosFields = {
  ...grubFields,
  /** Whether grub-install and the modules for BIOS are there. */
  modules: optional(flag),
};

/** Schemas of the details of a GRUB that UEFI starts. */
export const grubUefiFields = {
  ...grubFields,
  /** Mount point of the first ESP. */
  esp: path,
  /** Files on the ESPs below `EFI/`, as paths of the set. */
  files: list(path),
};

/** What GRUB's configuration names: these must exist for the system to start. */
export type GrubReferences = v.InferOutput<typeof references>;

/** Details that every GRUB loader node carries. */
export type GrubDetails = DetailsOf<typeof grubFields>;

/** The same of a GRUB that UEFI starts. */
export type GrubUefiDetails = DetailsOf<typeof grubUefiFields>;

/** The details of any GRUB; throws `damaged`. */
export const grubDetails = (loader: Loader): GrubDetails => decodeDetails(grubFields, loader);

/** The details of a GRUB that UEFI starts; throws `damaged`. */
export const grubUefiDetails = (loader: Loader): GrubUefiDetails => decodeDetails(grubUefiFields, loader);
