import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { BackupResult } from "../destination/destination.ts";
import { type BackupRequest, isStreamed } from "../request.ts";

/** Whether a run ended because a snapshot got full. */
const isLost = (error: unknown): error is MondoError => error instanceof MondoError && error.data.lost === "snapshot";

/**
 * Makes a backup, and once more without snapshots when one of them got full on the way, where they are made if they can
 * be: yesterday it went without. What has left the machine already can't be taken back: such a backup fails. The result
 * names what would have been read from snapshots: that is not of one moment.
 */
export async function withoutLost(
  request: BackupRequest,
  reporter: Reporter,
  signal: AbortSignal,
  make: (request: BackupRequest) => Promise<BackupResult>,
): Promise<BackupResult> {
  try {
    return await make(request);
  } catch (error) {
    if (!isLost(error) || signal.aborted || request.snapshot?.mode !== "auto" || isStreamed(request)) throw error;
    reporter.warn(msg`${messageOf(error)}. The backup begins anew, and reads everything live`);
    const readLive = (error.data.shown as readonly string[] | undefined) ?? [];
    return { ...(await make({ ...request, snapshot: { mode: "no" } })), readLive };
  }
}
