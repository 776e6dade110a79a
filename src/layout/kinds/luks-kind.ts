import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { differing, identified } from "../differing.ts";
import type { Luks } from "../types.ts";
import {
  count,
  devicePath,
  identifier,
  label,
  list,
  name,
  oneOf,
  optional,
  positive,
  record,
  reference,
  word,
} from "./field-schemas.ts";
import type { KindRow } from "./kind-row.ts";

const pbkdf = v.variant(
  "type",
  [
    record({ type: v.literal("pbkdf2"), hash: name, iterations: positive }),
    record({ type: oneOf("argon2i", "argon2id"), iterations: positive, memoryKib: positive, threads: positive }),
  ],
  msg`must be pbkdf2, argon2i or argon2id`,
);

/** Of the first key slot: the one that a restore makes again in any case. */
function slotDifferences(wanted: Luks, found: Luks): string[] {
  const [slot, at] = [wanted.slots[0], found.slots[0]];
  const keys = ["type", "iterations", "hash"];
  return slot ? differing(msg`${wanted.path} (key slot)`, slot.pbkdf, at?.pbkdf ?? {}, keys) : [];
}

/** Volumes encrypted by LUKS, opened. */
export const luksKind: KindRow<Luks> = {
  role: "volume",
  noun: msg`LUKS volume`,
  fields: {
    on: reference,
    path: devicePath,
    name,
    version: oneOf(1, 2),
    uuid: identifier,
    label: optional(label),
    subsystem: optional(label),
    cipher: name,
    keyBytes: positive,
    sectorBytes: positive,
    hash: name,
    dataOffsetBytes: count,
    sizeBytes: count,
    slots: list(record({ number: count, pbkdf, cipher: optional(name), keyBytes: optional(positive) })),
    flags: list(word),
    tokens: list(word),
    metadataBytes: optional(positive),
    keyslotsBytes: optional(positive),
    header: optional(name),
  },
  madeOf: ({ on }) => [on],
  defect: ({ path, name }) => (path === `/dev/mapper/${name}` ? undefined : msg`path must be /dev/mapper/${name}`),
  carries: true,
  encrypts: true,
  line: (luks) => {
    const { path, sizeBytes, version, cipher } = luks;
    return { name: path, sizeBytes, what: `LUKS${version} ${cipher} ${identified(luks)}` };
  },
  memberWords: (luks) => msg`encrypted ${luks.name}`,
  tags: ({ uuid, label }) => ({ uuid, label }),
  // What opening costs depends on the machine that made the key slot: iterations and kind count, memory and threads
  // don't.
  compared: [
    ...(["name", "version", "label", "subsystem", "cipher", "keyBytes", "sectorBytes", "hash"] as const),
    ...(["dataOffsetBytes", "flags"] as const),
  ],
  differences(wanted, found, called) {
    // It is as large as what is left of its device, which may be larger here.
    const room = found.sizeBytes < wanted.sizeBytes ? differing(called, wanted, found, ["sizeBytes"]) : [];
    return [...room, ...slotDifferences(wanted, found)];
  },
};
