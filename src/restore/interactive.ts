import { MondoError, messageOf } from "../base/errors.ts";
import { showPlan } from "../plan/show.ts";
import { areBlank } from "./blank-disks.ts";
import { carryOut } from "./carry-out.ts";
import { checkSet, whenToRead } from "./check-set.ts";
import { type ChosenDisks, chooseDisks, findPlan } from "./choose-disks.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { findCutOff, goingOn } from "./cut-off.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { otherFirmware } from "./other-firmware.ts";
import { describeDestruction, describeSet, lookAtDisks, prepareRestore, type Ready } from "./prepare.ts";

/** The choices; keeping sizes, or fitting them again, only where it makes a difference. */
function choicesFor(
  context: RestoreContext,
  { plan }: Ready,
  since: string | undefined,
): Parameters<RestoreContext["ask"]["menu"]>[1] {
  const fit = { key: "fit", label: "Fit sizes to the disks" };
  const keep = { key: "keep", label: "Keep every size as it was" };
  const label = `Go on with the restore of ${since} UTC, which was cut off: what is in place is checked and kept`;
  return [
    ...(since === undefined ? [] : [{ key: "resume", label }]),
    { key: "go", label: "Yes: erase these disks and restore everything" },
    { key: "disks", label: "Choose other disks" },
    ...(context.resize === false ? [fit] : plan.sizes.length > 0 && context.partition !== false ? [keep] : []),
    { key: "plan", label: "Show each step first" },
    { key: "back", label: "No, go back" },
  ];
}

/** The plan with other sizes; if there is none, says why and returns the plan before. */
function refit(
  wish: RestoreContext,
  chosen: ChosenDisks,
  before: { readonly context: RestoreContext; readonly ready: Ready },
): { readonly context: RestoreContext; readonly ready: Ready } {
  try {
    return { context: wish, ready: prepareRestore(wish, before.ready.facts, chosen) };
  } catch (error) {
    if (!(error instanceof MondoError) || error.code !== "no-match") throw error;
    wish.reporter.warn(`Not possible: ${messageOf(error)}`);
    return before;
  }
}

/** Whether a system that would not start here is to be restored all the same. */
async function confirmFirmware(context: RestoreContext): Promise<boolean> {
  const other = otherFirmware(context);
  return other === undefined || (await context.ask.confirm(`Note: ${other}. Restore it all the same?`, false));
}

/** Restores with questions: nothing is written before a clear yes. */
export async function restoreInteractively(asked: RestoreContext): Promise<ModeOutcome> {
  const { ask, reporter } = asked;
  let context = asked;
  reporter.step(describeSet(context));
  let { ready, chosen } = await findPlan(context, await lookAtDisks(context), undefined);
  for (;;) {
    for (const line of describeDestruction(context, ready)) reporter.info(line);
    const since = await findCutOff(context, ready);
    const answer = await ask.menu("Restore like this?", choicesFor(context, ready, since));
    const goesOn = answer === "resume";
    if (answer === "back") return "stopped";
    if (answer === "plan") for (const line of showPlan(ready.plan).split("\n")) reporter.info(line);
    if (answer === "keep" || answer === "fit") {
      ({ context, ready } = refit({ ...context, resize: answer === "fit" }, chosen, { context, ready }));
    }
    if (answer === "disks") {
      // A disk may have been put in just for this.
      const facts = await lookAtDisks(context);
      ({ ready, chosen } = await findPlan(context, facts, await chooseDisks(context, facts)));
    }
    if ((answer !== "go" && !goesOn) || !(await confirmFirmware(context))) continue;
    const secrets = await gatherSecrets(context, ready, "ask");
    const whole = await checkSet(context, "ask", whenToRead(context, areBlank(context.host, ready)));
    const what = goesOn ? "Go on with the restore" : "Erase the disks named above";
    if (!(await ask.confirm(`${whole} ${what} now?`, false))) continue;
    // Disks may have come or gone in the meantime: only what was agreed to may happen.
    const fresh = prepareRestore(context, await lookAtDisks(context), chosen);
    if (JSON.stringify(fresh.plan) !== JSON.stringify(ready.plan)) {
      reporter.warn("The disks of this machine have changed meanwhile; look again.");
      ready = fresh;
      continue;
    }
    return await carryOut(context, goesOn ? { ...ready, plan: goingOn(ready.plan), goesOn } : ready, secrets);
  }
}
