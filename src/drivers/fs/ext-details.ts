import {
  count,
  flag,
  identifier,
  integer,
  label,
  list,
  optional,
  positive,
  text,
  word,
} from "../../layout/kinds/field-schemas.ts";
import type { Filesystem } from "../../layout/types.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";

/** Schemas of these details. */
export const extFields = {
  features: list(word),
  blockBytes: positive,
  clusterBytes: positive,
  blocks: positive,
  inodes: positive,
  inodeBytes: positive,
  reservedBlocks: count,
  reservedUid: count,
  reservedGid: count,
  flexGroups: count,
  blocksPerGroup: positive,
  journalBytes: count,
  /** Part of the journal that takes fast commits. Default: none. */
  fastCommitBytes: optional(positive),
  externalJournal: flag,
  revision: count,
  hashSeed: identifier,
  hashVersion: count,
  errors: count,
  maxMountCount: integer,
  checkIntervalSeconds: count,
  defaultMountOptions: count,
  mountOptions: text,
  stride: count,
  stripeWidth: count,
  quotas: text,
  encoding: count,
  /** Default: none is set. */
  encodingFlags: optional(count),
  /** `mke2fs -V` where the backup was made; the rescue has the same tool. */
  toolVersion: optional(label),
};

/** What of an ext file system has to be the same again. */
export type ExtDetails = DetailsOf<typeof extFields>;

/** The details of a file system of this driver; throws `damaged`. */
export const extDetails = (fs: Filesystem): ExtDetails => decodeDetails(extFields, fs);
