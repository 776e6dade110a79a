/** A part of a restore alone: the tables, the file systems, the mounts, the boot loader, or the layout. */

import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { loaderDriver } from "../drivers/loader/loader-drivers.ts";
import type { Action } from "../effects/effect.ts";
import { withoutFiles } from "../layout/keep/keep-wish.ts";
import { encodeEdits } from "../plan/edit/edit.ts";
import { loaderContexts } from "../plan/plan.ts";
import type { Phase, Plan } from "../plan/restore-plan.ts";
import { applyAction } from "../run/apply-action.ts";
import { checkPlan } from "../run/check-plan.ts";
import { openChroot, unmountTree } from "../run/chroot.ts";
import { executePlan } from "../run/execute.ts";
import { ownDisks } from "../run/guard-here.ts";
import { hostBelow } from "../run/host-below.ts";
import { KeptDisks } from "../run/kept-disks.ts";
import { questionOf } from "../ui/given-answers.ts";
import { areBlank } from "./blank-disks.ts";
import { findPlan } from "./choose-disks.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { editByQuestions } from "./edit-by-questions.ts";
import { gatherSecrets } from "./gather-secrets.ts";
import { nobodyStops } from "./last-word.ts";
import { mountSystem, requireOnDisksOf } from "./mount-system.ts";
import { describeDestruction, describeSet, lookAtDisks, type Ready } from "./prepare.ts";
import { destructionScreen } from "./restore-screens.ts";

/** Actions of a plan, of these phases. */
const actionsOf = ({ phases }: Plan, wanted: readonly Phase[]): Plan["phases"] =>
  phases.filter(({ phase }) => wanted.includes(phase));

/** What a part erases is agreed to as in a whole restore. */
async function agreed(context: RestoreContext, ready: Ready): Promise<boolean> {
  const { ask, host, reporter } = context;
  for (const line of describeDestruction(context, ready)) reporter.info(line);
  const screen = destructionScreen(Object.values(ready.targets.disks), msg`No file is restored afterwards.`);
  const isShown = ask.show !== undefined && !areBlank(host, ready);
  const question = isShown ? questionOf(screen) : msg`Erase what is named above now?`;
  if (!(await nobodyStops(context, question, ready.plan, msg`ERASED`))) return false;
  if (!isShown) return ask.confirm(question, false);
  await ask.show?.(screen);
  return true;
}

/** Carries out some phases of the restore, after a clear yes. */
async function doPhases(asked: RestoreContext, phases: readonly Phase[], what: string): Promise<ModeOutcome> {
  const context: RestoreContext = asked.keep === undefined ? asked : { ...asked, keep: withoutFiles(asked.keep) };
  const { host, reporter } = context;
  reporter.step(describeSet(context));
  const { ready, chosen } = await findPlan(context, await lookAtDisks(context), undefined);
  const secrets = await gatherSecrets(context, ready, "ask");
  if (!(await agreed(context, ready))) return "stopped";
  // Only what was agreed to may happen.
  const fresh = await findPlan(context, await lookAtDisks(context), chosen);
  if (JSON.stringify(fresh.ready.plan) !== JSON.stringify(ready.plan)) {
    throw new MondoError("refused", msg`the disks of this machine have changed meanwhile`, {
      hint: msg`Nothing was written. Look again.`,
    });
  }
  const plan: Plan = { ...ready.plan, phases: actionsOf(ready.plan, phases) };
  const { problems } = await executePlan(plan, {
    ...{ host, reporter, secrets },
    unpack: async () => {
      throw new MondoError("bug", msg`a part of a restore unpacks no files`);
    },
  });
  for (const problem of problems) reporter.warn(problem);
  reporter.step(msg`${what}; no file was restored`);
  return problems.length === 0 ? "done" : "differences";
}

/** Writes the partition tables of the set, fitted to the disks. Erases them. Throws `usage` where they are to stay. */
export async function partitionOnly(context: RestoreContext): Promise<ModeOutcome> {
  if (context.partition === false) {
    throw new MondoError("usage", msg`the partition tables can't be written, because they are to stay as they are`, {
      hint: msg`Nothing was written. Leave out what keeps them: nopart, --nopart, or "partition": false in the answers.`,
    });
  }
  return doPhases(context, ["keep", "partition"], msg`The partition tables are written`);
}

/** Without tables, the partition phase stops the volumes on the disks, and erases what is in the partitions. */
const FORMAT: readonly Phase[] = ["keep", "partition", "volumes", "format"];

/** Makes volumes and file systems in the partitions that are there. Erases what is in them. */
export const formatOnly = (context: RestoreContext): Promise<ModeOutcome> =>
  doPhases({ ...context, partition: false }, FORMAT, msg`Volumes and file systems are made`);

/** Mounts the system on the disks, to be worked in by a shell. */
export async function mountOnly(context: RestoreContext): Promise<ModeOutcome> {
  const { host, reporter, root } = context;
  reporter.step(describeSet(context));
  await mountSystem(context);
  openChroot(host, root);
  reporter.step(msg`The system is mounted below ${root}, writable: chroot ${root}; afterwards umount -R ${root}`);
  return "done";
}

const isOfLoader = ({ id }: Action): boolean => /^(loader|firmware|boot-code):/.test(id);

/** Installs the boot loader of the system on the disks anew; nothing else is written. */
export async function loaderOnly(asked: RestoreContext): Promise<ModeOutcome> {
  // The tables stay, and say where everything is.
  const context: RestoreContext = { ...asked, partition: false, keep: "none" };
  const { host, reporter, root, ask, firmware } = context;
  reporter.step(describeSet(context));
  const { ready } = await findPlan(context, await lookAtDisks(context), undefined);
  const { plan } = ready;
  const actions = plan.phases.flatMap((phase) => phase.actions).filter(isOfLoader);
  if (actions.length === 0) {
    throw new MondoError("unsupported", msg`the backup has no boot loader that this version installs`, {
      hint: msg`mondo layout shows what it has. Mount the system with --mount-only, and install it by hand.`,
    });
  }
  for (const { say } of actions) reporter.info(say);
  if (!(await ask.confirm(msg`Do this now? Nothing else is written.`, false))) return "stopped";
  // Disks may have come or gone since the plan was made; once the system is mounted they are busy.
  checkPlan(host, plan, await lookAtDisks(context));
  await mountSystem(context, { layout: plan.layout, requirePlace: requireOnDisksOf(host, plan) });
  const kept = new KeptDisks(host, plan);
  try {
    const log = (text: string) => reporter.log(text);
    const unpack = async () => {
      throw new MondoError("bug", msg`installing a boot loader unpacks no files`);
    };
    const execution = {
      plan,
      own: ownDisks(host, plan),
      effects: { host, root, unpack, log, kept },
      problems: [] as string[],
    };
    for (const action of actions) {
      reporter.step(action.say);
      await applyAction(action, execution);
    }
    host.sync();
    const inside = hostBelow(host, root);
    const checked = await Promise.all(
      loaderContexts(plan.layout, plan, firmware).map(
        async (one) => (await loaderDriver(one.loader.type)?.verify(inside, one)) ?? [],
      ),
    );
    const defects = [...execution.problems, ...checked.flat()];
    for (const defect of defects) reporter.warn(defect);
    reporter.step(
      defects.length === 0
        ? msg`The boot loader is installed and was checked`
        : msg`The boot loader is installed, except for what is listed above`,
    );
    return defects.length === 0 ? "done" : "differences";
  } finally {
    await unmountTree(host, root, true).catch((error) => reporter.warn(messageOf(error)));
  }
}

const EDITS = "/tmp/edits.json";

const CHANGES = {
  title: msg`Save the changes of the layout`,
  help: [
    msg`The file is for mondo restore --edit, and for mondo plan --edit. In the rescue system /tmp is memory: a place on a stick outlives it.`,
  ],
};

/** Edits the layout, and saves the changes; nothing else is written. */
export async function editOnly(context: RestoreContext): Promise<ModeOutcome> {
  const { host, manifest, unedited = manifest.layout, edits = [], reporter, ask } = context;
  reporter.step(describeSet(context));
  const wanted = await editByQuestions(context, unedited, edits);
  if (JSON.stringify(wanted) === JSON.stringify(edits)) return "stopped";
  const path = (await ask.line(msg`File for the changes`, { initial: EDITS, about: CHANGES })).trim();
  host.write(path, encodeEdits(wanted), 0o644);
  reporter.step(msg`${wanted.length} changes are in ${path}: mondo restore --edit ${path}`);
  return "done";
}
