import type { Effect } from "../../effects/effect.ts";
import {
  decodeExfatBootSector,
  exfatLabel,
  exfatLabelBytes,
  exfatLabelEntry,
} from "../../formats/fs/exfat-boot-sector.ts";
import { positive } from "../../layout/kinds/field-schemas.ts";
import type { Filesystem } from "../../layout/types.ts";
import type { DeviceReader, FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { decodeDetails } from "../decode-details.ts";

const detailFields = { sectorBytes: positive, clusterBytes: positive };

/** Enough of the root directory to find the label, which stands among its first entries. */
const ROOT_BYTES = 4096;
const NAME_OPTIONS = /^(iocharset|utf8)(=|$)/;

function recognise(read: DeviceReader): FilesystemFacts | undefined {
  const boot = decodeExfatBootSector(read(0, 512));
  if (!boot) return undefined;
  const label = exfatLabel(read(boot.rootOffset, ROOT_BYTES));
  const { sectorBytes, clusterBytes, sizeBytes, serial } = boot;
  return {
    uuid: serial,
    ...(label === undefined ? {} : { label }),
    sizeBytes,
    details: { sectorBytes, clusterBytes },
  };
}

/** What mkfs.exfat takes in any locale. */
const PLAIN_LABEL = /^[\x20-\x7e]*$/;

function labelWrites(read: DeviceReader, label: string): { offset: number; bytes: Uint8Array }[] {
  const boot = decodeExfatBootSector(read(0, 512));
  if (!boot) return [];
  const entry = exfatLabelEntry(read(boot.rootOffset, ROOT_BYTES));
  return entry === undefined ? [] : [{ offset: boot.rootOffset + entry, bytes: exfatLabelBytes(label) }];
}

function effects(fs: Pick<Filesystem, "uuid" | "label">, device: string, words: readonly string[]): readonly Effect[] {
  const odd = fs.label !== undefined && !PLAIN_LABEL.test(fs.label);
  const label = fs.label === undefined ? [] : ["-L", odd ? "LABEL" : fs.label];
  const serial = `0x${(fs.uuid ?? "").replace("-", "")}`;
  return [
    { do: "run", argv: ["mkfs.exfat", ...words, ...label, device], writes: [device] },
    ...(odd ? [{ do: "label", path: device, type: "exfat", label: fs.label } as const] : []),
    ...(fs.uuid === undefined
      ? []
      : [{ do: "run", argv: ["tune.exfat", "-I", serial, device], writes: [device] } as const]),
  ];
}

const make = (fs: Filesystem, device: string) =>
  effects(fs, device, ["-c", String(decodeDetails(detailFields, fs).clusterBytes)]);

/** exFAT: large sticks and cards. */
export const exfatDriver: FilesystemDriver = {
  types: ["exfat"],
  needs: { tools: ["mkfs.exfat", "tune.exfat"], optionalTools: ["fsck.exfat"], modules: ["exfat"] },
  detailFields,
  recognise,
  make,
  labelWrites,
  makePlain: (fs, device) => effects(fs, device, []),
  // Names must be written as they were read.
  restoreOptions: (source) =>
    source
      .split(",")
      .filter((word) => NAME_OPTIONS.test(word))
      .join(","),
  minimumBytes: (fs) => fs.sizeBytes,
  posix: false,
};
