import type { EffectOf, EfiChoice } from "../effects/effect.ts";
import { type EfiLoadOption, encodeEfiLoadOption } from "../formats/boot/efi-load-option.ts";
import type { Host } from "../host/host.ts";
import {
  freeBootNumber,
  readBootEntries,
  readBootOrder,
  requireEfiVariables,
  writeBootEntry,
  writeBootOrder,
} from "./efi-variables.ts";

const backslashes = (file: string | undefined) => file?.replaceAll("/", "\\");
const sameText = (a: string | undefined, b: string | undefined) => a?.toLowerCase() === b?.toLowerCase();
const asBase64 = (bytes: Uint8Array = new Uint8Array(0)) => Buffer.from(bytes).toString("base64");

/** Whether an entry is the chosen one; the firmware's own are identified by their labels. */
function isChosen(choice: EfiChoice, option: EfiLoadOption): boolean {
  if (choice.partitionUuid === undefined) return option.label === choice.label && option.file === undefined;
  const starts = sameText(option.partitionUuid, choice.partitionUuid);
  if (!starts || !sameText(backslashes(option.file), backslashes(choice.file))) return false;
  return choice.data === undefined || (option.label === choice.label && asBase64(option.data) === choice.data);
}

/** Bytes of a disk's sectors: firmware counts in them. */
function sectorBytes(host: Host, disk: string): number {
  const name = (host.realPath(disk) ?? disk).slice("/dev/".length);
  const text = host.tryReadText(`/sys/class/block/${name}/queue/logical_block_size`);
  const bytes = Number(text?.trim() ?? "");
  return Number.isFinite(bytes) ? Math.max(bytes, 512) : 512;
}

function optionOf(host: Host, effect: EffectOf<"efiEntry">): Uint8Array {
  const { disk, partition, partitionUuid, startBytes, sizeBytes, label, file, attributes, data } = effect;
  const bytes = sectorBytes(host, disk);
  return encodeEfiLoadOption({
    label,
    attributes,
    partition,
    partitionUuid,
    firstSector: Math.floor(startBytes / bytes),
    sectors: Math.floor(sizeBytes / bytes),
    ...(file === undefined ? {} : { file: file.replaceAll("/", "\\") }),
    ...(data === undefined ? {} : { data: Uint8Array.from(Buffer.from(data, "base64")) }),
  });
}

/** Moves the source's entries to the front, in the source's order. Adds none that the firmware doesn't have. */
export function orderEfiEntries(host: Host, order: readonly EfiChoice[]): void {
  const entries = [...readBootEntries(host)];
  const before = readBootOrder(host);
  const wanted = order.flatMap((choice) => {
    const mayJoin = choice.partitionUuid !== undefined;
    const found = entries.filter(
      ([number, option]) => isChosen(choice, option) && (mayJoin || before.includes(number)),
    );
    return found.map(([number]) => number);
  });
  const after = [...new Set([...wanted, ...before])];
  if (after.join() !== before.join()) writeBootOrder(host, after);
}

/**
 * Adds an entry to the firmware's boot menu, unless it is there already; one that differs in its attributes alone
 * (inactive) gets these.
 */
export function makeEfiEntry(host: Host, effect: EffectOf<"efiEntry">): void {
  requireEfiVariables(host);
  const known = [...readBootEntries(host)].find(([, option]) => isChosen(effect, option));
  const exact = effect.data !== undefined;
  if (known && (!exact || known[1].attributes === effect.attributes)) return;
  writeBootEntry(host, known?.[0] ?? freeBootNumber(host, effect.number), optionOf(host, effect));
}
