import type { LvmSegment } from "./lvm-segment.ts";
import type { LvmLogicalVolume, LvmVolumes } from "./lvm-volume-group.ts";

/** LVM numbers physical volumes whenever it writes a text, and looks for one before a logical volume of that name. */
const PHYSICAL = /^pv\d+$/;
/** Deeper than LVM puts volumes below each other. */
const MOST_LAYERS = 8;
/** Segments whose origin is a part of them; that of a snapshot is a volume of its own. */
const LAYERS = new Set(["cache", "writecache", "integrity"]);

/** Extents of a physical volume, one behind the other. */
export interface LvmStretch {
  /** Name of the physical volume in the text. */
  readonly physical: string;
  readonly extent: number;
  readonly extents: number;
}

/** The types of a volume's segments, each once. */
export const segmentTypes = (segments: readonly LvmSegment[]): string[] => [
  ...new Set(segments.map(({ type }) => type)),
];

/** The first segment of a volume, which is the only one unless it lies on physical volumes itself. */
export const firstSegment = (volume: LvmLogicalVolume | undefined): LvmSegment | undefined => volume?.segments[0];

/** Extents of a volume. */
export const lvmExtents = ({ segments }: Pick<LvmLogicalVolume, "segments">): number =>
  segments.reduce((sum, segment) => sum + segment.extents, 0);

/** The hidden volumes that a segment is made of. */
export function lvmParts(segment: LvmSegment): string[] {
  const { data, metadata, pool, raids, areas, mirrors, origin, integrityMetadata, cachePool, writecache } = segment;
  const hidden = LAYERS.has(segment.type) ? [origin, integrityMetadata, cachePool, writecache] : [];
  const legs = [...areas, ...mirrors].map(([name]) => name);
  return [data, metadata, pool, ...raids, ...legs, ...hidden].filter(
    (part): part is string => part !== undefined && !PHYSICAL.test(part),
  );
}

/** Extents that each area of a segment covers: of a striped one its share, else all. */
export const areaExtents = ({ type, extents, areas }: LvmSegment): number =>
  type === "striped" ? Math.ceil(extents / Math.max(1, areas.length)) : extents;

/** All stretches that a volume and its parts take; those of stripes lie side by side. */
export function lvmStretches(volumes: LvmVolumes, name: string, depth = 0): LvmStretch[] {
  if (depth > MOST_LAYERS) return [];
  return (volumes.get(name)?.segments ?? []).flatMap((segment) => {
    const extents = areaExtents(segment);
    const own = [...segment.areas, ...segment.mirrors].flatMap(([physical, extent]): LvmStretch[] =>
      PHYSICAL.test(physical) ? [{ physical, extent, extents }] : [],
    );
    return [...own, ...lvmParts(segment).flatMap((part) => lvmStretches(volumes, part, depth + 1))];
  });
}
