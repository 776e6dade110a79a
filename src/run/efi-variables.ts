import { viewOf } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { decodeEfiLoadOption, type EfiLoadOption } from "../formats/boot/efi-load-option.ts";
import type { Host } from "../host/host.ts";

const EFIVARS = "/sys/firmware/efi/efivars";
const GLOBAL_GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
const BOOT_VARIABLE = new RegExp(`^Boot([0-9A-F]{4})-${GLOBAL_GUID}$`);
/** efivarfs puts this many bytes of attributes before each variable. */
const ATTRIBUTE_BYTES = 4;
/** Kept without power; there for boot services and for the running system. */
const ATTRIBUTES = [7, 0, 0, 0];

const pathOf = (name: string) => `${EFIVARS}/${name}-${GLOBAL_GUID}`;

/** Writes a boot variable as a whole. The kernel protects none of these against changes. */
function writeVariable(host: Host, name: string, value: Uint8Array): void {
  host.poke(pathOf(name), Uint8Array.from([...ATTRIBUTES, ...value]));
}

/** Throws if the firmware's variables can't be reached. */
export function requireEfiVariables(host: Host): void {
  if (host.list(EFIVARS).length > 0) return;
  throw new MondoError("system", msg`the firmware's variables can't be read: efivarfs isn't mounted`, {
    hint: msg`Add the boot entries later with efibootmgr; without them firmware starts what lies at its fall-back path.`,
  });
}

/** The firmware's entries by number (four hex digits, upper case). */
export function readBootEntries(host: Host): Map<string, EfiLoadOption> {
  const found = host.list(EFIVARS).flatMap((name): [string, EfiLoadOption][] => {
    const number = BOOT_VARIABLE.exec(name)?.[1];
    if (number === undefined) return [];
    const option = decodeEfiLoadOption(host.read(`${EFIVARS}/${name}`).subarray(ATTRIBUTE_BYTES));
    return option ? [[number, option]] : [];
  });
  return new Map(found);
}

/** Writes the entry of a number. */
export function writeBootEntry(host: Host, number: string, option: Uint8Array): void {
  writeVariable(host, `Boot${number}`, option);
}

/** The preferred number, or else the lowest, that no entry has, be it one that can't be read. */
export function freeBootNumber(host: Host, preferred?: string): string {
  const isFree = (number: string) => !host.exists(pathOf(`Boot${number}`));
  if (preferred !== undefined && isFree(preferred)) return preferred;
  for (let number = 0; number <= 0xffff; number++) {
    const text = number.toString(16).toUpperCase().padStart(4, "0");
    if (isFree(text)) return text;
  }
  throw new MondoError("system", msg`the firmware has no number left for another boot entry`);
}

/** Numbers of entries in the order in which the firmware tries them. */
export function readBootOrder(host: Host): string[] {
  if (!host.exists(pathOf("BootOrder"))) return [];
  const bytes = host.read(pathOf("BootOrder")).subarray(ATTRIBUTE_BYTES);
  const numbers = Array.from({ length: Math.floor(bytes.byteLength / 2) }, (_, at) =>
    viewOf(bytes).getUint16(at * 2, true),
  );
  return numbers.map((number) => number.toString(16).toUpperCase().padStart(4, "0"));
}

/** Writes that order. */
export function writeBootOrder(host: Host, numbers: readonly string[]): void {
  const bytes = new Uint8Array(numbers.length * 2);
  numbers.forEach((number, at) => {
    viewOf(bytes).setUint16(at * 2, Number.parseInt(number, 16), true);
  });
  writeVariable(host, "BootOrder", bytes);
}
