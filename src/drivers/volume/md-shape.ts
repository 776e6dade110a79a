import { KIB, MIB } from "../../base/units.ts";
import type { Raid } from "../../layout/types.ts";

/** Where data begins on the members of a new array: room for superblock and bitmap. */
const DATA_OFFSET = MIB;
/** mdadm's default for levels that stripe. */
const CHUNK = 512 * KIB;
const BITMAP_CHUNK = 64 * MIB;
/** Of a new array with its superblock at the end of its members. */
const END_ROOM = MIB;

const PARITY: Readonly<Record<string, number>> = { raid4: 1, raid5: 1, raid6: 2 };
const FEWEST: Readonly<Record<string, number>> = { raid0: 2, raid1: 2, raid4: 3, raid5: 3, raid6: 4, raid10: 2 };

/** The fewest members that an array of a level can have; undefined for one that is not made anew. */
export const fewestMembers = (level: string): number | undefined => FEWEST[level];

/** Bytes of every member that an array uses; of one without redundancy those of each, in whole chunks. */
function usedBytes(level: string, memberBytes: readonly number[], metadata: "1.0" | "1.2"): number[] {
  const taken = metadata === "1.0" ? END_ROOM : DATA_OFFSET;
  const unit = level === "raid0" ? CHUNK : MIB;
  const used = memberBytes.map((bytes) => Math.floor((bytes - taken) / unit) * unit);
  return level === "raid0" ? used : used.map(() => Math.min(...used));
}

function arrayBytes(level: string, used: readonly number[]): number {
  const [component = 0] = used;
  const sum = used.reduce((all, bytes) => all + bytes, 0);
  if (level === "raid0") return sum;
  if (level === "raid1") return component;
  if (level === "raid10") return Math.floor(sum / 2 / CHUNK) * CHUNK;
  return component * (used.length - (PARITY[level] ?? 0));
}

/** What is asked of a new array. */
export interface RaidWish {
  readonly level: string;
  /** At the end of the members (1.0), where firmware reads one of them as if it were no part of an array. */
  readonly metadata: "1.0" | "1.2";
  readonly members: readonly { readonly on: string; readonly sizeBytes: number }[];
  readonly spares: readonly { readonly on: string; readonly sizeBytes: number }[];
}

/** All of an array but its names, as mdadm makes it when it is told so; undefined where members are too small. */
export function raidShape(wish: RaidWish): Omit<Raid, "kind" | "id" | "path" | "name" | "uuid"> | undefined {
  const { level, metadata, members, spares } = wish;
  const redundant = level !== "raid0";
  const all = redundant ? [...members, ...spares] : members;
  const used = usedBytes(
    level,
    all.map(({ sizeBytes }) => sizeBytes),
    metadata,
  );
  if (used.some((bytes) => bytes < MIB)) return undefined;
  const own = used.slice(0, members.length);
  const dataOffsetBytes = metadata === "1.0" ? 0 : DATA_OFFSET;
  const layout = level === "raid10" ? "n2" : level === "raid5" || level === "raid6" ? "left-symmetric" : undefined;
  return {
    sizeBytes: arrayBytes(level, own),
    level,
    metadata,
    ...(layout === undefined ? {} : { layout }),
    ...(level === "raid1" ? {} : { chunkBytes: CHUNK }),
    ...(redundant ? { componentBytes: own[0] ?? 0, bitmapChunkBytes: BITMAP_CHUNK } : {}),
    slots: members.length,
    members: [
      ...members.map(({ on }, slot) => ({ on, slot, dataOffsetBytes })),
      ...spares.map(({ on }) => ({ on, slot: "spare" as const, dataOffsetBytes })),
    ],
  };
}
