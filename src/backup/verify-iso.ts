import { bootPartOf } from "../archive/set/boot-part.ts";
import { catalogSpan, type OpenSet, openSet, requireMedia, requireWhole } from "../archive/set/open-set.ts";
import { beginNotedReading, droppingNotes, type NotedReading, noteDown } from "../archive/verify/reading-note.ts";
import { bootCoverOf, verifyBoot } from "../archive/verify/verify-boot.ts";
import { verifyVolumes } from "../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { compareWithLive } from "./compare-with-live.ts";
import type { BackupRequest } from "./request.ts";

/** How a set is read back. */
export interface VerifyManner {
  /** Leaves a note beside it that it is what was written. `may`: where none can lie, it is read all the same. */
  readonly note?: "must" | "may" | undefined;
  /** What messages call it; default: its path. */
  readonly shown?: string;
}

/**
 * Reads a finished ISO or directory back, every checksum, and compares its files with the live ones (Mondo's `-V`).
 * Returns the number of differences; throws `damaged` when the medium is not what was written.
 */
export async function verifyIso(
  host: Host,
  request: Pick<BackupRequest, "root">,
  iso: string,
  reporter: Reporter,
  signal: AbortSignal,
  { note, shown = iso }: VerifyManner = {},
): Promise<number> {
  reporter.step(msg`Verifying ${shown}`);
  if (!host.exists(iso)) {
    throw new MondoError("not-found", msg`${shown} does not exist`, {
      hint: msg`Make it with -O, or name its directory with -d and its prefix with -p.`,
    });
  }
  const set = openSet(host, iso);
  const shownIn = (path: string) => (path.startsWith(iso) ? shown + path.slice(iso.length) : path);
  return droppingNotes({ host, set, reporter, shown: shownIn }, () =>
    readBack(
      host,
      set,
      { shown, noted: () => begunNote(host, set, note, reporter), root: request.root },
      reporter,
      signal,
    ),
  );
}

/** Throws `usage` where a note must, and can't, be left. */
function begunNote(host: Host, set: OpenSet, note: VerifyManner["note"], reporter: Reporter): NotedReading | undefined {
  if (note === undefined) return undefined;
  try {
    return beginNotedReading(host, set);
  } catch (error) {
    if (note === "must" || !(error instanceof MondoError) || error.code !== "usage") throw error;
    reporter.warn(msg`No note is left beside the backup: ${messageOf(error)}`);
    return undefined;
  }
}

/** Reads all of a set, and compares. */
async function readBack(
  host: Host,
  set: OpenSet,
  { shown, noted, root }: { shown: string; noted: () => NotedReading | undefined; root: string },
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  requireWhole(set);
  requireMedia(set);
  const { manifest, directory, locate } = set;
  const reading = noted();
  await verifyVolumes({ directory, manifest, locate }, reporter, signal);
  const { defects, uncovered } = await verifyBoot(host, bootPartOf(host, set), bootCoverOf(manifest, locate), () =>
    signal.throwIfAborted(),
  );
  if (uncovered !== undefined) reporter.info(`${shown}: ${uncovered}`);
  if (defects[0] !== undefined)
    throw new MondoError("damaged", defects.join("; "), { hint: msg`Make the backup again.` });
  if (reading) noteDown(reading, reporter);
  return compareWithLive(host, { root }, manifest, catalogSpan(set), reporter, signal);
}
