import { isCancelled, MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { KeepWish } from "../layout/keep/keep-wish.ts";
import { showPlan } from "../plan/show.ts";
import type { About, Choice } from "../ui/ask.ts";
import { questionOf } from "../ui/given-answers.ts";
import { present } from "../ui/present.ts";
import { areBlank } from "./blank-disks.ts";
import { carryOut } from "./carry-out.ts";
import { changeLayout } from "./change-layout.ts";
import { checkSet, whenToRead } from "./check-set.ts";
import { type ChosenDisks, chooseDisks, findPlan } from "./choose-disks.ts";
import { REPORT_PATH } from "./closing-report.ts";
import { type ModeOutcome, type RestoreContext, showAtEnd } from "./context.ts";
import { findCutOff, goingOn } from "./cut-off.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { nobodyStops } from "./last-word.ts";
import { otherFirmware } from "./other-firmware.ts";
import { describeSet, lookAtDisks, prepareRestore, type Ready } from "./prepare.ts";
import { blankScreen, destructionScreen, disksScreen, planScreen, reportScreen, setScreen } from "./restore-screens.ts";

/** Where somebody is in the questions. */
interface Talk {
  readonly context: RestoreContext;
  readonly ready: Ready;
  readonly chosen: ChosenDisks;
  /** Choices of disks before this one, the newest last. */
  readonly before: readonly ChosenDisks[];
}

const YES_WITH_KEPT = msg`Yes: erase these disks, leave those that are kept, and restore all else`;

/** The choices; keeping sizes, or fitting them again, only where it makes a difference. */
function choicesFor({ context, ready: { plan }, before }: Talk, since: string | undefined): readonly Choice[] {
  const fit = { key: "fit", label: msg`Fit sizes to the disks` };
  const keep = { key: "keep", label: msg`Keep every size as it was` };
  const erase = { key: "erase", label: msg`Keep no disk: erase the kept ones, too, and restore what was on them` };
  const files = { key: "files", label: msg`Restore the backup's files into the kept disks, too` };
  const leave = { key: "leave", label: msg`Leave the files on the kept disks as they are` };
  const isOffer = context.keep === "offer" || context.keep === "offer=files";
  const ofFiles = context.keep === "offer=files" ? leave : files;
  const spare = { key: "spare", label: msg`Keep the disks on which all data are still as they were` };
  const label = msg`Go on with the restore of ${since} UTC, which was cut off: what is in place is checked and kept`;
  return [
    ...(since === undefined ? [] : [{ key: "resume", label }]),
    { key: "go", label: plan.kept ? YES_WITH_KEPT : msg`Yes: erase these disks and restore everything` },
    { key: "disks", label: msg`Choose other disks` },
    ...(before.length > 0 ? [{ key: "undo", label: msg`Undo the last choice of disks` }] : []),
    ...(context.resize === false ? [fit] : plan.sizes.length > 0 && context.partition !== false ? [keep] : []),
    ...(plan.kept && isOffer ? [ofFiles] : []),
    ...(plan.kept ? [erase] : context.keep === "none" ? [spare] : []),
    { key: "edit", label: msg`Change the layout` },
    { key: "plan", label: msg`Show each step first` },
    { key: "back", label: msg`No, go back` },
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
    wish.reporter.warn(msg`Not possible: ${messageOf(error)}`);
    return before;
  }
}

const OTHER_FIRMWARE: About = {
  title: msg`Restore: another kind of firmware`,
  help: [
    msg`The files come back all the same, but nothing here starts them: mostly the setup of the machine can be switched to the other kind. With No the restore goes back to the disks.`,
  ],
};

/** Whether a system that would not start here is to be restored all the same. */
async function confirmFirmware(context: RestoreContext): Promise<boolean> {
  const other = otherFirmware(context);
  return (
    other === undefined ||
    (await context.ask.confirm(msg`Note: ${other}. Restore it all the same?`, false, OTHER_FIRMWARE))
  );
}

/** Asks for the last word: by the names of the disks on full screens, where they hold anything. */
async function confirmDestruction({ context, ready }: Talk, whole: string, goesOn: boolean): Promise<boolean> {
  const { ask, host } = context;
  const nothingStops = (question: string) =>
    nobodyStops(context, question, ready.plan, goesOn ? msg`written to` : msg`ERASED`);
  if (!ask.show || goesOn) {
    const question = goesOn
      ? msg`${whole} Go on with the restore now?`
      : msg`${whole} Erase the disks named above now?`;
    return (await nothingStops(question)) && ask.confirm(question, false);
  }
  const targets = Object.values(ready.targets.disks);
  const isBlank = areBlank(host, ready);
  const screen = isBlank ? blankScreen(targets, whole) : destructionScreen(targets, whole);
  if (!(await nothingStops(questionOf(screen)))) return false;
  const answer = await ask.show(screen);
  return !isBlank || answer === "yes";
}

/** Answers about what is kept. */
const KEEP_ANSWERS: Readonly<Record<string, KeepWish>> = {
  ...{ erase: "none", spare: "offer", leave: "offer", files: "offer=files" },
};

/** What an answer changes; nothing is written. */
async function changed(talk: Talk, answer: string): Promise<Talk> {
  const { context, ready, chosen, before } = talk;
  const { ask, reporter } = context;
  if (answer === "plan") {
    if (ask.show) await ask.show(planScreen(ready));
    else for (const line of showPlan(ready.plan).split("\n")) reporter.info(line);
  }
  if (answer === "keep" || answer === "fit") {
    return { ...talk, ...refit({ ...context, resize: answer === "fit" }, chosen, { context, ready }) };
  }
  // A disk may have been put in just for this.
  if (answer === "disks") {
    const facts = await lookAtDisks(context);
    const next = await findPlan(context, facts, await chooseDisks(context, facts));
    return { ...talk, ...next, before: [...before, chosen] };
  }
  const wished = KEEP_ANSWERS[answer];
  if (wished !== undefined) {
    const wish: RestoreContext = { ...context, keep: wished };
    // Whether files go into kept disks changes nothing about the others: a choice among those stands.
    const others = answer === "files" || answer === "leave" ? chosen : undefined;
    return { ...talk, context: wish, ...(await findPlan(wish, ready.facts, others)) };
  }
  if (answer === "edit") return { ...talk, ...(await changeLayout({ context, ready, chosen })) };
  if (answer === "undo") {
    const next = await findPlan(context, await lookAtDisks(context), before.at(-1));
    return { ...talk, ...next, before: before.slice(0, -1) };
  }
  return talk;
}

/** The last questions, and the restore itself. Another `Talk`: the disks have changed; undefined: not agreed to. */
async function begin(talk: Talk, goesOn: boolean): Promise<Talk | (() => Promise<ModeOutcome>) | undefined> {
  const { context, ready, chosen } = talk;
  if (!(await confirmFirmware(context))) return undefined;
  const secrets = await gatherSecrets(context, ready, "ask");
  const whole = await checkSet(context, "ask", whenToRead(context, areBlank(context.host, ready)));
  if (!(await confirmDestruction(talk, whole, goesOn))) return undefined;
  // Disks may have come or gone in the meantime: only what was agreed to may happen.
  const fresh = prepareRestore(context, await lookAtDisks(context), chosen);
  if (JSON.stringify(fresh.plan) === JSON.stringify(ready.plan)) {
    return () => carryOut(context, goesOn ? { ...ready, plan: goingOn(ready.plan), goesOn } : ready, secrets);
  }
  context.reporter.warn(msg`The disks of this machine have changed meanwhile; look again.`);
  return { ...talk, ready: fresh };
}

/** On full screens Escape leads back to where one was; elsewhere ^C ends the restore, as it always did. */
async function orBack<T>({ ask }: RestoreContext, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (ask.show && isCancelled(error)) return undefined;
    throw error;
  }
}

const linesOf = (host: Host): readonly string[] => (host.tryReadText(REPORT_PATH) ?? "").trimEnd().split("\n");

async function carryOutAndTell(context: RestoreContext, restore: () => Promise<ModeOutcome>): Promise<ModeOutcome> {
  const outcome = await restore();
  const { ask, host } = context;
  const show = async () => void (await ask.show?.(reportScreen(context, outcome, linesOf(host))).catch(() => {}));
  await showAtEnd(context, show);
  return outcome;
}

const offered = (wish: KeepWish = "offer"): KeepWish =>
  wish === "auto" ? "offer" : wish === "auto=files" ? "offer=files" : wish;

/** The first plan, which a wish to keep by name that can't be had doesn't stand in the way of: it is said. */
async function beginning(context: RestoreContext): Promise<Talk> {
  const facts = await lookAtDisks(context);
  try {
    return { context, ...(await findPlan(context, facts, undefined)), before: [] };
  } catch (error) {
    const isNamed = Array.isArray(context.keep);
    if (!isNamed || !(error instanceof MondoError) || error.code !== "refused") throw error;
    context.reporter.warn(msg`Not possible: ${messageOf(error)}. What can be kept is offered instead`);
    const other: RestoreContext = { ...context, keep: "offer" };
    return { context: other, ...(await findPlan(other, facts, undefined)), before: [] };
  }
}

/** Restores with questions: nothing is written before a clear yes. */
export async function restoreInteractively(asked: RestoreContext): Promise<ModeOutcome> {
  // A person sees what can't be kept, and decides.
  const context: RestoreContext = { ...asked, keep: offered(asked.keep) };
  const { ask, reporter } = context;
  reporter.step(describeSet(context));
  if (ask.show && (await ask.show(setScreen(context))) === "back") return "stopped";
  const first = await orBack(context, beginning(context));
  if (!first) return "stopped";
  let talk = first;
  for (;;) {
    const choices = choicesFor(talk, (await findCutOff(talk.context, talk.ready))?.since);
    const answer = await present(ask, reporter.info, disksScreen(talk.context, talk.ready, choices));
    if (answer === "back") return "stopped";
    const begins = answer === "go" || answer === "resume";
    const next = await orBack(talk.context, begins ? begin(talk, answer === "resume") : changed(talk, answer));
    if (typeof next === "function") return carryOutAndTell(talk.context, next);
    talk = next ?? talk;
  }
}
