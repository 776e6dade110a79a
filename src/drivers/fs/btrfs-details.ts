import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { count, identifier, label, list, oneOf, optional, positive, word } from "../../layout/kinds/field-schemas.ts";
import type { Filesystem } from "../../layout/types.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";

const groupId = v.pipe(word, v.regex(/^\d+\/\d+$/, msg`must be a level and a number`));

const mountedFields = {
  dataProfile: optional(word),
  metadataProfile: optional(word),
  /** How space is counted by subvolume. Default: it isn't. */
  quotas: optional(oneOf("full", "simple")),
  /** Groups with a limit, a group above, or members of their own. */
  quotaGroups: optional(
    list(
      v.object({
        id: groupId,
        maxReferenced: optional(count),
        maxExclusive: optional(count),
        parents: v.pipe(list(groupId), v.readonly()),
      }),
    ),
  ),
  /** Why the subvolumes could not be listed. */
  unlisted: optional(label),
};

/** The details that only a mounted btrfs tells. */
export type BtrfsMounted = DetailsOf<typeof mountedFields>;

/** These of a btrfs; none of one whose superblock could not be read. Throws `damaged`. */
export const btrfsMounted = (fs: Filesystem): BtrfsMounted => decodeDetails(mountedFields, fs);

/** Schemas of these details. */
export const btrfsFields = {
  ...mountedFields,
  features: list(word),
  unknown: list(word),
  nodeBytes: positive,
  sectorBytes: positive,
  checksum: word,
  /** Profile of the block groups that hold the map of all others: that of all metadata as a rule. */
  systemProfile: word,
  devices: positive,
  /** UUID of a single device within the file system (blkid's UUID_SUB). */
  deviceUuid: optional(identifier),
  /** `mkfs.btrfs --version` where the backup was made. */
  toolVersion: optional(label),
};

/** What of a btrfs has to be the same again. */
export type BtrfsDetails = DetailsOf<typeof btrfsFields>;

/** The details of a btrfs; throws `damaged`. */
export const btrfsDetails = (fs: Filesystem): BtrfsDetails => decodeDetails(btrfsFields, fs);
