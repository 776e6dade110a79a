/** Which sets of a machine stay in their place beside one that was just made. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { BackupRequest } from "./request.ts";
import { calendarOf } from "./retention/calendar.ts";
import type { KeepRules } from "./retention/decide-retention.ts";
import { decideFor, dropSets, type Remover, removeHere, requireSoundSet, zoneOf } from "./retention/prune-sets.ts";
import { familyOfSet, type PlacedSet, setsAt } from "./retention/sets-at.ts";

/** The set that was just made, and what is to stay beside it. */
export interface Retention {
  readonly request: Pick<BackupRequest, "directory">;
  readonly newest: string;
  readonly keep: KeepRules;
  /** Default: from the file system. */
  readonly remove?: Remover;
  /** Whether the store has looked at each byte that came: it is not read back then. Default: no. */
  readonly isChecked?: boolean;
  /** A path there for people. Default: as it is. */
  readonly shown?: (path: string) => string;
}

/** What can't be used stays, and somebody should know. */
function tellBroken(sets: readonly PlacedSet[], reporter: Reporter): void {
  for (const { place, flaw } of sets) if (flaw !== undefined) reporter.warn(msg`${place} stays: ${flaw}`);
}

/**
 * Decides which sets of this machine and prefix no rule keeps beside the newest one, and reads that one back; what is
 * returned removes them. Throws `damaged` when it isn't whole.
 */
export async function checkedRemoval(
  host: Host,
  { request, newest, keep, remove = removeHere(host), isChecked = false, shown = (path) => path }: Retention,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const sets = setsAt(host, request.directory);
  const made = sets.find(({ place }) => place === newest);
  if (!made?.manifest || made.flaw !== undefined) {
    const why = made?.flaw ?? msg`it is not there`;
    throw new MondoError("damaged", msg`${newest} can't be used: ${why}; all older backups stay`, {
      hint: msg`Look after the disk or share that it lies on, and start the backup again.`,
    });
  }
  tellBroken(sets, reporter);
  const { drop, keep: kept } = decideFor(sets, {
    ...{ rules: keep, family: familyOfSet(made.manifest), made: newest },
    ...{ now: Math.floor(host.nowMs() / 1000), periodsOf: calendarOf(zoneOf(host)) },
  });
  for (const { set, because } of kept)
    reporter.log(`${shown(set.place)} stays: ${because.map(({ text }) => text).join(", ")}`);
  if (drop.length === 0) return async () => {};
  if (!isChecked) await requireSoundSet(host, newest, reporter, signal);
  const dropped = drop.map(({ placed }) => placed);
  return () => dropSets(dropped, remove, reporter, signal, shown);
}
