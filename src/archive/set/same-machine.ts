import type { Manifest } from "./manifest.ts";

type Machine = Manifest["host"];

/** Whether two sets are of one machine, by its name and its id: many are called localhost. */
export const isSameMachine = (a: Machine, b: Machine): boolean => a.name === b.name && a.machine === b.machine;

/**
 * Whether nothing speaks against two sets being of one machine: one of an older version has its name alone. Of the name
 * alone, nobody's backup is removed.
 */
export const mayBeSameMachine = (a: Machine, b: Machine): boolean =>
  a.name === b.name && (a.machine === undefined || b.machine === undefined || a.machine === b.machine);
