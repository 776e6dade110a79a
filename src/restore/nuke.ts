import { carryOut } from "./carry-out.ts";
import { checkSet } from "./check-set.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { restoredBefore } from "./once.ts";
import { describeDestruction, describeSet, lookAtDisks, prepareRestore } from "./prepare.ts";
import { dropHeaders } from "./saved-headers.ts";

/** Seconds to stop an unattended restore; the same as in Mondo. */
const COUNTDOWN_SECONDS = 20;

/**
 * Restores without questions. Whatever can be checked is checked first, and any key stops it before the first write.
 */
export async function restoreUnattended(context: RestoreContext): Promise<ModeOutcome> {
  const { reporter } = context;
  reporter.step(describeSet(context));
  const before = await restoredBefore(context);
  if (before !== "no") return before;
  const ready = prepareRestore(context, await lookAtDisks(context));
  const secrets = await gatherSecrets(context, ready, "wait-for-somebody");
  await checkSet(context, "later");
  for (const line of describeDestruction(context, ready)) reporter.info(line);
  const outcome = await context.countdown(COUNTDOWN_SECONDS, "The disks named above will be erased.");
  if (outcome === "stopped") {
    dropHeaders(context.host);
    reporter.step("Stopped; nothing was written");
    return "stopped";
  }
  return await carryOut(context, ready, secrets);
}
