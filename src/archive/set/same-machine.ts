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

/**
 * Whether a set is of the machine whose old sets are to go: of `us`, or of that which was named. One that has its name
 * alone may be anybody's: two machines of one name would be one series.
 */
export const isMeantMachine = (owner: Machine, us: Machine, named: string | undefined): boolean =>
  owner.machine !== undefined && (named === undefined ? isSameMachine(owner, us) : owner.name === named);
