import { MondoError } from "../../base/errors.ts";
import { encodeLvmText, type LvmSection, type LvmValue, parseLvmText } from "./lvm-text.ts";

/** The text of a volume group with its logical volumes at hand. */
export interface LvmTree {
  readonly group: string;
  readonly volumes: Readonly<Record<string, LvmSection>>;
  readonly whole: LvmSection;
}

const isSection = (value: LvmValue | undefined): value is LvmSection =>
  typeof value === "object" && !Array.isArray(value);

/** Reads the text of a volume group; throws `format`. */
export function readLvmTree(text: string): LvmTree {
  const whole = parseLvmText(text);
  const found = Object.entries(whole).find((entry): entry is [string, LvmSection] => isSection(entry[1]));
  if (!found) throw new MondoError("format", "LVM metadata: it describes no volume group");
  const [group, section] = found;
  const volumes: [string, LvmSection][] = isSection(section.logical_volumes)
    ? Object.entries(section.logical_volumes).flatMap(([name, one]): [string, LvmSection][] =>
        isSection(one) ? [[name, one]] : [],
      )
    : [];
  return { group, volumes: Object.fromEntries(volumes), whole };
}

/** The text of the group with other logical volumes than it had, and what else of it is `changed`. */
export function writeLvmTree({ group, whole }: LvmTree, volumes: LvmTree["volumes"], changed: LvmSection = {}): string {
  const section = whole[group] as LvmSection;
  return encodeLvmText({ ...whole, [group]: { ...section, ...changed, logical_volumes: volumes } });
}

/** LVM writes a text anew with each change of a group: no group has as many. */
const MANY_CHANGES = 1_000_000;

/**
 * The text of the group without one of its physical volumes. LVM believes the text with the highest number: should that one come back with
 * the old text, this must be the newer one (lib/metadata/metadata.c, vg_read).
 */
export function withoutPhysical(tree: LvmTree, volumes: LvmTree["volumes"], key: string): string {
  const section = tree.whole[tree.group] as LvmSection;
  const physical = Object.entries((section.physical_volumes ?? {}) as LvmSection).filter(([name]) => name !== key);
  const changed = { seqno: Number(section.seqno) + MANY_CHANGES, physical_volumes: Object.fromEntries(physical) };
  return writeLvmTree(tree, volumes, changed);
}

/** The segments of a logical volume, in order. */
export function lvmSegments(volume: LvmSection): LvmSection[] {
  return Object.entries(volume)
    .filter(([name]) => /^segment\d+$/.test(name))
    .flatMap(([, segment]) => (isSection(segment) ? [segment] : []));
}

/** Type of a segment without the flags that LVM appends (`cache+CACHE_USES_CACHEVOL`). */
export function lvmSegmentType(segment: { readonly type?: LvmValue } | undefined): string {
  return String(segment?.type ?? "").replace(/\+.*$/, "");
}

/** The types of a volume's segments, each once. */
export const segmentTypes = (segments: readonly { readonly type: string }[]): string[] => [
  ...new Set(segments.map(lvmSegmentType)),
];

/** LVM numbers physical volumes whenever it writes a text, and looks for one before a logical volume of that name. */
const PHYSICAL = /^pv\d+$/;

const listOf = (value: LvmValue | undefined): readonly LvmValue[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Lists of pairs: a physical or hidden volume, and its first extent. */
const areasOf = ({ stripes, mirrors }: LvmSection) => [...listOf(stripes), ...listOf(mirrors)];

/** The hidden volumes that a segment is made of. */
export function lvmParts(segment: LvmSection): string[] {
  const { raids, data, metadata, pool, origin, meta_dev, cache_pool, writecache } = segment;
  // The origin of a snapshot is a volume of its own.
  const isLayer = /^(cache|writecache|integrity)$/.test(lvmSegmentType(segment));
  const hidden = isLayer ? [origin, meta_dev, cache_pool, writecache] : [];
  return [data, metadata, pool, ...listOf(raids), ...areasOf(segment), ...hidden].filter(
    (part): part is string => typeof part === "string" && !PHYSICAL.test(part),
  );
}

/** Extents of a physical volume, one behind the other. */
export interface LvmStretch {
  /** Name of the physical volume in the text. */
  readonly physical: string;
  readonly extent: number;
  readonly extents: number;
}

/** Deeper than LVM puts volumes below each other. */
const MOST_LAYERS = 8;

/** All stretches that a volume and its parts take; those of stripes lie side by side. */
export function lvmStretches(volumes: LvmTree["volumes"], name: string, depth = 0): LvmStretch[] {
  if (depth > MOST_LAYERS) return [];
  return lvmSegments(volumes[name] ?? {}).flatMap((segment) => {
    const areas = areasOf(segment);
    const share = lvmSegmentType(segment) === "striped" ? Math.max(1, areas.length / 2) : 1;
    const extents = Math.ceil(Number(segment.extent_count) / share);
    const own = areas.flatMap((physical, at): LvmStretch[] =>
      typeof physical === "string" && PHYSICAL.test(physical)
        ? [{ physical, extent: Number(areas[at + 1]), extents }]
        : [],
    );
    return [...own, ...lvmParts(segment).flatMap((part) => lvmStretches(volumes, part, depth + 1))];
  });
}
