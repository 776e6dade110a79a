import { MondoError } from "../base/errors.ts";
import { requiredBytes } from "../layout/fit.ts";
import { type Candidate, matchDisks, type Targets } from "../layout/match.ts";
import { type Layout, type NodeId, nodeById } from "../layout/types.ts";
import { leastDiskBytes } from "./fit/fit-layout.ts";
import { giveUp, type Reduced } from "./give-up.ts";
import { type PlanContext, planRestore } from "./plan.ts";
import type { Plan } from "./restore-plan.ts";
import { twinWarnings } from "./twins.ts";

/** The disks of a machine, and what is known of their use. */
export interface Disks {
  readonly candidates: readonly Candidate[];
  /** Devices with the backup or the rescue. */
  readonly carriers: readonly string[];
  /** The operator's answers: disk of the set → device here, or NO_DISK. */
  readonly chosen: Readonly<Record<NodeId, string>>;
}

/** The answer that nothing shall stand for a disk of the set, which can be done without. */
export const NO_DISK = "none";

function lackingIn(error: unknown): readonly NodeId[] {
  const { lacking } = error instanceof MondoError && error.code === "no-match" ? (error.data ?? {}) : {};
  return Array.isArray(lacking) ? lacking : [];
}

function unwanted(layout: Layout, chosen: Disks["chosen"]): Reduced {
  const named = Object.entries(chosen).flatMap(([id, device]) => (device === NO_DISK ? [id] : []));
  return named.reduce<Reduced>(
    (now, id) => {
      const without = giveUp(now, [id], new Set());
      if (without && !without.layout.nodes.some((node) => node.id === id)) return without;
      const disk = nodeById(layout, id);
      const name = disk?.kind === "disk" ? disk.path : id;
      throw new MondoError("no-match", `${name} holds more than what a restore can do without`, {
        hint: "Choose a disk for it.",
      });
    },
    { layout, lost: [] },
  );
}

/**
 * Finds a disk for each of the set and plans the restore onto them. Pure. Where a disk is missing or too small for what can be done without
 * (a cache), that is given up, which is among the plan's warnings. Throws `no-match` for every other disk without a clear counterpart.
 */
export function planOnto(saved: Layout, disks: Disks, context: PlanContext): { plan: Plan; targets: Targets } {
  const { candidates, carriers } = disks;
  const least = context.resize === false ? requiredBytes : leastDiskBytes;
  const chosen = Object.fromEntries(Object.entries(disks.chosen).filter(([, device]) => device !== NO_DISK));
  let now = unwanted(saved, disks.chosen);
  for (;;) {
    try {
      const targets = matchDisks(now.layout, candidates, carriers, chosen, least);
      const warnings = [...now.lost, ...twinWarnings(now.layout, targets, candidates)];
      return { plan: planRestore(now.layout, targets, { ...context, warnings }), targets };
    } catch (error) {
      const less = giveUp(now, lackingIn(error), new Set(Object.keys(chosen)));
      if (!less) throw error;
      now = less;
    }
  }
}
