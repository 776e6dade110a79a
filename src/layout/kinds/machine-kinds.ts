import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { rebuildCommand } from "../initramfs-makers.ts";
import type {
  Crypttab,
  DeviceNames,
  Firmware,
  Fstab,
  Hardware,
  Hidden,
  LeftOut,
  Loader,
  Note,
  SwapFile,
  Unsaved,
} from "../types.ts";
import { loaderDetails } from "./details-schemas.ts";
import {
  base64,
  count,
  devicePath,
  filledList,
  flag,
  identifier,
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

const bootNumber = v.pipe(text, v.regex(/^[0-9A-F]{4}$/, msg`must be four hexadecimal digits in upper case`));

export const swapFileKind: KindRow<SwapFile> = {
  role: "machine",
  noun: msg`swap file`,
  fields: {
    path,
    uuid: optional(identifier),
    label: optional(label),
    sizeBytes: count,
    mode: v.pipe(count, v.maxValue(0o7777, msg`must not be above 07777`)),
    active: flag,
    resumeOffset: optional(count),
  },
};

export const firmwareKind: KindRow<Firmware> = {
  role: "machine",
  noun: msg`firmware`,
  fields: {
    mode: oneOf("bios", "uefi"),
    secureBoot: flag,
    entries: list(
      record({
        number: bootNumber,
        label,
        active: flag,
        partitionUuid: optional(identifier),
        file: optional(label),
        attributes: optional(v.pipe(count, v.maxValue(0xffffffff, msg`must fit into 32 bits`))),
        data: optional(base64),
        fileMissing: optional(v.literal(true, msg`must be true`)),
      }),
    ),
    bootOrder: list(bootNumber),
  },
};

export const loaderKind: KindRow<Loader> = {
  role: "machine",
  noun: msg`boot loader`,
  fields: { type: name, on: list(reference), details: loaderDetails },
  mentions: ({ on }) => on,
  withoutMentions(loader, gone) {
    const on = loader.on.filter((id) => !gone.has(id));
    return on.length === 0 && loader.on.length > 0 ? undefined : { ...loader, on };
  },
};

export const fstabKind: KindRow<Fstab> = {
  role: "machine",
  noun: "/etc/fstab",
  fields: { entries: list(record({ spec: word, path: word, type: word, options: text })) },
};

export const crypttabKind: KindRow<Crypttab> = {
  role: "machine",
  noun: "/etc/crypttab",
  fields: { entries: list(record({ name: word, source: word, key: text, options: list(text) })) },
};

export const deviceNamesKind: KindRow<DeviceNames> = {
  role: "machine",
  noun: msg`list of device names`,
  fields: { uses: list(record({ file: path, name: devicePath, node: reference })) },
  mentions: ({ uses }) => uses.map(({ node }) => node),
  withoutMentions: (names, gone) => ({ ...names, uses: names.uses.filter(({ node }) => !gone.has(node)) }),
};

export const hardwareKind: KindRow<Hardware> = {
  role: "machine",
  noun: msg`hardware`,
  fields: {
    kernel: word,
    storageDrivers: list(name),
    commandLine: optional(text),
    rebuild: optional(
      v.pipe(
        filledList(word),
        v.check(([program]) => rebuildCommand(program) !== undefined, msg`must be a command that is known here`),
      ),
    ),
  },
};

export const leftOutKind: KindRow<LeftOut> = {
  role: "machine",
  noun: msg`disk that is left out`,
  fields: {
    path: devicePath,
    why: label,
    receives: optional(label),
    holdsData: flag,
    sizeBytes: count,
    identities: optional(list(label)),
    serial: optional(label),
    wwn: optional(label),
  },
};

export const unsavedKind: KindRow<Unsaved> = {
  role: "machine",
  noun: msg`mount that is not saved`,
  fields: {
    path: label,
    what: label,
    why: label,
    standing: oneOf("lost", "elsewhere", "idle"),
    sizeBytes: optional(count),
  },
};

export const hiddenKind: KindRow<Hidden> = {
  role: "machine",
  noun: msg`place below a mount`,
  fields: { path, under: path, files: count, sizeBytes: count },
};

export const noteKind: KindRow<Note> = { role: "machine", noun: msg`note`, fields: { text: label } };
