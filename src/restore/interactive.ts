import { MondoError, messageOf } from "../base/errors.ts";
import { dispensableDisks } from "../drivers/dispensables.ts";
import { type Candidate, describeCandidate } from "../layout/candidate.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { type NodeId, nodesOf } from "../layout/types.ts";
import { NO_DISK } from "../plan/plan-onto.ts";
import { showPlan } from "../plan/show.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { areBlank } from "./blank-disks.ts";
import { carryOut } from "./carry-out.ts";
import { checkSet, whenToRead } from "./check-set.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { otherFirmware } from "./other-firmware.ts";
import {
  choosableDisks,
  describeDestruction,
  describeSet,
  lookAtDisks,
  prepareRestore,
  type Ready,
} from "./prepare.ts";

/** Default: what the matching rules and the file of answers say. */
type Choice = Readonly<Record<NodeId, string>> | undefined;

type Offer = Parameters<RestoreContext["ask"]["menu"]>[1][number];

/** Asks until a disk is named that is blank or of the set, or whose content is given up in so many words. */
async function chooseDisk(
  { ask }: RestoreContext,
  text: string,
  free: readonly Candidate[],
  isHeld: (candidate: Candidate) => boolean,
  others: readonly Offer[],
): Promise<string> {
  const there = free.map((candidate) => ({ key: candidate.disk.path, label: describeCandidate(candidate) }));
  for (;;) {
    const path = await ask.menu(text, [...there, ...others]);
    const held = free.find((candidate) => candidate.disk.path === path && isHeld(candidate));
    if (!held) return path;
    const what = `${path} holds what is not of the backup (${held.contents}).`;
    if (await ask.confirm(`${what} Is all of it to be lost?`, false)) return path;
  }
}

/** Asks for each disk of the set which disk of this machine is to replace it. */
async function chooseDisks(context: RestoreContext, facts: StorageFacts): Promise<Readonly<Record<NodeId, string>>> {
  const { layout } = context.manifest;
  const chosen: Record<NodeId, string> = {};
  const without = dispensableDisks(layout);
  const { disks, isHeld } = choosableDisks(context, facts);
  for (const disk of nodesOf(layout, "disk")) {
    const free = disks.filter((c) => !Object.values(chosen).includes(c.disk.path));
    const less = without.get(disk.id);
    if (free.length === 0 && less !== undefined) {
      chosen[disk.id] = NO_DISK;
      continue;
    }
    if (free.length === 0) {
      throw new MondoError("no-match", `no disk is left to become ${describeDiskShortly(disk)}`, {
        hint: "Put in a disk, or load the driver of its controller.",
      });
    }
    const none = less === undefined ? [] : [{ key: NO_DISK, label: `None: do without ${less}` }];
    const text = `Which disk shall become ${describeDiskShortly(disk)}?`;
    chosen[disk.id] = await chooseDisk(context, text, free, isHeld, none);
  }
  return chosen;
}

/** A plan by the matching rules; by questions where those are not enough. */
async function findPlan(
  context: RestoreContext,
  facts: StorageFacts,
  chosen: Choice,
): Promise<{ readonly ready: Ready; readonly chosen: Choice }> {
  try {
    return { ready: prepareRestore(context, facts, chosen), chosen };
  } catch (error) {
    if (!(error instanceof MondoError) || error.code !== "no-match") throw error;
    context.reporter.warn(`${messageOf(error)}.${error.hint === undefined ? "" : ` ${error.hint}`}`);
    const answers = await chooseDisks(context, facts);
    return { ready: prepareRestore(context, facts, answers), chosen: answers };
  }
}

/** The choices; keeping sizes, or fitting them again, only where it makes a difference. */
function choicesFor(context: RestoreContext, { plan }: Ready): Parameters<RestoreContext["ask"]["menu"]>[1] {
  const fit = { key: "fit", label: "Fit sizes to the disks" };
  const keep = { key: "keep", label: "Keep every size as it was" };
  return [
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
  chosen: Choice,
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
    const answer = await ask.menu("Restore like this?", choicesFor(context, ready));
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
    if (answer !== "go" || !(await confirmFirmware(context))) continue;
    const secrets = await gatherSecrets(context, ready, "ask");
    const whole = await checkSet(context, "ask", whenToRead(context, areBlank(context.host, ready)));
    if (!(await ask.confirm(`${whole} Erase the disks named above now?`, false))) continue;
    // Disks may have come or gone in the meantime: only what was agreed to may happen.
    const fresh = prepareRestore(context, await lookAtDisks(context), chosen);
    if (JSON.stringify(fresh.plan) !== JSON.stringify(ready.plan)) {
      reporter.warn("The disks of this machine have changed meanwhile; look again.");
      ready = fresh;
      continue;
    }
    return await carryOut(context, ready, secrets);
  }
}
