import { msg } from "../base/message.ts";
import type { Candidate, Targets } from "../layout/candidate.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { identitiesOn } from "../layout/identities.ts";
import { type Layout, nodesOf } from "../layout/types.ts";

/**
 * Warnings about other disks with the identifiers of a restored one: the old disk, or a copy. The machine may start
 * from either; of a mirror, the older half may even count as the newer one.
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
        msg`${describeDiskShortly(disk)} has the same identifiers as the restored system and is left as it is: remove it before the machine restarts, or it may start from either disk`,
    );
}
