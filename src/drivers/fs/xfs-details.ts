import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { count, flag, label, list, optional, positive, word } from "../../layout/kinds/field-schemas.ts";
import type { Filesystem } from "../../layout/types.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";

const isOn = optional(v.literal(true, msg`must be true`));
const featureFields = {
  crc: flag,
  finobt: flag,
  sparse: flag,
  rmapbt: flag,
  reflink: flag,
  bigtime: flag,
  inobtcount: flag,
  nrext64: flag,
  ftype: flag,
  "lazy-count": flag,
  projid32bit: flag,
  attr2: flag,
  ci: flag,
  // Rare yet: among the details only where they are on.
  exchange: isOn,
  parent: isOn,
};

/** Schemas of these details. */
export const xfsFields = {
  blockBytes: positive,
  dataBlocks: positive,
  agBlocks: positive,
  sectorBytes: positive,
  inodeBytes: positive,
  inodeMaxPercent: count,
  directoryBlockBytes: positive,
  logBlocks: count,
  logSectorBytes: positive,
  logStripeBytes: count,
  stripeUnitBlocks: count,
  stripeWidthBlocks: count,
  externalLog: flag,
  realtime: flag,
  features: v.object(featureFields),
  unknown: list(word),
  /** `mkfs.xfs -V` where the backup was made; the rescue has the same tool. */
  toolVersion: optional(label),
};

/** What of an XFS has to be the same again. Sizes in bytes unless they say otherwise. */
export type XfsDetails = DetailsOf<typeof xfsFields>;

/** The details of an XFS; throws `damaged`. */
export const xfsDetails = (fs: Filesystem): XfsDetails => decodeDetails(xfsFields, fs);
