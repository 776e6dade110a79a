import { decodeFatBootSector, fatRootLabel } from "../../formats/fs/fat.ts";
import type { Filesystem } from "../../layout/types.ts";
import type { DeviceReader, FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { type FatDetails, fatDetails, fatFields } from "./vfat-details.ts";
import { minimumFatBytes, resizedFat } from "./vfat-size.ts";

/** Enough of the root directory to find the label, which mkfs.fat and Windows put first. */
const ROOT_BYTES = 4096;

function recognise(read: DeviceReader): FilesystemFacts | undefined {
  const boot = decodeFatBootSector(read(0, 512));
  if (!boot) return undefined;
  const label = fatRootLabel(read(boot.rootOffset, ROOT_BYTES)) ?? boot.label;
  const { width, sectorBytes, sectorsPerCluster, reservedSectors, fats, rootEntries, media, heads, sectorsPerTrack } =
    boot;
  const shape = { width, sectorBytes, sectorsPerCluster, reservedSectors, fats, rootEntries, media };
  const details: FatDetails = { ...shape, heads, sectorsPerTrack };
  return {
    uuid: `${boot.volumeId.slice(0, 4)}-${boot.volumeId.slice(4)}`,
    ...(label === "" ? {} : { label }),
    sizeBytes: boot.sectors * sectorBytes,
    details,
  };
}

/** The size is rounded to whole tracks, so they must be the same; `-g` came with dosfstools 4.2. */
function geometry(d: FatDetails): string[] {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(d.toolVersion ?? "9.9") ?? [];
  const knows = Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 2);
  return knows && d.heads > 0 && d.sectorsPerTrack > 0 ? ["-g", `${d.heads}/${d.sectorsPerTrack}`] : [];
}

function makeCommand(fs: Filesystem, device: string): string[] {
  const d = fatDetails(fs);
  return [
    ...["mkfs.fat", "-I", "-F", String(d.width), "-S", String(d.sectorBytes), "-s", String(d.sectorsPerCluster)],
    ...["-R", String(d.reservedSectors), "-f", String(d.fats), "-M", `0x${d.media.toString(16)}`],
    ...(d.width === 32 ? [] : ["-r", String(d.rootEntries)]),
    ...geometry(d),
    // -a: the figures above are the result of an alignment already; a second one would change them.
    ...["-a", "-i", (fs.uuid ?? "").replace("-", "")],
    ...(fs.label === undefined ? [] : ["-n", fs.label]),
    device,
    String(Math.floor(fs.sizeBytes / 1024)),
  ];
}

const NAME_OPTIONS = /^(codepage|iocharset|shortname|utf8)(=|$)/;

/** FAT as Linux mounts it: the EFI system partition, sticks. */
export const vfatDriver: FilesystemDriver = {
  types: ["vfat"],
  needs: {
    tools: ["mkfs.fat"],
    optionalTools: ["fsck.fat", "mkfs.vfat", "fatlabel"],
    modules: ["vfat", "nls_cp437", "nls_iso8859-1", "nls_ascii", "nls_utf8"],
  },
  toolVersion: ["mkfs.fat", "-v"],
  detailFields: fatFields,
  recognise,
  makePlain: (_type, device) => [{ do: "run", argv: ["mkfs.fat", "-I", device], writes: [device] }],
  make: (fs, device) => [{ do: "run", argv: makeCommand(fs, device), writes: [device] }],
  // Names must be written as they were read.
  restoreOptions: (source) =>
    source
      .split(",")
      .filter((word) => NAME_OPTIONS.test(word))
      .join(","),
  minimumBytes: minimumFatBytes,
  resized: resizedFat,
  posix: false,
};
