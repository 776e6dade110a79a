import { msg } from "../base/message.ts";
import type { Action } from "../effects/effect.ts";
import { showEffect } from "../effects/effect-rows.ts";
import { showSizes } from "./fit/sizes.ts";
import type { Plan } from "./restore-plan.ts";

const HEADINGS = {
  keep: msg`Keep`,
  partition: msg`Partition`,
  volumes: msg`Make volumes`,
  format: msg`Make file systems`,
  mount: msg`Mount`,
  files: msg`Restore files`,
  loader: msg`Make it start`,
  finish: msg`Finish`,
} as const;

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : `        ${line}`));
}

function showAction(action: Action, detailed: boolean): string[] {
  const effects = action.effects.flatMap((effect) => [
    `      ${showEffect(effect)}`,
    ...(effect.do === "run" && effect.input !== undefined ? indented(effect.input) : []),
  ]);
  return [
    `  - ${action.say}`,
    ...action.destroys.map((what) => msg`    DESTROYS ${what}`),
    ...(detailed ? effects : []),
  ];
}

/** The plan as text; `detailed` adds every command. */
export function showPlan(plan: Plan, options: { readonly detailed?: boolean } = {}): string {
  const sizes = showSizes(plan.sizes, plan.targets);
  const lines = [
    ...plan.warnings.map((warning) => `! ${warning}`),
    ...(sizes.length === 0 ? [] : [msg`Fit to the disks`, ...sizes.map((line) => `  ${line}`)]),
    ...plan.phases
      .filter(({ actions }) => actions.length > 0)
      .flatMap(({ phase, actions }) => [
        HEADINGS[phase],
        ...actions.flatMap((action) => showAction(action, options.detailed ?? false)),
      ]),
  ];
  return `${lines.join("\n")}\n`;
}
