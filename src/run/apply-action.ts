import { isFault, MondoError, sentenceOf, traceOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Action, Effect } from "../effects/effect.ts";
import { showEffect } from "../effects/effect-rows.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { applyEffect, type EffectContext } from "./apply-effect.ts";
import { guardEffect } from "./guard-effect.ts";
import { guardHere, type OwnDisks } from "./guard-here.ts";

function explain(action: Action, error: unknown): MondoError {
  const known = error instanceof MondoError ? error : undefined;
  return new MondoError(known?.code ?? "bug", `${action.say}: ${sentenceOf(error)}`, {
    hint: known?.hint ?? msg`Look at the log, fix the cause in the shell, and start the restore again.`,
    data: { ...known?.data, action: action.id },
    cause: error,
  });
}

/** What the actions of one run share. */
export interface Execution {
  readonly plan: Plan;
  readonly own: OwnDisks;
  readonly effects: EffectContext;
  /** Failures of optional steps, as sentences. */
  readonly problems: string[];
}

const isOptional = (effect: Effect) =>
  effect.do === "efiEntry" || effect.do === "efiOrder" || (effect.do === "run" && effect.optional === true);

/** Guards and carries out the effects of an action. Throws with the action's words; only notes failed optional ones. */
export async function applyAction(action: Action, { plan, own, effects, problems }: Execution): Promise<void> {
  for (const effect of action.effects) {
    guardEffect(plan, effect);
    guardHere(effects.host, plan, own, effect);
    effects.log(`${action.id}: ${showEffect(effect)}`);
    try {
      await applyEffect(effects, effect);
    } catch (error) {
      if (isFault(error)) effects.log(traceOf(error));
      if (!isOptional(effect)) throw explain(action, error);
      problems.push(`${action.say}: ${sentenceOf(error)}`);
    }
  }
}
