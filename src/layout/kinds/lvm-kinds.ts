import * as v from "valibot";
import { msg, told } from "../../base/message.ts";
import { differing } from "../differing.ts";
import { mappedPath } from "../mapped-path.ts";
import type { LogicalVolume, VolumeGroup } from "../types.ts";
import {
  count,
  devicePath,
  filledList,
  identifier,
  label,
  list,
  optional,
  record,
  reference,
  text,
} from "./field-schemas.ts";
import type { KindRow } from "./kind-row.ts";

/** Names of groups and volumes (lvm(8), "VALID NAMES"). */
const lvmName = v.pipe(
  text,
  v.regex(/^(?!\.{1,2}$)[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/, msg`must be a name as LVM allows it`),
);

const called = ({ name }: VolumeGroup) => msg`volume group ${name}`;
const physical = ({ members }: VolumeGroup) => ({ volumes: members.map(({ uuid }) => uuid).sort() });

export const volumeGroupKind: KindRow<VolumeGroup> = {
  role: "group",
  noun: msg`volume group`,
  fields: {
    name: lvmName,
    uuid: identifier,
    members: filledList(
      record({
        on: reference,
        uuid: identifier,
        metadataAreas: count,
        metadataIgnored: optional(v.literal(true, msg`must be true`)),
      }),
    ),
    metadata: label,
  },
  called,
  madeOf: ({ members }) => members.map(({ on }) => on),
  line: ({ name, members }) => ({ name, what: msg`volume group on ${members.length} physical volumes` }),
  memberWords: called,
  mountlistMember: "lvm",
  compared: ["name"],
  differences: (wanted, found, name) => differing(name, physical(wanted), physical(found), ["volumes"]),
};

export const logicalVolumeKind: KindRow<LogicalVolume> = {
  role: "volume",
  noun: msg`logical volume`,
  fields: {
    group: reference,
    name: lvmName,
    path: devicePath,
    uuid: identifier,
    sizeBytes: count,
    segments: list(text),
    cache: optional(text),
    snapshot: optional(v.literal(true, msg`must be true`)),
  },
  madeOf: ({ group }) => [group],
  lowerRoles: ["group"],
  defect({ group, name, path }, find) {
    const of = find(group);
    if (of?.kind !== "volume-group") return msg`${group} is not a volume group`;
    return path === `/dev/${of.name}/${name}` ? undefined : msg`path must be /dev/${of.name}/${name}`;
  },
  isCopy: ({ snapshot }) => snapshot === true,
  line: ({ path, sizeBytes, segments, cache }) => {
    return { name: path, sizeBytes, what: [segments.join(", "), told(cache ?? "")].join(" ").trim() };
  },
  mountlistSize: () => "lvm",
  aliases({ path }) {
    const [, , group = "", name = ""] = path.split("/");
    return [mappedPath(group, name)];
  },
  compared: ["name", "sizeBytes", "segments", "cache"],
};
