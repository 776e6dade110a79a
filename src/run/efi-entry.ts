import { MondoError } from "../base/errors.ts";
import { decodeEfiLoadOption } from "../formats/efi-load-option.ts";
import type { Host } from "../host/host.ts";
import type { Effect } from "../plan/types.ts";

const EFIVARS = "/sys/firmware/efi/efivars";
const BOOT_VARIABLE = /^Boot([0-9A-F]{4})-8be4df61-93ca-11d2-aa0d-00e098032b8c$/;

type EfiEntryEffect = Extract<Effect, { do: "efiEntry" }>;

const sameFile = (a: string | undefined, b: string) =>
  a?.replaceAll("/", "\\").toLowerCase() === b.replaceAll("/", "\\").toLowerCase();

/** Numbers of the firmware's entries that start this file on this partition. */
export function matchingEntries(host: Host, effect: EfiEntryEffect): string[] {
  return host.list(EFIVARS).flatMap((name) => {
    const number = BOOT_VARIABLE.exec(name)?.[1];
    if (number === undefined) return [];
    const option = decodeEfiLoadOption(host.read(`${EFIVARS}/${name}`).subarray(4));
    return option?.partitionUuid === effect.partitionUuid && sameFile(option.file, effect.file) ? [number] : [];
  });
}

/** Enters a loader in the firmware's boot menu, first in order. One that is there already is kept and not doubled. */
export async function makeEfiEntry(host: Host, effect: EfiEntryEffect): Promise<void> {
  if (host.list(EFIVARS).length === 0) {
    throw new MondoError("system", "the firmware's variables can't be reached: efivarfs isn't mounted", {
      hint: "The machine starts by the fallback path; add the entry later with efibootmgr.",
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
