import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { BackupResult } from "./destination/destination.ts";

const STAYS = msg`All older backups stay: the next differential one would build on one of them`;

/**
 * Ends a run. What the next backup builds on is remembered before anything goes: a run that is cut off in between, or
 * can't remember it, must leave what is remembered.
 */
export async function conclude(
  { removeOld, ...result }: BackupResult,
  remember: () => boolean,
  reporter: Pick<Reporter, "warn">,
): Promise<BackupResult> {
  const isKnown = remember();
  if (isKnown) await removeOld?.();
  else if (removeOld) reporter.warn(STAYS);
  return { ...result, isKnown };
}
