import { KIB, MIB } from "../../base/units.ts";
import type { NodeId, Raid } from "../../layout/types.ts";
import type { Demand, FitContext, ResizedVolume, SizeChanges } from "../volume-contract.ts";

/** Levels that use as much of each member as it has. */
const UNEQUAL = new Set(["raid0", "linear"]);
/** Members whose worth of space holds parity, by level. */
const PARITY: Readonly<Record<string, number>> = { raid4: 1, raid5: 1, raid6: 2 };

/**
 * Bytes of the array for each byte of every member; undefined when that is no whole number or the layout is not known.
 */
function dataMembers(raid: Raid): number | undefined {
  if (raid.level === "raid1") return 1;
  if (UNEQUAL.has(raid.level)) return raid.members.length === raid.slots ? raid.slots : undefined;
  if (raid.level !== "raid10") return raid.slots - (PARITY[raid.level] ?? raid.slots);
  const copies = Number(/^[nfo](\d+)$/.exec(raid.layout ?? "")?.[1]);
  return Number.isInteger(raid.slots / copies) ? raid.slots / copies : undefined;
}

/**
 * Whether the array can be made with another size: its members then change by whole MiB, which its chunks must divide.
 */
export function isResizableRaid(raid: Raid): boolean {
  const factor = dataMembers(raid);
  if (factor === undefined || factor < 1 || MIB % (raid.chunkBytes ?? 64 * KIB) !== 0) return false;
  return UNEQUAL.has(raid.level) || (raid.componentBytes ?? 0) > 0;
}

/** How many bytes each member may lose, in whole MiB, so that the array still has `minimumBytes`. */
function raidMemberSlack(raid: Raid, minimumBytes: number): number {
  const slack = (raid.sizeBytes - minimumBytes) / (dataMembers(raid) ?? 1);
  return isResizableRaid(raid) ? Math.max(0, Math.floor(slack / MIB) * MIB) : 0;
}

/** Members that are used alike: growth of one is of no use while the others don't grow. */
export function equalMembers({ level, members }: Raid): NodeId[] {
  return level === "linear" ? [] : members.map(({ on }) => on);
}

/**
 * The bitmap has to stay in its place before the data: as many pages as it had, so a larger array gets larger chunks.
 */
function bitmapChunk(chunkBytes: number, before: number, after: number): number {
  const pages = (bytes: number, chunk: number) => Math.ceil((Math.ceil(bytes / chunk) / 8 + 256) / 4096);
  let chunk = chunkBytes;
  while (pages(after, chunk) > pages(before, chunkBytes)) chunk *= 2;
  return chunk;
}

/**
 * The array on members that changed by so many bytes each (whole MiB). Where all members are used alike, the one that
 * lost most, or won least, decides for all. Members that are not named stay as they are.
 */
export function resizedRaid(raid: Raid, changes: SizeChanges): Raid {
  const factor = dataMembers(raid);
  const all = raid.members.map((member) => changes[member.on] ?? 0);
  if (factor === undefined || !isResizableRaid(raid)) return raid;
  if (UNEQUAL.has(raid.level)) {
    return { ...raid, sizeBytes: raid.sizeBytes + all.reduce((sum, bytes) => sum + bytes, 0) };
  }
  const change = Math.min(...all);
  if (change === 0 || raid.componentBytes === undefined) return raid;
  const componentBytes = raid.componentBytes + change;
  const { bitmapChunkBytes } = raid;
  const chunk = bitmapChunkBytes && bitmapChunk(bitmapChunkBytes, raid.componentBytes, componentBytes);
  return {
    ...raid,
    componentBytes,
    sizeBytes: raid.sizeBytes + change * factor,
    ...(chunk === undefined ? {} : { bitmapChunkBytes: chunk }),
  };
}

/** What each member must offer for what lies on the array. */
export function raidDemand(raid: Raid, { demandOf }: FitContext): Demand {
  if (!isResizableRaid(raid)) return { slackBytes: 0, rank: "fixed" };
  const { slackBytes, rank } = demandOf(raid.id, raid.sizeBytes);
  return { slackBytes: raidMemberSlack(raid, raid.sizeBytes - slackBytes), rank };
}

/** An array on members of other sizes: it changes by whole MiB, whatever a whole disk differs by. */
export function fittedRaid(raid: Raid, changes: SizeChanges): ResizedVolume {
  const whole = Object.fromEntries(Object.entries(changes).map(([id, bytes]) => [id, Math.floor(bytes / MIB) * MIB]));
  const resized = resizedRaid(raid, whole);
  const change = resized.sizeBytes - raid.sizeBytes;
  return { nodes: [resized], changes: change === 0 ? {} : { [raid.id]: change } };
}
