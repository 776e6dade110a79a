import { MondoError } from "../base/errors.ts";
import { carryOut } from "./carry-out.ts";
import { checkSet } from "./check-set.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { restoredBefore } from "./once.ts";
import { otherFirmware } from "./other-firmware.ts";
import { describeDestruction, describeSet, lookAtDisks, prepareRestore } from "./prepare.ts";
import { dropHeaders } from "./saved-headers.ts";

/** Seconds to stop an unattended restore; the same as in Mondo. */
const COUNTDOWN_SECONDS = 20;

/** Refuses to erase disks for a system that would not start afterwards. */
function requireFirmware(context: RestoreContext): void {
  const other = otherFirmware(context);
  if (other === undefined) return;
  throw new MondoError("refused", `${other}, by which it would not start again`, {
    hint: "Nothing was written. Start this medium in the other way (see the firmware's setup), or choose interactive mode, which restores it all the same.",
  });
}

/**
 * Restores without questions. Whatever can be checked is checked first, and any key stops it before the first write.
 */
export async function restoreUnattended(context: RestoreContext): Promise<ModeOutcome> {
  const { reporter } = context;
  reporter.step(describeSet(context));
  const before = await restoredBefore(context);
  if (before !== "no") return before;
  requireFirmware(context);
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
