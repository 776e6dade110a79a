import { MondoError } from "../../base/errors.ts";
import { type LvmSection, type LvmValue, parseLvmText } from "./lvm-text.ts";

/** A stretch of a logical volume. */
export interface LvmSegment {
  readonly type: string;
  readonly extents: number;
  /** Where its stripes lie: name of a physical volume (or of a hidden volume) and first extent there. */
  readonly areas: readonly (readonly [name: string, extent: number])[];
}

export interface LvmLogicalVolume {
  readonly name: string;
  readonly uuid: string;
  /** Hidden ones are parts of others (legs of a mirror, pools). */
  readonly visible: boolean;
  readonly segments: readonly LvmSegment[];
}

/** A volume group, out of its metadata text. Source: lvm2 lib/format_text/import_vsn1.c. */
export interface LvmVolumeGroup {
  readonly name: string;
  readonly uuid: string;
  readonly sequence: number;
  readonly extentBytes: number;
  /** Set when it belongs to one host or lock manager alone. */
  readonly owner?: string;
  readonly physicalVolumes: readonly {
    readonly key: string;
    readonly uuid: string;
    readonly startBytes: number;
  }[];
  readonly logicalVolumes: readonly LvmLogicalVolume[];
}

const SECTOR = 512;
const isSection = (value: LvmValue | undefined): value is LvmSection =>
  typeof value === "object" && !Array.isArray(value);

function text(section: LvmSection, name: string): string {
  const value = section[name];
  if (typeof value !== "string") throw new MondoError("format", `LVM metadata: ${name} is missing`);
  return value;
}

function number(section: LvmSection, name: string): number {
  const value = section[name];
  if (typeof value !== "number") throw new MondoError("format", `LVM metadata: ${name} is missing`);
  return value;
}

function sectionsIn(section: LvmSection, name?: string): [string, LvmSection][] {
  const within = name === undefined ? section : section[name];
  if (!isSection(within)) return [];
  return Object.entries(within).filter((entry): entry is [string, LvmSection] => isSection(entry[1]));
}

function areasOf(segment: LvmSection): [string, number][] {
  const list = segment.stripes;
  const words = Array.isArray(list) ? (list as LvmValue[]) : [];
  return words.flatMap((word, index): [string, number][] => {
    const extent = words[index + 1];
    return index % 2 === 0 && typeof word === "string" && typeof extent === "number" ? [[word, extent]] : [];
  });
}

function logicalVolume([name, section]: [string, LvmSection]): LvmLogicalVolume {
  const status = Array.isArray(section.status) ? (section.status as LvmValue[]) : [];
  const segments = sectionsIn(section)
    .filter(([key]) => /^segment\d+$/.test(key))
    .map(([, segment]): LvmSegment => {
      return { type: text(segment, "type"), extents: number(segment, "extent_count"), areas: areasOf(segment) };
    });
  return { name, uuid: text(section, "id"), visible: status.includes("VISIBLE"), segments };
}

/** Reads the text of a volume group; throws `format`. */
export function decodeLvmVolumeGroup(source: string): LvmVolumeGroup {
  const whole = parseLvmText(source);
  const found = sectionsIn(whole)[0];
  if (!found) throw new MondoError("format", "LVM metadata: it describes no volume group");
  const [name, group] = found;
  const owner = [group.system_id, group.lock_type].find((word) => typeof word === "string" && word !== "");
  return {
    name,
    uuid: text(group, "id"),
    sequence: number(group, "seqno"),
    extentBytes: number(group, "extent_size") * SECTOR,
    ...(typeof owner === "string" ? { owner } : {}),
    physicalVolumes: sectionsIn(group, "physical_volumes").map(([key, section]) => {
      return { key, uuid: text(section, "id"), startBytes: number(section, "pe_start") * SECTOR };
    }),
    logicalVolumes: sectionsIn(group, "logical_volumes").map(logicalVolume),
  };
}
