import { type CommandSpec, type Completes, type OptionSpec, optionsOf } from "../spec.ts";

/** Topics of `mondo help` that are no commands. */
export const helpTopics = ["boot", "edit", "rescue"] as const;

/** A command as completion scripts need it. */
export interface CompletedCommand {
  /** Its own name first, then those by which the executable is called for it alone. */
  readonly names: readonly [string, ...string[]];
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly operand?: Completes;
}

/** What the scripts of all shells are made of. */
export function completedCommands(specs: readonly CommandSpec[]): readonly CompletedCommand[] {
  const topics = { words: [...helpTopics, ...specs.map(({ name }) => name)] };
  return specs.map(({ name, alsoCalled = [], summary, operandCompletes, ...spec }) => ({
    names: [name, ...alsoCalled],
    summary,
    options: optionsOf(spec),
    ...(operandCompletes === undefined ? {} : { operand: operandCompletes === "topic" ? topics : operandCompletes }),
  }));
}
