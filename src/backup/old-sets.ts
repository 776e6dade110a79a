/** How many sets of a machine stay in their place. */
import { type DatedSet, datedSetsBelow, setDirectoryOf } from "../archive/set/dated-sets.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { openSet } from "../archive/set/open-set.ts";
import { readManifest } from "../archive/set/read-manifest.ts";
import { verifySet } from "../archive/verify/verify-set.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { processorCount } from "../host/threads.ts";
import { machineId } from "./describe-host.ts";
import { type BackupRequest, runIdOf } from "./request.ts";

/** A dated set with what it says of itself; undefined: that can't be read. */
export interface KnownSet {
  readonly dated: DatedSet;
  readonly manifest: Manifest | undefined;
}

/** What a differential set that can't be read may build on: all from the last full one before it. */
function mayBuildOn(sets: readonly KnownSet[], at: number): readonly KnownSet[] {
  const before = sets.slice(0, at);
  return before.slice(
    Math.max(
      0,
      before.findLastIndex(({ dated, manifest }) => manifest && dated.level === 0),
    ),
  );
}

/** Whether two sets are of one machine, by its name and its id: many are called localhost. */
const isSameMachine = (a: Manifest, b: Manifest) => a.host.name === b.host.name && a.host.machine === b.host.machine;

/**
 * Pure: which of the sets, oldest first, may go when `keep` stay: the one in the directory `newest`, whatever its date
 * says, and the last ones besides. What one that stays builds on stays, too; so does what can't be read, and what is
 * not of the machine of `newest`.
 */
export function setsToRemove(sets: readonly KnownSet[], newest: string, keep: number): DatedSet[] {
  const made = sets.find(({ dated }) => dated.directory === newest);
  if (!made?.manifest) return [];
  const own = made.manifest;
  const earlier = sets.filter((one) => one !== made && one.manifest && isSameMachine(one.manifest, own));
  const going = earlier.slice(0, Math.max(0, earlier.length - keep + 1));
  const staying = sets.filter((one) => !going.includes(one));
  const needed = new Set(staying.flatMap(({ manifest }) => manifest?.parents ?? []).map(({ set }) => set));
  const unread = sets.flatMap(({ dated, manifest }, at) =>
    manifest === undefined && dated.level > 0 ? mayBuildOn(sets, at) : [],
  );
  return going.filter((one) => !needed.has(one.manifest?.set ?? "") && !unread.includes(one)).map(({ dated }) => dated);
}

function known(host: Host, dated: DatedSet, reporter: Reporter): KnownSet {
  try {
    return { dated, manifest: readManifest(host, `${setDirectoryOf(dated)}/manifest.json`) };
  } catch (error) {
    reporter.warn(`${dated.directory} stays: ${messageOf(error)}`);
    return { dated, manifest: undefined };
  }
}

/** Reads the new set through: only what is there for certain takes another's place. */
async function requireSound(host: Host, place: string, reporter: Reporter, signal: AbortSignal): Promise<void> {
  reporter.step(`Reading ${place} back, before older ones go`);
  const { defects, damaged } = await verifySet(host, openSet(host, place), processorCount(), reporter, signal);
  const wrong = defects[0] ?? damaged.map(({ path, reason }) => `${path}: ${reason}`)[0];
  if (wrong === undefined) return;
  throw new MondoError("damaged", `${place} is not what was written: ${wrong}; all older backups stay`, {
    hint: "Look after the disk or share that it lies on, and start the backup again.",
  });
}

/** The set that was just made, and how many are to stay with it. */
export interface Retention {
  readonly request: BackupRequest;
  readonly newest: string;
  readonly keep: number;
}

/** Removes the oldest sets beside the newest one, which is read back first. Throws `damaged` when that isn't whole. */
export async function removeOldSets(
  host: Host,
  { request, newest, keep }: Retention,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const sets = datedSetsBelow(host, request.directory).map((dated) => known(host, dated, reporter));
  const old = setsToRemove(sets, newest, keep);
  if (old.length === 0) return;
  await requireSound(host, newest, reporter, signal);
  for (const { directory } of old) {
    // Under the name of a leftover: when this is cut off, nobody takes the rest for a set, and the next run removes it.
    const dying = `${request.directory}/.mondo.scratch.${runIdOf(machineId(host))}.${request.prefix}`;
    host.rename(directory, dying);
    host.remove(dying);
    reporter.info(`${directory} is removed: ${keep === 1 ? "one backup stays" : `${keep} backups stay`} (--keep)`);
  }
}
