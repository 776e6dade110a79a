import type { SecretId } from "../effects/run-fields.ts";
import type { Plan } from "./restore-plan.ts";

/** Every secret that a plan needs, each once. */
export function secretsOf(plan: Plan): SecretId[] {
  const effects = plan.phases.flatMap(({ actions }) => actions.flatMap((action) => action.effects));
  return [...new Set(effects.flatMap((effect) => (effect.do === "run" ? (effect.secret ?? []) : [])))];
}
