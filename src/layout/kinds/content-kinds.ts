import * as v from "valibot";
import { msg, told } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { identified } from "../differing.ts";
import type { Filesystem, Image, LayoutNode, Mount, PhysicalVolume, Subvolume, Swap, Unsupported } from "../types.ts";
import { filesystemDetails } from "./details-schemas.ts";
import {
  count,
  devicePath,
  flag,
  identifier,
  innerPath,
  label,
  list,
  name,
  oneOf,
  optional,
  path,
  record,
  reference,
  text,
  word,
} from "./field-schemas.ts";
import type { KindRow } from "./kind-row.ts";

const only = v.literal(true, msg`must be true`);

const isKind =
  <K extends LayoutNode["kind"]>(kind: K) =>
  (node: LayoutNode): node is Extract<LayoutNode, { kind: K }> =>
    node.kind === kind;

export const filesystemKind: KindRow<Filesystem> = {
  role: "content",
  noun: msg`file system`,
  fields: {
    on: reference,
    alsoOn: optional(list(record({ on: reference, sizeBytes: count }))),
    type: name,
    uuid: optional(identifier),
    label: optional(label),
    sizeBytes: count,
    usedBytes: optional(count),
    usedSharingBytes: optional(count),
    usedInodes: optional(count),
    details: filesystemDetails,
  },
  on: (fs) => fs.on,
  defect({ sizeBytes, alsoOn = [] }) {
    const others = alsoOn.reduce((sum, other) => sum + other.sizeBytes, 0);
    return others > sizeBytes ? msg`sizeBytes is less than what it has on its further devices` : undefined;
  },
  madeOf: ({ alsoOn = [] }) => alsoOn.map(({ on }) => on),
  words(fs, above) {
    const subvolumes = above.filter(isKind("subvolume")).filter(({ leftOut }) => leftOut !== true).length;
    const counted = subvolumes === 0 ? [] : [msg`${subvolumes} subvolume${subvolumes === 1 ? "" : "s"}`];
    const used = fs.usedBytes === undefined ? [] : [msg`${formatBytes(fs.usedBytes)} used`];
    const mounted = above.filter(isKind("mount")).map((mount) => mount.path);
    return { what: [`${fs.type} ${identified(fs)}`.trim(), ...counted], use: [...mounted, ...used] };
  },
  tags: ({ uuid, label }) => ({ uuid, label }),
};

export const subvolumeKind: KindRow<Subvolume> = {
  role: "use",
  noun: msg`subvolume`,
  fields: {
    of: reference,
    path: innerPath,
    number: count,
    uuid: optional(identifier),
    snapshotOf: optional(identifier),
    readOnly: flag,
    isDefault: flag,
    at: optional(path),
    leftOut: optional(only),
  },
  on: ({ of }) => of,
  lowerRoles: ["content"],
  compared: ["readOnly", "isDefault"],
};

export const mountKind: KindRow<Mount> = {
  role: "use",
  noun: msg`mount`,
  fields: { of: reference, path, options: text, root: path },
  on: ({ of }) => of,
  lowerRoles: ["content"],
};

export const swapKind: KindRow<Swap> = {
  role: "content",
  noun: msg`swap area`,
  fields: { on: reference, uuid: optional(identifier), label: optional(label), sizeBytes: count, active: flag },
  on: (swap) => swap.on,
  words: (swap) => ({ what: [`swap ${identified(swap)}`.trim()] }),
  tags: ({ uuid, label }) => ({ uuid, label }),
  compared: ["uuid", "label"],
};

export const physicalVolumeKind: KindRow<PhysicalVolume> = {
  role: "content",
  noun: msg`physical volume of LVM`,
  fields: { on: reference, path: devicePath, uuid: identifier, metadataAreas: count, metadataIgnored: optional(only) },
  on: (volume) => volume.on,
  words: ({ uuid }) => ({ what: [msg`physical volume of LVM in no group, UUID=${uuid}`] }),
  compared: ["metadataAreas", "metadataIgnored"],
};

/** Paths of archive entries: relative, and never upwards. */
const entry = v.pipe(word, v.regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^/]/, msg`must be a path inside the archive`));

export const imageKind: KindRow<Image> = {
  role: "content",
  noun: msg`image`,
  fields: {
    on: reference,
    path: devicePath,
    what: label,
    uuid: optional(label),
    sizeBytes: count,
    entry,
    storedBytes: count,
    gaps: oneOf("zeros", "unused"),
  },
  on: (image) => image.on,
  words: (image) => ({ what: [msg`image of ${told(image.what)} ${identified(image)}`.trim()] }),
  tags: ({ uuid }) => ({ uuid }),
};

export const unsupportedKind: KindRow<Unsupported> = {
  role: "machine",
  noun: msg`device`,
  // What it lies on may be no part of the set: a root on a device that nobody knows.
  fields: { on: label, path: label, what: label },
  on: (node) => node.on,
  line: ({ path: at, what }) => ({ name: at, what: msg`${told(what)} (can't be rebuilt)` }),
};
