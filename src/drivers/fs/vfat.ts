import type { Effect } from "../../effects/effect.ts";
import { decodeFatBootSector, fatLabelBytes, fatLabelEntry, fatRootLabel } from "../../formats/fs/fat.ts";
import type { Filesystem, FilesystemDetails } from "../../layout/types.ts";
import type { ByteRange, DeviceReader, FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { type FatDetails, fatDetails, fatFields } from "./vfat-details.ts";
import { minimumFatBytes, resizedFat } from "./vfat-size.ts";

/** Enough of the root directory to find the label, which mkfs.fat and Windows put first. */
const ROOT_BYTES = 4096;

/** The jump and the maker's name; where code begins behind the parameters, and ends before the signature. */
const BEFORE_BPB = [0, 11] as const;
const CODE_FAT16 = 62;
const CODE_FAT32 = 90;
const SIGNATURE = 510;

/** Where FAT32 keeps the copy of its first sector, as a rule. */
const COPY_SECTOR = 6;

/** Code around the parameters; that of FAT32 in the copy, too, or fsck.fat finds the two different. */
function bootAreas({ width, sectorBytes = 512, reservedSectors }: FilesystemDetails): readonly ByteRange[] {
  const areas: readonly ByteRange[] = [BEFORE_BPB, [width === 32 ? CODE_FAT32 : CODE_FAT16, SIGNATURE]];
  if (width !== 32 || Number(reservedSectors) <= COPY_SECTOR) return areas;
  const copy = COPY_SECTOR * sectorBytes;
  return [...areas, ...areas.map(([from, to]): ByteRange => [copy + from, copy + to])];
}

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

/**
 * What every mkfs.fat stores as it is. It refuses `BOOT.EFI` and `100%`, which older ones took, and takes letters
 * beyond ASCII for text that it converts to some code page.
 */
const PLAIN_LABEL = /^[\w-][\w -]*$/;

function labelWrites(read: DeviceReader, label: string): { offset: number; bytes: Uint8Array }[] {
  const boot = decodeFatBootSector(read(0, 512));
  if (!boot) return [];
  const entry = fatLabelEntry(read(boot.rootOffset, ROOT_BYTES));
  if (entry === undefined) return [];
  const bytes = fatLabelBytes(label);
  return [...boot.labelOffsets, boot.rootOffset + entry].map((offset) => ({ offset, bytes }));
}

function make(fs: Filesystem, device: string): Effect[] {
  const odd = fs.label !== undefined && !PLAIN_LABEL.test(fs.label);
  return [
    { do: "run", argv: makeCommand(fs, device), writes: [device] },
    ...(odd ? [{ do: "label", path: device, type: "vfat", label: fs.label } as const] : []),
  ];
}

function makePlain({ uuid, label }: Pick<Filesystem, "uuid" | "label">, device: string): Effect[] {
  const id = uuid === undefined ? [] : ["-i", uuid.replace("-", "")];
  const plain = label === undefined || PLAIN_LABEL.test(label);
  const name = label === undefined ? [] : ["-n", plain ? label : "LABEL"];
  return [
    { do: "run", argv: ["mkfs.fat", "-I", ...id, ...name, device], writes: [device] },
    ...(plain ? [] : [{ do: "label", path: device, type: "vfat", label } as const]),
  ];
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
    ...(fs.label === undefined ? [] : ["-n", PLAIN_LABEL.test(fs.label) ? fs.label : "LABEL"]),
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
  makePlain,
  make,
  labelWrites,
  // Names must be written as they were read.
  restoreOptions: (source) =>
    source
      .split(",")
      .filter((word) => NAME_OPTIONS.test(word))
      .join(","),
  minimumBytes: minimumFatBytes,
  resized: resizedFat,
  bootAreas,
  posix: false,
};
