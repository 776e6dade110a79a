import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { nodesOf } from "../layout/types.ts";
import { areBlank } from "./blank-disks.ts";
import { carryOut } from "./carry-out.ts";
import { checkSet, whenToRead } from "./check-set.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { type CutOff, findCutOff, goingOn } from "./cut-off.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { COUNTDOWN_SECONDS, namedDisks } from "./last-word.ts";
import { restoredBefore } from "./once.ts";
import { otherFirmware } from "./other-firmware.ts";
import { describeDestruction, describeSet, lookAtDisks, prepareRestore, type Ready } from "./prepare.ts";
import { dropHeaders } from "./saved-headers.ts";

/** Refuses to erase disks for a system that would not start afterwards. */
function requireFirmware(context: RestoreContext): void {
  const other = otherFirmware(context);
  if (other === undefined) return;
  throw new MondoError("refused", msg`${other}, by which it would not start again`, {
    hint: msg`Nothing was written. Start this medium in the other way (see the firmware's setup), or choose interactive mode, which restores it all the same.`,
  });
}

/** What the countdown says: which disks, and what becomes of them. */
function countdownText({ manifest }: RestoreContext, { plan, goesOn }: Ready, isBlank: boolean): string {
  const named = namedDisks(plan);
  if (goesOn) return msg`The restore of ${manifest.host.name} onto ${named} that was cut off goes on, in`;
  return isBlank
    ? msg`${manifest.host.name} is restored onto ${named}, which hold${plan.disks.length === 1 ? "s" : ""} nothing, in`
    : msg`All that is on ${named} is ERASED, and ${manifest.host.name} restored, in`;
}

/**
 * Refuses to erase what the restore that was cut off here has kept, unless the wish to keep says so. Throws `refused`.
 */
export function requireSameWish({ manifest, keep }: RestoreContext, { givenUp }: CutOff): void {
  if (keep !== undefined || givenUp.length === 0) return;
  const names = nodesOf(manifest.layout, "disk").flatMap(({ id, path }) => (givenUp.includes(id) ? [path] : []));
  const text = msg`the restore that was cut off here kept ${names.join(", ")} of the backup as it is, and this one would erase it`;
  throw new MondoError("refused", text, {
    hint: msg`Nothing was written. Say again what to keep (mondo.keep=auto, --keep auto), or none to erase it, too.`,
    data: { disks: names },
  });
}

/** The plan that goes on with a restore that was cut off on its disks, where the context says so. */
async function maybeGoingOn(context: RestoreContext, ready: Ready): Promise<Ready> {
  const { reporter, resume } = context;
  const cutOff = await findCutOff(context, ready);
  if (cutOff) requireSameWish(context, cutOff);
  const since = cutOff?.since;
  if (since === undefined) {
    if (resume === "auto") reporter.info(msg`There is no restore to go on with on these disks: it starts anew`);
    return ready;
  }
  if (resume === "auto") {
    reporter.step(msg`Going on with the restore of ${since} UTC, which was cut off`);
    return { ...ready, plan: goingOn(ready.plan), goesOn: true };
  }
  reporter.info(
    msg`A restore of this backup was cut off here (begun ${since} UTC). It starts anew: only mondo.resume=auto, or --resume auto, goes on with it`,
  );
  return ready;
}

/** Lets any key stop the restore; without a wait where the machine started it by itself and no disk holds anything. */
async function mayBegin(context: RestoreContext, ready: Ready, isBlank: boolean): Promise<boolean> {
  if (isBlank && context.startsByItself === true) {
    context.reporter.info(msg`Nothing lies on these disks, so nothing can be lost: no countdown`);
    return true;
  }
  return (await context.countdown(COUNTDOWN_SECONDS, countdownText(context, ready, isBlank))) === "elapsed";
}

/**
 * Restores without questions. Whatever can be checked is checked first, and where something could be lost, any key
 * stops it before the first write.
 */
export async function restoreUnattended(context: RestoreContext): Promise<ModeOutcome> {
  const { reporter } = context;
  reporter.step(describeSet(context));
  const before = await restoredBefore(context);
  if (before !== "no") return before;
  requireFirmware(context);
  const ready = await maybeGoingOn(context, prepareRestore(context, await lookAtDisks(context)));
  const secrets = await gatherSecrets(context, ready, "wait-for-somebody");
  const isBlank = areBlank(context.host, ready);
  await checkSet(context, "later", whenToRead(context, isBlank));
  for (const line of ready.goesOn ? [] : describeDestruction(context, ready)) reporter.info(line);
  if (!(await mayBegin(context, ready, isBlank))) {
    dropHeaders(context.host);
    reporter.step(msg`Stopped; nothing was written`);
    return "stopped";
  }
  return await carryOut(context, ready, secrets);
}
