import type { LvmSection, LvmValue } from "../../formats/storage/lvm-text.ts";
import { type LvmTree, lvmSegments, lvmSegmentType } from "../../formats/storage/lvm-tree.ts";
import { firstSegment, type LvmVolumes, removeIdleSpare, removeVolume } from "./lvm-remove.ts";

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

type Volumes = LvmTree["volumes"];

const word = (value: LvmValue | undefined, otherwise = "") => (typeof value === "string" ? value : otherwise);

function cacheOf(volumes: Volumes, volume: string, segment: LvmSection): LvmCache | undefined {
  const type = lvmSegmentType(segment);
  const origin = word(segment.origin);
  if (type === "writecache") {
    const store = word(segment.writecache);
    return { volume, origin, store, records: store, kind: "writecache", mode: "writeback" };
  }
  if (type !== "cache" && type !== "cache-pool") return undefined;
  const store = type === "cache" ? word(segment.cache_pool) : volume;
  const pool = firstSegment(volumes[store]);
  const isPool = lvmSegmentType(pool) === "cache-pool";
  const mode = word((isPool ? pool : segment).cache_mode, "writethrough");
  const kind = type === "cache" ? "cache" : "idle";
  return { volume, origin, store, records: isPool ? word(pool.metadata) : store, kind, mode };
}

/** All caches of a group by its text's logical volumes. */
export function cachesIn(volumes: Volumes): LvmCache[] {
  const all = Object.entries(volumes).flatMap(([name, volume]) => cacheOf(volumes, name, firstSegment(volume)) ?? []);
  const used = new Set(all.flatMap(({ kind, store }) => (kind === "idle" ? [] : [store])));
  return all.filter(({ kind, store }) => kind !== "idle" || !used.has(store));
}

/** Its name without what LVM appends while it is in use. */
export const cacheName = ({ store }: LvmCache): string => store.replace(/_(cpool|cvol)$/, "");

/** Bytes of what it can hold, its records included where they lie in the same volume. */
export function cacheBytes(volumes: Volumes, { store }: LvmCache, extentBytes: number): number {
  const segments = lvmSegments(volumes[store] ?? {});
  return segments.reduce((sum, segment) => sum + Number(segment.extent_count), 0) * extentBytes;
}

/** Why a volume's cache can't be made again; undefined when it can, or when there is none. */
export function cacheObstacle(volume: LvmSection): string | undefined {
  const { metadata_start: start = 0 } = firstSegment(volume);
  return start === 0 ? undefined : "a cache volume whose metadata does not begin it";
}

/** Kernel modules that caches need: smq holds the other policies, too (Linux 4.13). */
export function cacheModules(volumes: Volumes): string[] {
  const kinds = cachesIn(volumes).map(({ kind }) =>
    kind === "writecache" ? ["dm_writecache"] : ["dm_cache", "dm_cache_smq"],
  );
  return [...new Set(kinds.flat())];
}

/** Every string that begins with `from` begins with `to` instead: the parts of a volume are named after it. */
function renamed(value: LvmValue, from: string, to: string): LvmValue {
  if (typeof value === "string") return value.startsWith(from) ? `${to}${value.slice(from.length)}` : value;
  if (typeof value === "number") return value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, from, to));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, renamed(one as LvmValue, from, to)]));
}

const isSegment = (key: string) => /^segment(\d+|_count)$/.test(key);

/** A volume gets the segments of what lies behind its cache, and that one's parts. */
function showOrigin(volumes: LvmVolumes, name: string, origin: string): void {
  const [volume, behind] = [volumes[name], volumes[origin]];
  if (!volume || !behind) return;
  delete volumes[origin];
  volumes[name] = Object.fromEntries([
    ...Object.entries(volume).filter(([key]) => !isSegment(key)),
    ...Object.entries(behind).filter(([key]) => isSegment(key)),
  ]);
  for (const [key, one] of Object.entries(volumes)) {
    delete volumes[key];
    volumes[word(renamed(key, `${origin}_`, `${name}_`))] = renamed(one, `${origin}_`, `${name}_`) as LvmSection;
  }
}

/** Takes a cache out: its volume becomes what it is without it. */
export function removeCache(volumes: LvmVolumes, { volume, origin, store }: LvmCache): void {
  removeVolume(volumes, store);
  showOrigin(volumes, volume, origin);
  removeIdleSpare(volumes);
}
