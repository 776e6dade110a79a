import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { KIB } from "../../base/units.ts";
import { differing } from "../differing.ts";
import type { Raid } from "../types.ts";
import {
  count,
  devicePath,
  filledList,
  list,
  name,
  oneOf,
  optional,
  positive,
  record,
  reference,
  text,
} from "./field-schemas.ts";
import type { KindRow } from "./kind-row.ts";

type Member = Raid["members"][number];

/** Versions of md's superblock that leave the start of a member to the array's data. */
const AT_THE_END = new Set(["0.90", "1.0"]);

/** Superblocks of version 1 have room for fewer roles. */
const MOST_SLOTS = 1920;

const memberWords = ({ slot, habits }: Member) => (habits === undefined ? slot : [slot, ...habits].join(" "));

/** Software RAID of Linux. */
export const raidKind: KindRow<Raid> = {
  role: "volume",
  noun: msg`RAID array`,
  fields: {
    path: v.pipe(devicePath, v.regex(/^\/dev\/md[^/]+$/, msg`must begin with "/dev/md"`)),
    name: text,
    uuid: v.pipe(text, v.regex(/^[0-9a-f]{8}(?::[0-9a-f]{8}){3}$/i, msg`must be four groups of 8 hexadecimal digits`)),
    sizeBytes: count,
    level: oneOf("linear", "raid0", "raid1", "raid4", "raid5", "raid6", "raid10"),
    metadata: oneOf("0.90", "1.0", "1.1", "1.2"),
    layout: optional(name),
    chunkBytes: optional(positive),
    componentBytes: optional(positive),
    bitmapChunkBytes: optional(positive),
    writeBehind: optional(positive),
    slots: v.pipe(positive, v.maxValue(MOST_SLOTS, msg`must not be above ${MOST_SLOTS}`)),
    members: filledList(
      record({
        on: reference,
        slot: v.union([count, v.literal("spare")], msg`must be a number or "spare"`),
        dataOffsetBytes: count,
        habits: optional(list(oneOf("writemostly", "failfast"))),
      }),
    ),
  },
  madeOf: ({ members }) => members.map(({ on }) => on),
  defect({ slots, members }) {
    const used = members.flatMap(({ slot }) => (slot === "spare" ? [] : [slot]));
    if (used.some((slot) => slot >= slots)) return msg`a member has a slot beyond the array's ${slots}`;
    return new Set(used).size < used.length ? msg`two members have the same slot` : undefined;
  },
  carries: true,
  takesTable: true,
  isMirrorFromStart: ({ level, metadata }) => level === "raid1" && AT_THE_END.has(metadata),
  line: ({ path, sizeBytes, level, slots, metadata }) => {
    return { name: path, sizeBytes, what: msg`${level} of ${slots}, metadata ${metadata}` };
  },
  memberWords: ({ path }) => msg`part of ${path}`,
  mountlistSize: ({ sizeBytes }) => String(Math.floor(sizeBytes / KIB)),
  mountlistMember: "raid",
  compared: [
    ...(["name", "sizeBytes", "level", "metadata", "layout", "chunkBytes", "componentBytes"] as const),
    ...(["bitmapChunkBytes", "writeBehind", "slots"] as const),
  ],
  differences(wanted, found, called) {
    const words = ({ members }: Raid) => ({ members: members.map(memberWords) });
    return differing(called, words(wanted), words(found), ["members"]);
  },
};
