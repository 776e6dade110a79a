import { soundLayout } from "../archive/set/manifest.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { type Candidate, describeCandidate, type Targets, usableCandidates } from "../layout/candidate.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { tableOn } from "../layout/graph.ts";
import { isFree, standingIn } from "../layout/standing.ts";
import { type Disk, type Layout, type NodeId, nodesOf } from "../layout/types.ts";
import { decideKeep, keptWords } from "../plan/decide-keep.ts";
import { editedDisks } from "../plan/edit/edited-disks.ts";
import { showSizes } from "../plan/fit/sizes.ts";
import { planOnto } from "../plan/plan-onto.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { candidatesFrom } from "../probe/candidates.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { readDevices } from "../probe/read-devices.ts";
import { checkPlan } from "../run/check-plan.ts";
import { unmountTree } from "../run/chroot.ts";
import { answeredDisks } from "./answers.ts";
import type { RestoreContext } from "./context.ts";
import { KEPT_ROOT } from "./kept-files.ts";
import { requireProcessor } from "./other-processor.ts";
import { savedHookNames } from "./saved-hooks.ts";

/** A restore that can begin: all checks have passed. */
export interface Ready {
  readonly plan: Plan;
  readonly targets: Targets;
  /** What the plan was made from. */
  readonly facts: StorageFacts;
  /** The plan goes on with a restore that was cut off: what is in place is kept. */
  readonly goesOn?: boolean;
}

/** A set that holds only files has no disks to restore. */
function requireDisks({ manifest }: RestoreContext): void {
  if (nodesOf(soundLayout(manifest), "disk").length > 0) return;
  throw new MondoError("unsupported", msg`the backup of ${manifest.host.name} holds only files, no disk layout`, {
    hint: msg`Open a shell, mount the target file systems, and unpack as described in HOWTO.txt on the medium.`,
  });
}

/** Reads this machine's disks: once for everything up to the last look before the first write. */
export async function lookAtDisks({ host, root }: RestoreContext): Promise<StorageFacts> {
  // What an earlier attempt in this same rescue left mounted would make its disks look busy.
  for (const place of [root, KEPT_ROOT]) await unmountTree(host, place);
  return readDevices(host);
}

/**
 * Finds the disks and plans the restore; writes nothing. `chosen` are the operator's answers (disk node → device);
 * default: those of the file of answers. Throws `no-match` when a disk has no clear counterpart, with the numbers, and
 * `unsupported` for a set of another processor.
 */
export function prepareRestore(
  context: RestoreContext,
  facts: StorageFacts,
  chosen?: Readonly<Record<NodeId, string>>,
): Ready {
  const { host, manifest, unedited, carriers, root, firmware, resize, partition, keep, answers = {} } = context;
  requireProcessor(manifest);
  requireDisks(context);
  const candidates = candidatesFrom(facts);
  const choice = chosen ?? answeredDisks(host, manifest.layout, candidates, carriers, answers);
  const wishes = { resize: resize !== false, partition: partition !== false };
  const disks = { candidates, carriers, chosen: choice, ...(keep === undefined ? {} : { keep }) };
  const about = { set: manifest.set, firmware, root, ...(unedited ? { unedited } : {}) };
  const { plan, targets } = planOnto(manifest.layout, disks, { ...about, ...wishes });
  checkPlan(host, plan, facts);
  return { plan, targets, facts };
}

/** The disks that a person may choose from, which hold what is not of the set, and for which none is needed. */
export function choosableDisks(
  { carriers, manifest, unedited, partition, keep = "none" }: RestoreContext,
  facts: StorageFacts,
): {
  readonly disks: readonly Candidate[];
  readonly isHeld: (candidate: Candidate) => boolean;
  readonly isKept: (disk: NodeId) => boolean;
} {
  const candidates = candidatesFrom(facts);
  const edited = unedited ? { edited: editedDisks(unedited, manifest.layout) } : {};
  const kept = decideKeep(manifest.layout, { candidates, chosen: {}, ...edited }, keep).disks;
  const open = candidates.filter((candidate) => !Object.values(kept).includes(candidate));
  const disks = usableCandidates(open, carriers);
  const standing = standingIn(manifest.layout, disks, partition === false);
  return { disks, isHeld: (candidate) => !isFree(standing(candidate)), isKept: (disk) => kept[disk] !== undefined };
}

/** Which disk is erased and what it becomes, for people; `when`: as `describeCandidate` has it. */
export function describeBecoming(
  layout: Layout,
  { plan, targets }: Pick<Ready, "plan" | "targets">,
  host?: string,
  when: "now" | "before" = "now",
): string[] {
  const owner = host === undefined ? "" : msg` of ${host}`;
  return nodesOf(layout, "disk").flatMap((disk: Disk) => {
    const target = targets.disks[disk.id];
    if (!target) return [];
    const actions = plan.phases.flatMap((phase) => phase.actions.map((action) => action.id));
    const kept = tableOn(layout, disk.id) !== undefined && !actions.includes(`table:${disk.id}`);
    return [
      msg`ERASED: ${describeCandidate(target, when)}${kept ? msg` (its partition table stays)` : ""}`,
      msg`        becomes ${describeDiskShortly(disk)}${owner} (${targets.because[disk.id]})`,
    ];
  });
}

/** Which disks stay as they are, for people. */
export function describeKept({ plan }: Pick<Ready, "plan">): string[] {
  const { disks = [], files = [] } = plan.kept ?? {};
  return disks.map((disk) => {
    const words = keptWords(disk, disk.mounts);
    const own = disk.mounts.filter((path) => files.includes(path));
    if (own.length === 0) return msg`KEPT:   ${words}; nothing is written to it`;
    return msg`KEPT:   ${words}; files of the backup are restored into ${own.join(", ")}`;
  });
}

/** What will be destroyed, disk by disk, and what will differ from before, for people. */
export function describeDestruction(context: RestoreContext, ready: Ready): string[] {
  const { manifest } = context;
  const names = savedHookNames(context);
  const called = names.length === 0 ? [] : [msg`Note: programs of the backup are called: ${names.join(", ")}`];
  const lines = [...describeKept(ready), ...describeBecoming(manifest.layout, ready, manifest.host.name)];
  const sizes = showSizes(ready.plan.sizes, ready.plan.targets);
  return [...lines, ...sizes, ...called, ...ready.plan.warnings.map((text) => msg`Note: ${text}`)];
}

/** What the medium holds, for people. */
export function describeSet({ manifest }: Pick<RestoreContext, "manifest">): string {
  const when = new Date(manifest.created * 1000).toISOString().replace("T", " ").slice(0, 16);
  return msg`Backup of ${manifest.host.name} (${manifest.host.os}), ${when} UTC: ${manifest.entries} entries, ${formatBytes(manifest.contentBytes)}`;
}
