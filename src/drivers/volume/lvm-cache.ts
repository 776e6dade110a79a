import { stored } from "../../base/message.ts";
import type { LvmSegment } from "../../formats/storage/lvm-segment.ts";
import { firstSegment, lvmExtents } from "../../formats/storage/lvm-stretches.ts";
import type { LvmSection, LvmValue } from "../../formats/storage/lvm-text.ts";
import {
  type LvmLogicalVolume,
  type LvmVolumeGroup,
  type LvmVolumes,
  lvmLogicalVolume,
} from "../../formats/storage/lvm-volume-group.ts";
import { type ChangingVolumes, removeIdleSpare, removeVolume } from "./lvm-remove.ts";

/** A cache of a group, before a volume or idle. */
export interface LvmCache {
  /** The volume that it stands before; of an idle pool the pool itself. */
  readonly volume: string;
  /** The slow volume behind it; none of an idle pool. */
  readonly origin: string;
  /** The fast volume that it is: a pool, or a plain one. */
  readonly store: string;
  /** The volume that begins with its records: what lies where, and what is not yet behind it. */
  readonly records: string;
  readonly kind: "cache" | "writecache" | "idle";
  /** As lvs names it: `writethrough`, `writeback`, `passthrough`. */
  readonly mode: string;
}

function cacheOf(volumes: LvmVolumes, volume: string, segment: LvmSegment | undefined): LvmCache | undefined {
  const { type, origin = "" } = segment ?? {};
  if (type === "writecache") {
    const store = segment?.writecache ?? "";
    return { volume, origin, store, records: store, kind: "writecache", mode: "writeback" };
  }
  if (type !== "cache" && type !== "cache-pool") return undefined;
  const store = type === "cache" ? (segment?.cachePool ?? "") : volume;
  const first = firstSegment(volumes.get(store));
  const pool = first?.type === "cache-pool" ? first : undefined;
  const mode = (pool ?? segment)?.cacheMode ?? "writethrough";
  const records = pool ? (pool.metadata ?? "") : store;
  return { volume, origin, store, records, kind: type === "cache" ? "cache" : "idle", mode };
}

/** All caches of a group. */
export function cachesIn(volumes: LvmVolumes): LvmCache[] {
  const all = [...volumes].flatMap(([name, volume]) => cacheOf(volumes, name, firstSegment(volume)) ?? []);
  const used = new Set(all.flatMap(({ kind, store }) => (kind === "idle" ? [] : [store])));
  return all.filter(({ kind, store }) => kind !== "idle" || !used.has(store));
}

/** Its name without what LVM appends while it is in use. */
export const cacheName = ({ store }: LvmCache): string => store.replace(/_(cpool|cvol)$/, "");

/** Bytes of what it can hold, its records included where they lie in the same volume. */
export function cacheBytes({ volumes, extentBytes }: LvmVolumeGroup, { store }: LvmCache): number {
  return lvmExtents(volumes.get(store) ?? { segments: [] }) * extentBytes;
}

/** Why a volume's cache can't be made again; undefined when it can, or when there is none. */
export function cacheObstacle(volume: LvmLogicalVolume): string | undefined {
  const isElsewhere = (firstSegment(volume)?.metadataStart ?? 0) !== 0;
  return isElsewhere ? stored`a cache volume whose metadata does not begin it` : undefined;
}

/** Kernel modules that caches need: smq holds the other policies, too (Linux 4.13). */
export function cacheModules(volumes: LvmVolumes): string[] {
  const kinds = cachesIn(volumes).map(({ kind }) =>
    kind === "writecache" ? ["dm_writecache"] : ["dm_cache", "dm_cache_smq"],
  );
  return [...new Set(kinds.flat())];
}

const renamedText = (text: string, from: string, to: string) =>
  text.startsWith(from) ? `${to}${text.slice(from.length)}` : text;

/** Every string that begins with `from` begins with `to` instead: the parts of a volume are named after it. */
function renamedValue(value: LvmValue, from: string, to: string): LvmValue {
  if (typeof value === "string") return renamedText(value, from, to);
  if (typeof value === "number") return value;
  if (Array.isArray(value)) return value.map((one) => renamedValue(one, from, to));
  return renamedSection(value as LvmSection, from, to);
}

const renamedSection = (section: LvmSection, from: string, to: string): LvmSection =>
  Object.fromEntries(Object.entries(section).map(([name, one]) => [name, renamedValue(one, from, to)]));

const isSegment = (key: string) => /^segment(\d+|_count)$/.test(key);

/** A volume gets the segments of what lies behind its cache, and that one's parts. */
function showOrigin(volumes: ChangingVolumes, name: string, origin: string): void {
  const [volume, behind] = [volumes.get(name), volumes.get(origin)];
  if (!volume || !behind) return;
  volumes.delete(origin);
  const own = Object.entries(volume.section).filter(([key]) => !isSegment(key));
  const lying = Object.entries(behind.section).filter(([key]) => isSegment(key));
  volumes.set(name, lvmLogicalVolume(name, Object.fromEntries([...own, ...lying])));
  for (const [key, { section }] of [...volumes]) {
    volumes.delete(key);
    const renamed = renamedText(key, `${origin}_`, `${name}_`);
    volumes.set(renamed, lvmLogicalVolume(renamed, renamedSection(section, `${origin}_`, `${name}_`)));
  }
}

/** Takes a cache out: its volume becomes what it is without it. */
export function removeCache(volumes: ChangingVolumes, { volume, origin, store }: LvmCache): void {
  removeVolume(volumes, store);
  showOrigin(volumes, volume, origin);
  removeIdleSpare(volumes);
}
