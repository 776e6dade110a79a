import type { Effect } from "../../effects/effect.ts";
import { decodeExfatBootSector, exfatLabel } from "../../formats/fs/exfat-boot-sector.ts";
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

function make(fs: Filesystem, device: string): readonly Effect[] {
  const { clusterBytes } = decodeDetails(detailFields, fs);
  const label = fs.label === undefined ? [] : ["-L", fs.label];
  const serial = `0x${(fs.uuid ?? "").replace("-", "")}`;
  return [
    { do: "run", argv: ["mkfs.exfat", "-c", String(clusterBytes), ...label, device], writes: [device] },
    ...(fs.uuid === undefined
      ? []
      : [{ do: "run", argv: ["tune.exfat", "-I", serial, device], writes: [device] } as const]),
  ];
}

/** exFAT: large sticks and cards. */
export const exfatDriver: FilesystemDriver = {
  types: ["exfat"],
  needs: { tools: ["mkfs.exfat", "tune.exfat"], optionalTools: ["fsck.exfat"], modules: ["exfat"] },
  detailFields,
  recognise,
  make,
  makePlain: (_type, device) => [{ do: "run", argv: ["mkfs.exfat", device], writes: [device] }],
  // Names must be written as they were read.
  restoreOptions: (source) =>
    source
      .split(",")
      .filter((word) => NAME_OPTIONS.test(word))
      .join(","),
  minimumBytes: (fs) => fs.sizeBytes,
  posix: false,
};
