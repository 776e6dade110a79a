import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { identitiesOn } from "../layout/identities.ts";
import type { Candidate, Targets } from "../layout/match.ts";
import { type Layout, nodesOf } from "../layout/types.ts";

/**
 * Disks that stay as they are and hold what a restored one is known by: its old disk, or a copy. A start would find either of both; of a mirror
 * the older half may even count as the newer one.
 */
export function twinWarnings(layout: Layout, targets: Targets, candidates: readonly Candidate[]): string[] {
  const own = new Set(nodesOf(layout, "disk").flatMap(({ id }) => [...identitiesOn(layout, id)]));
  const erased = Object.values(targets.disks);
  const isErased = ({ disk }: Candidate) =>
    // Another path leads to the same disk.
    erased.some(({ disk: one }) => one.path === disk.path || (one.wwn !== undefined && one.wwn === disk.wwn));
  return candidates
    .filter((candidate) => !isErased(candidate) && candidate.identities?.some((id) => own.has(id)))
    .map(
      ({ disk }) =>
        `${describeDiskShortly(disk)} holds the same identifiers as the restored system, and stays as it is: take it out before the machine restarts, or either of both may be found`,
    );
}
