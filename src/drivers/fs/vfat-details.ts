import { count, label, oneOf, optional, positive } from "../../layout/kinds/field-schemas.ts";
import type { Filesystem } from "../../layout/types.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";

/** Schemas of these details. */
export const fatFields = {
  width: oneOf(12, 16, 32),
  sectorBytes: positive,
  sectorsPerCluster: positive,
  reservedSectors: count,
  fats: positive,
  rootEntries: count,
  media: count,
  heads: count,
  sectorsPerTrack: count,
  /** `mkfs.fat -v` where the backup was made. */
  toolVersion: optional(label),
};

/** What of a FAT file system has to be the same again. */
export type FatDetails = DetailsOf<typeof fatFields>;

/** The details of a FAT; throws `damaged`. */
export const fatDetails = (fs: Filesystem): FatDetails => decodeDetails(fatFields, fs);
