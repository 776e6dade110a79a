import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { explainFailure } from "./person/explain-failure.ts";
import { askWhatToDo } from "./person/menu.ts";
import { reportHardware } from "./person/report-hardware.ts";
import { type Phase, phases } from "./phases.ts";
import type { Rescue } from "./rescue.ts";

/** Reports a failure that does not stop the start. */
function warnOnly({ reporter }: Rescue, error: unknown): void {
  const hint = error instanceof MondoError && error.hint !== undefined ? `. ${error.hint}` : "";
  reporter.warn(`${messageOf(error)}${hint}`);
}

/** Lets a person decide how to go on. True: with the next phase. False: try this one again. */
async function letPersonDecide(rescue: Rescue, phase: Phase, error: unknown): Promise<boolean> {
  if (await rescue.modules.settle(150, 3000)) await reportHardware(rescue);
  await explainFailure(rescue, msg`Could not ${phase.does}`, error);
  const choices = [
    { key: "again", label: msg`Try again` },
    ...(phase.amend ?? []).map(({ key, label }) => ({ key, label })),
    { key: "skip", label: msg`Go on without it` },
  ];
  const about = {
    title: msg`Could not ${phase.does}`,
    help: [
      msg`Try again when something was plugged in, switched on or corrected. Without it, whatever needs it fails later, and says so.`,
    ],
  };
  for (;;) {
    const choice = await askWhatToDo(rescue, choices, "again", about);
    const amendment = phase.amend?.find(({ key }) => key === choice);
    if (!amendment) return choice === "skip";
    const outcome = await amendment.run(rescue);
    if (outcome !== "back") return outcome === "done";
  }
}

/** Runs one phase. True: it is done or was skipped. False: try it again. */
async function tryPhase(rescue: Rescue, phase: Phase): Promise<boolean> {
  const began = rescue.host.nowMs();
  try {
    await phase.run(rescue);
    return true;
  } catch (error) {
    if (phase.onError(rescue.options) === "ask") return await letPersonDecide(rescue, phase, error);
    warnOnly(rescue, error);
    return true;
  } finally {
    rescue.log(`phase ${phase.name}: ${rescue.host.nowMs() - began} ms`);
  }
}

/** Runs the phases; each failure is explained, and a person may try again, look around in a shell, or go on. */
export async function runPhases(rescue: Rescue): Promise<void> {
  for (const phase of phases.filter(({ when }) => when(rescue.options))) {
    while (!(await tryPhase(rescue, phase)));
  }
}
