import { viewOf } from "../base/bytes.ts";
import { entryPath } from "../drivers/loader/esps.ts";
import { decodeEfiLoadOption } from "../formats/boot/efi-load-option.ts";
import type { EfiEntry, Firmware, Layout } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import type { Facts } from "./facts.ts";

/** efivarfs puts four bytes of attributes before each variable. */
const ATTRIBUTE_BYTES = 4;

/** How the machine was started, from its EFI variables (none: BIOS). */
export function firmwareFrom(efi: Facts["efi"]): Firmware {
  const none: Firmware = {
    kind: "firmware",
    id: "firmware",
    mode: "bios",
    secureBoot: false,
    entries: [],
    bootOrder: [],
  };
  if (!efi) return none;
  const variables = new Map(
    efi.variables.map(({ name, base64 }) => [
      name,
      new Uint8Array(Buffer.from(base64, "base64")).subarray(ATTRIBUTE_BYTES),
    ]),
  );
  const entries = [...variables].flatMap(([name, bytes]): EfiEntry[] => {
    const number = /^Boot([0-9A-F]{4})$/.exec(name)?.[1];
    const option = number === undefined ? undefined : decodeEfiLoadOption(bytes);
    if (!option || number === undefined) return [];
    const { data, ...rest } = option;
    return [{ number, ...rest, ...(data === undefined ? {} : { data: Buffer.from(data).toString("base64") }) }];
  });
  const order = variables.get("BootOrder") ?? new Uint8Array(0);
  const bootOrder = Array.from({ length: Math.floor(order.byteLength / 2) }, (_, index) =>
    viewOf(order)
      .getUint16(index * 2, true)
      .toString(16)
      .toUpperCase()
      .padStart(4, "0"),
  );
  return { ...none, mode: "uefi", secureBoot: variables.get("SecureBoot")?.[0] === 1, entries, bootOrder };
}

/** Marks the entries whose file is gone from where it should lie; `files` are those that were looked for. */
export function withMissingFiles(firmware: Firmware, layout: Layout, files: readonly string[]): Firmware {
  const known = new Set(files.map((path) => path.toLowerCase()));
  const entries = firmware.entries.map((entry): EfiEntry => {
    const partition = nodesOf(layout, "partition").find(({ uuid }) => uuid === entry.partitionUuid);
    const path = partition && entryPath(layout, entry, partition);
    return path === undefined || known.has(path.toLowerCase()) ? entry : { ...entry, fileMissing: true };
  });
  return { ...firmware, entries };
}
