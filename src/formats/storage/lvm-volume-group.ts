import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { type LvmSegment, lvmStrings, requiredNumber, requiredText, segmentsIn } from "./lvm-segment.ts";
import { encodeLvmText, isLvmSection, type LvmSection, parseLvmText } from "./lvm-text.ts";

/** A logical volume: what can be mounted, or a hidden part of another one (legs of a mirror, pools). */
export interface LvmLogicalVolume {
  readonly name: string;
  readonly uuid: string;
  readonly status: readonly string[];
  /** Hidden ones are parts of others. */
  readonly visible: boolean;
  readonly segments: readonly LvmSegment[];
  /** All of it, for writing. */
  readonly section: LvmSection;
}

/** A physical volume of a group. */
export interface LvmGroupMember {
  /** Its name in the text: `pv0`. LVM numbers them whenever it writes one. */
  readonly key: string;
  readonly uuid: string;
  /** Where its first extent begins. */
  readonly startBytes: number;
  readonly extents: number;
  /** Of its device; 0 where the text doesn't say. */
  readonly deviceBytes: number;
  /** All of it, for writing. */
  readonly section: LvmSection;
}

/** Logical volumes by name, hidden ones too, in the order of the text. */
export type LvmVolumes = ReadonlyMap<string, LvmLogicalVolume>;

/**
 * A volume group, out of the text that LVM keeps on its physical volumes. Source: lvm2 lib/format_text/import_vsn1.c.
 */
export interface LvmVolumeGroup {
  readonly name: string;
  readonly uuid: string;
  /** Number of the text: LVM believes the highest. */
  readonly sequence: number;
  readonly extentBytes: number;
  /** Set when it belongs to one host or lock manager alone. */
  readonly owner?: string;
  readonly physicalVolumes: readonly LvmGroupMember[];
  readonly volumes: LvmVolumes;
  /** The text itself. */
  readonly text: string;
  /** The group's part of it. */
  readonly section: LvmSection;
  /** All of it, parsed. */
  readonly whole: LvmSection;
}

const SECTOR = 512;

function sectionsIn(section: LvmSection, name: string): [string, LvmSection][] {
  const within = section[name];
  if (!isLvmSection(within)) return [];
  return Object.entries(within).filter((entry): entry is [string, LvmSection] => isLvmSection(entry[1]));
}

const numberOr0 = (section: LvmSection, name: string) => (typeof section[name] === "number" ? section[name] : 0);

function groupMember([key, section]: [string, LvmSection]): LvmGroupMember {
  return {
    key,
    uuid: requiredText(section, "id"),
    startBytes: requiredNumber(section, "pe_start") * SECTOR,
    extents: numberOr0(section, "pe_count"),
    deviceBytes: numberOr0(section, "dev_size") * SECTOR,
    section,
  };
}

/** A logical volume out of its section; throws `format`. */
export function lvmLogicalVolume(name: string, section: LvmSection): LvmLogicalVolume {
  const status = lvmStrings(section.status);
  const visible = status.includes("VISIBLE");
  return { name, uuid: requiredText(section, "id"), status, visible, segments: segmentsIn(section), section };
}

function groupFrom(whole: LvmSection, text: string): LvmVolumeGroup {
  const found = Object.entries(whole).find((entry): entry is [string, LvmSection] => isLvmSection(entry[1]));
  if (!found) throw new MondoError("format", msg`LVM metadata: it describes no volume group`);
  const [name, section] = found;
  const owner = [section.system_id, section.lock_type].find((word) => typeof word === "string" && word !== "");
  const volumes = sectionsIn(section, "logical_volumes");
  return {
    name,
    uuid: requiredText(section, "id"),
    sequence: requiredNumber(section, "seqno"),
    extentBytes: requiredNumber(section, "extent_size") * SECTOR,
    ...(typeof owner === "string" ? { owner } : {}),
    physicalVolumes: sectionsIn(section, "physical_volumes").map(groupMember),
    volumes: new Map(volumes.map(([key, volume]) => [key, lvmLogicalVolume(key, volume)])),
    text,
    section,
    whole,
  };
}

/** Reads the text of a volume group, once for all that it says; throws `format`. */
export function decodeLvmVolumeGroup(text: string): LvmVolumeGroup {
  return groupFrom(parseLvmText(text), text);
}

/** What of a group is another than it was. */
export interface LvmChanges {
  readonly sequence?: number;
  readonly physicalVolumes?: readonly LvmGroupMember[];
  readonly volumes?: LvmVolumes;
}

/** The group with other parts, and the text that says so; all else in it stays. */
export function changedLvmGroup(group: LvmVolumeGroup, changes: LvmChanges): LvmVolumeGroup {
  const { sequence = group.sequence, physicalVolumes = group.physicalVolumes, volumes = group.volumes } = changes;
  const physical = Object.fromEntries(physicalVolumes.map(({ key, section }) => [key, section]));
  const logical = Object.fromEntries([...volumes].map(([name, { section }]) => [name, section]));
  const section = {
    ...group.section,
    seqno: sequence,
    ...(changes.physicalVolumes ? { physical_volumes: physical } : {}),
    ...(changes.volumes && group.section.logical_volumes !== undefined ? { logical_volumes: logical } : {}),
  };
  const whole = { ...group.whole, [group.name]: section };
  return groupFrom(whole, encodeLvmText(whole));
}

/** A physical volume with so many extents, on a device of another size. */
export function resizedLvmMember(member: LvmGroupMember, extents: number, deviceChangeBytes: number): LvmGroupMember {
  const deviceBytes = member.deviceBytes + deviceChangeBytes;
  return {
    ...member,
    extents,
    deviceBytes,
    section: { ...member.section, dev_size: deviceBytes / SECTOR, pe_count: extents },
  };
}
