import type { Effect } from "../../src/effects/effect.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";

/** The plan as far as its first `count` effects: what a killed restore has done. */
export function cutAfter(plan: Plan, count: number): Plan {
  let left = count;
  const phases = plan.phases.map(({ phase, actions }) => ({
    phase,
    actions: actions.flatMap((action) => {
      const effects = action.effects.slice(0, left);
      left -= effects.length;
      return effects.length === 0 ? [] : [{ ...action, effects }];
    }),
  }));
  return { ...plan, phases };
}

/** Everything that a plan does, in order. */
export const effectsOf = (plan: Plan): readonly Effect[] =>
  plan.phases.flatMap(({ actions }) => actions.flatMap(({ effects }) => effects));
