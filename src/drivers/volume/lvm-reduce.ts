import type { LvmSection, LvmValue } from "../../formats/lvm-text.ts";
import { lvmSegments, lvmSegmentType, readLvmTree, writeLvmTree } from "../../formats/lvm-tree.ts";

type Volumes = Record<string, LvmSection>;

/** What of a group is made again, and what of it is not as it was. */
export interface ReducedGroup {
  /** The group's text: its own, when nothing had to be taken out. */
  readonly text: string;
  /** Sentences about volumes, by name. */
  readonly notes: readonly (readonly [volume: string, sentence: string])[];
  /** Names of thin volumes that were snapshots. */
  readonly snapshots: ReadonlySet<string>;
}

const first = (volume: LvmSection | undefined) => (volume ? lvmSegments(volume)[0] : undefined);
const typeOf = (volume: LvmSection | undefined) => lvmSegmentType(first(volume));
const word = (value: LvmValue | undefined) => (typeof value === "string" ? value : "");

/** The hidden volumes that a segment is made of. */
function partsOf(segment: LvmSection): string[] {
  const lists = [segment.stripes, segment.raids, segment.mirrors].flatMap((list) => (Array.isArray(list) ? list : []));
  const hidden = lvmSegmentType(segment) === "integrity" ? [segment.origin, segment.meta_dev] : [];
  return [segment.data, segment.metadata, ...hidden, ...lists].filter(
    (part): part is string => typeof part === "string",
  );
}

/** Takes a volume out, with all that only it is made of. */
function remove(volumes: Volumes, name: string): void {
  const volume = volumes[name];
  if (!volume) return;
  delete volumes[name];
  for (const part of lvmSegments(volume).flatMap(partsOf)) remove(volumes, part);
}

/** Pools that a volume was the last one to use go with it. */
function removeWithPool(volumes: Volumes, name: string): void {
  const pools = lvmSegments(volumes[name] ?? {}).map(({ vdo_pool: pool }) => word(pool));
  remove(volumes, name);
  for (const pool of pools) {
    const isUsed = Object.values(volumes).some((volume) => lvmSegments(volume).some((one) => one.vdo_pool === pool));
    if (pool !== "" && !isUsed) remove(volumes, pool);
  }
}

/** Every string that begins with `from` begins with `to` instead: the parts of a volume are named after it. */
function renamed(value: LvmValue, from: string, to: string): LvmValue {
  if (typeof value === "string") return value.startsWith(from) ? `${to}${value.slice(from.length)}` : value;
  if (typeof value === "number") return value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, from, to));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, renamed(one as LvmValue, from, to)]));
}

/** A volume behind a cache becomes what it is without it. */
function uncache(volumes: Volumes, name: string, segment: LvmSection): void {
  const origin = word(segment.origin);
  const behind = volumes[origin];
  const volume = volumes[name];
  if (!behind || !volume) return;
  remove(volumes, word(segment.cache_pool) || word(segment.writecache));
  delete volumes[origin];
  const isSegment = (key: string) => /^segment(\d+|_count)$/.test(key);
  volumes[name] = Object.fromEntries([
    ...Object.entries(volume).filter(([key]) => !isSegment(key)),
    ...Object.entries(behind).filter(([key]) => isSegment(key)),
  ]);
  for (const [key, one] of Object.entries(volumes)) {
    delete volumes[key];
    volumes[word(renamed(key, `${origin}_`, `${name}_`))] = renamed(one, `${origin}_`, `${name}_`) as LvmSection;
  }
}

/** A spare for the metadata of pools goes with the last pool, as LVM does it. */
function dropIdleSpare(volumes: Volumes): void {
  if (Object.values(volumes).some((volume) => /-pool$/.test(typeOf(volume)))) return;
  for (const name of Object.keys(volumes)) if (/^lvol\d+_pmspare$/.test(name)) remove(volumes, name);
}

/** Takes out of a group what is left out, and what holds no data of its own: caches and snapshots. `isActive` and `isLeftOut` tell by UUID. */
export function reduceGroup(
  text: string,
  isActive: (uuid: string) => boolean,
  isLeftOut: (uuid: string) => boolean = () => false,
): ReducedGroup {
  const tree = readLvmTree(text);
  const volumes: Volumes = { ...tree.volumes };
  const notes: [string, string][] = [];
  const snapshots = new Set<string>();
  for (const [name, volume] of Object.entries(tree.volumes)) {
    const segment = first(volume);
    const path = `/dev/${tree.group}/${name}`;
    if (isLeftOut(word(volume.id))) {
      removeWithPool(volumes, name);
      notes.push([name, `${path} is excluded: it is not made again`]);
      continue;
    }
    switch (segment && lvmSegmentType(segment)) {
      case "cache":
      case "writecache":
        uncache(volumes, name, segment ?? {});
        notes.push([name, `${path} is made again without its cache (lvconvert attaches a new one)`]);
        break;
      case "snapshot":
        remove(volumes, name);
        remove(volumes, word(segment?.cow_store));
        notes.push([
          word(segment?.cow_store),
          `the snapshot /dev/${tree.group}/${word(segment?.cow_store)} is not made again`,
        ]);
        break;
      case "thin": {
        if (segment?.origin === undefined) break;
        if (isActive(word(volume.id))) {
          const { origin: _, ...independent } = segment;
          volumes[name] = { ...volume, segment1: independent };
          snapshots.add(name);
          notes.push([
            name,
            `the snapshot ${path} is made again as a thin volume of its own: it shares nothing with its origin`,
          ]);
        } else {
          remove(volumes, name);
          notes.push([name, `the snapshot ${path} is not active: it is not made again`]);
        }
      }
    }
  }
  if (notes.length === 0) return { text, notes, snapshots };
  dropIdleSpare(volumes);
  return { text: writeLvmTree(tree, volumes), notes, snapshots };
}
