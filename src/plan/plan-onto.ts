import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Candidate, Targets } from "../layout/candidate.ts";
import { requiredBytes } from "../layout/fit.ts";
import type { KeepWish } from "../layout/keep/keep-wish.ts";
import { matchDisks } from "../layout/match.ts";
import { type Layout, type NodeId, nodeById } from "../layout/types.ts";
import { decideKeep } from "./decide-keep.ts";
import { editedDisks } from "./edit/edited-disks.ts";
import { leastDiskBytes } from "./fit/fit-layout.ts";
import { giveUp, type Reduced } from "./give-up.ts";
import { type PlanContext, planRestore } from "./plan.ts";
import type { Plan } from "./restore-plan.ts";
import { twinWarnings } from "./twins.ts";

/** The disks of a machine and what they are used for. */
export interface Disks {
  readonly candidates: readonly Candidate[];
  /** Devices with the backup or the rescue. */
  readonly carriers: readonly string[];
  /** The operator's answers: disk of the set → device here, or NO_DISK. */
  readonly chosen: Readonly<Record<NodeId, string>>;
  /** What stays as it is where it is here. Default: nothing. */
  readonly keep?: KeepWish;
}

/** The answer for a dispensable disk of the set that gets no counterpart. */
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
      throw new MondoError("no-match", msg`${name} holds more than a restore can leave out`, {
        hint: msg`Choose a disk for it.`,
      });
    },
    { layout, lost: [] },
  );
}

/**
 * Finds a disk for each one of the set and plans the restore onto them. Pure. What is dispensable (a cache) is given up
 * if its disk is missing or too small; the plan's warnings say so. Throws `no-match` for any other disk without a clear
 * counterpart, and `refused` for what shall stay as it is and can't.
 */
export function planOnto(saved: Layout, disks: Disks, context: PlanContext): { plan: Plan; targets: Targets } {
  const { carriers, keep = "none" } = disks;
  const least = context.resize === false ? requiredBytes : leastDiskBytes;
  const chosen = Object.fromEntries(Object.entries(disks.chosen).filter(([, device]) => device !== NO_DISK));
  const { candidates: all } = disks;
  const edited = context.unedited ? { edited: editedDisks(context.unedited, saved) } : {};
  const kept = decideKeep(saved, { candidates: all, chosen: disks.chosen, ...edited }, keep);
  const isKept = (candidate: Candidate) => Object.values(kept.disks).includes(candidate);
  const candidates = all.map((one) => (isKept(one) ? { ...one, busy: msg`is kept as it is` } : one));
  let now = unwanted(kept.layout, disks.chosen);
  for (;;) {
    try {
      const targets = matchDisks(now.layout, candidates, carriers, chosen, least, context.partition === false);
      const warnings = [...kept.notes, ...now.lost, ...twinWarnings(now.layout, targets, candidates)];
      return {
        plan: planRestore(now.layout, targets, { ...context, warnings, kept: { ...kept, whole: saved } }),
        targets,
      };
    } catch (error) {
      const less = giveUp(now, lackingIn(error), new Set(Object.keys(chosen)));
      if (!less) throw error;
      now = less;
    }
  }
}
