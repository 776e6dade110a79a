import { bootPartOf } from "../archive/set/boot-part.ts";
import { catalogSpan, type OpenSet, openSet, requireMedia, requireWhole } from "../archive/set/open-set.ts";
import { beginNotedReading, droppingNotes } from "../archive/verify/reading-note.ts";
import { bootCoverOf, verifyBoot } from "../archive/verify/verify-boot.ts";
import { verifyVolumes } from "../archive/verify/verify-volumes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { compareWithLive } from "./compare-with-live.ts";
import type { BackupRequest } from "./request.ts";

/** How a set is read back. */
export interface VerifyManner {
  /** Leaves a note beside it that it is what was written. */
  readonly isNoted?: boolean;
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
  { isNoted = false, shown = iso }: VerifyManner = {},
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
    readBack(host, set, { shown, isNoted, root: request.root }, reporter, signal),
  );
}

/** Reads all of a set, and compares. */
async function readBack(
  host: Host,
  set: OpenSet,
  { shown, isNoted, root }: Required<VerifyManner> & Pick<BackupRequest, "root">,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  requireWhole(set);
  requireMedia(set);
  const { manifest, directory, locate } = set;
  const noted = isNoted ? beginNotedReading(host, set) : undefined;
  await verifyVolumes({ directory, manifest, locate }, reporter, signal);
  const { defects, uncovered } = await verifyBoot(host, bootPartOf(host, set), bootCoverOf(manifest, locate), () =>
    signal.throwIfAborted(),
  );
  if (uncovered !== undefined) reporter.info(`${shown}: ${uncovered}`);
  if (defects[0] !== undefined)
    throw new MondoError("damaged", defects.join("; "), { hint: msg`Make the backup again.` });
  if (noted) reporter.info(msg`Noted in ${noted.wentWell()}`);
  return compareWithLive(host, { root }, manifest, catalogSpan(set), reporter, signal);
}
