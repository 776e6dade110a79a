import { viewOf } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import type { Effect, EfiChoice } from "../effects/effect.ts";
import { decodeEfiLoadOption, type EfiLoadOption } from "../formats/boot/efi-load-option.ts";
import type { Host } from "../host/host.ts";

const EFIVARS = "/sys/firmware/efi/efivars";
const BOOT_VARIABLE = /^Boot([0-9A-F]{4})-8be4df61-93ca-11d2-aa0d-00e098032b8c$/;
const BOOT_ORDER = `${EFIVARS}/BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
/** efivarfs puts this many bytes of attributes before each variable. */
const ATTRIBUTE_BYTES = 4;

type EfiEntryEffect = Extract<Effect, { do: "efiEntry" }>;

const sameFile = (a: string | undefined, b: string) =>
  a?.replaceAll("/", "\\").toLowerCase() === b.replaceAll("/", "\\").toLowerCase();

/** The firmware's entries by number. */
function readEntries(host: Host): [number: string, EfiLoadOption][] {
  return host.list(EFIVARS).flatMap((name): [string, EfiLoadOption][] => {
    const number = BOOT_VARIABLE.exec(name)?.[1];
    if (number === undefined) return [];
    const option = decodeEfiLoadOption(host.read(`${EFIVARS}/${name}`).subarray(ATTRIBUTE_BYTES));
    return option ? [[number, option]] : [];
  });
}

/** Numbers of the firmware's entries that start this file on this partition. */
export function matchingEntries(host: Host, effect: Pick<EfiEntryEffect, "partitionUuid" | "file">): string[] {
  return readEntries(host).flatMap(([number, option]) =>
    option.partitionUuid === effect.partitionUuid && sameFile(option.file, effect.file) ? [number] : [],
  );
}

function bootOrder(host: Host): string[] {
  if (!host.exists(BOOT_ORDER)) return [];
  const bytes = host.read(BOOT_ORDER).subarray(ATTRIBUTE_BYTES);
  const numbers = Array.from({ length: Math.floor(bytes.byteLength / 2) }, (_, at) =>
    viewOf(bytes).getUint16(at * 2, true),
  );
  return numbers.map((number) => number.toString(16).toUpperCase().padStart(4, "0"));
}

/** Whether an entry is the chosen one; the firmware's own are identified by their labels. */
function isChosen(choice: EfiChoice, option: EfiLoadOption): boolean {
  if (choice.file === undefined) return option.label === choice.label && option.file === undefined;
  return option.partitionUuid === choice.partitionUuid && sameFile(option.file, choice.file);
}

/** Moves the source's entries to the front, in the source's order. Adds none that the firmware doesn't have. */
export async function orderEfiEntries(host: Host, order: readonly EfiChoice[]): Promise<void> {
  const entries = readEntries(host);
  const before = bootOrder(host);
  const wanted = order.flatMap((choice) => {
    const found = entries.filter(([number, option]) => before.includes(number) && isChosen(choice, option));
    return found.map(([number]) => number);
  });
  const after = [...new Set([...wanted, ...before])];
  if (after.join() === before.join()) return;
  await host.run({ argv: ["efibootmgr", "-q", "-o", after.join(",")], timeoutMs: 60_000 });
}

/** Adds a loader to the firmware's boot menu, in first place, unless it is there already. */
export async function makeEfiEntry(host: Host, effect: EfiEntryEffect): Promise<void> {
  if (host.list(EFIVARS).length === 0) {
    throw new MondoError("system", "the firmware's variables can't be read: efivarfs isn't mounted", {
      hint: "The machine will start by the fallback path; add the entry later with efibootmgr.",
    });
  }
  if (matchingEntries(host, effect).length > 0) return;
  const { disk, partition, label, file } = effect;
  const argv = [
    "efibootmgr",
    "-q",
    "-c",
    "-d",
    disk,
    "-p",
    String(partition),
    "-L",
    label,
    "-l",
    file.replaceAll("/", "\\"),
  ];
  await host.run({ argv, timeoutMs: 60_000 });
}
