import type { LvmSection, LvmValue } from "../../formats/storage/lvm-text.ts";
import { lvmSegments, lvmSegmentType, readLvmTree, writeLvmTree } from "../../formats/storage/lvm-tree.ts";
import { firstSegment, type LvmVolumes, removeIdleSpare, removeVolume } from "./lvm-remove.ts";

/** What of a group is made again, and what of it is not as it was. */
export interface ReducedGroup {
  /** The group's text: its own, when nothing had to be taken out. */
  readonly text: string;
  /** Sentences about volumes, by name. */
  readonly notes: readonly (readonly [volume: string, sentence: string])[];
  /** Names of thin volumes that were snapshots. */
  readonly snapshots: ReadonlySet<string>;
}

const word = (value: LvmValue | undefined) => (typeof value === "string" ? value : "");

/** Pools that a volume was the last one to use go with it. */
function removeWithPool(volumes: LvmVolumes, name: string): void {
  const pools = lvmSegments(volumes[name] ?? {}).map(({ vdo_pool: pool }) => word(pool));
  removeVolume(volumes, name);
  for (const pool of pools) {
    const isUsed = Object.values(volumes).some((volume) => lvmSegments(volume).some((one) => one.vdo_pool === pool));
    if (pool !== "" && !isUsed) removeVolume(volumes, pool);
  }
}

/** What can't be written to can't be filled again. */
function makeWritable(volumes: LvmVolumes): string[] {
  const flags = ({ status }: LvmSection): readonly LvmValue[] => (Array.isArray(status) ? status : []);
  const sealed = Object.entries(volumes).filter(
    ([, volume]) => flags(volume).includes("VISIBLE") && !flags(volume).includes("WRITE"),
  );
  for (const [name, volume] of sealed) {
    const status = flags(volume).flatMap((flag) => (flag === "READ" ? ["READ", "WRITE"] : [flag]));
    volumes[name] = { ...volume, status };
  }
  return sealed.map(([name]) => name);
}

/**
 * Takes out of a group what is left out, and what holds no data of its own: snapshots. `isActive` tells by UUID, `isLeftOut` by UUID and name.
 * What is read-only becomes writable.
 */
export function reduceGroup(
  text: string,
  isActive: (uuid: string) => boolean,
  isLeftOut: (uuid: string, name: string) => boolean = () => false,
): ReducedGroup {
  const tree = readLvmTree(text);
  const volumes: LvmVolumes = { ...tree.volumes };
  const notes: [string, string][] = [];
  const snapshots = new Set<string>();
  for (const [name, volume] of Object.entries(tree.volumes)) {
    const segment = firstSegment(volume);
    const path = `/dev/${tree.group}/${name}`;
    const pool = word(segment.thin_pool);
    const poolId = word(tree.volumes[pool]?.id);
    // A thin volume goes with its pool.
    if (isLeftOut(word(volume.id), name) || (pool !== "" && isLeftOut(poolId, pool))) {
      removeWithPool(volumes, name);
      notes.push([name, `${path} is excluded: it is not made again`]);
      continue;
    }
    switch (lvmSegmentType(segment)) {
      case "snapshot":
        removeVolume(volumes, name);
        removeVolume(volumes, word(segment.cow_store));
        notes.push([
          word(segment.cow_store),
          `the snapshot /dev/${tree.group}/${word(segment.cow_store)} is not made again`,
        ]);
        break;
      case "thin": {
        if (segment.origin === undefined) break;
        if (isActive(word(volume.id))) {
          const { origin: _, ...independent } = segment;
          volumes[name] = { ...volume, segment1: independent };
          snapshots.add(name);
          notes.push([
            name,
            `the snapshot ${path} is made again as a thin volume of its own: it shares nothing with its origin`,
          ]);
        } else {
          removeVolume(volumes, name);
          notes.push([name, `the snapshot ${path} is not active: it is not made again`]);
        }
      }
    }
  }
  for (const name of makeWritable(volumes)) {
    const path = `/dev/${tree.group}/${name}`;
    notes.push([name, `${path} is read-only: it comes back writable (lvchange --permission r seals it again)`]);
  }
  if (notes.length === 0) return { text, notes, snapshots };
  removeIdleSpare(volumes);
  return { text: writeLvmTree(tree, volumes), notes, snapshots };
}
