/** A restore that was cut off (power, a crash, ^C): how the next one finds it, and goes on where it was. */

import * as v from "valibot";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { KIB } from "../base/units.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { volumeDifferences } from "../drivers/volume-differences.ts";
import { flushJournal } from "../host/flush-journal.ts";
import { removeUnnoticed } from "../host/remove-unnoticed.ts";
import { compareLayouts } from "../layout/compare-layouts.ts";
import { mountsInOrder } from "../layout/graph.ts";
import { type Filesystem, type Layout, type Mount, type NodeId, nodeById, nodesOf } from "../layout/types.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { unmountTree } from "../run/chroot.ts";
import { readTargets } from "../run/verify.ts";
import type { RestoreContext } from "./context.ts";
import { mountUntouched } from "./mount-untouched.ts";
import type { Ready } from "./prepare.ts";

/** In the root of what is restored, from the first file to the last. */
const RECORD = ".mondo-restore-under-way.json";
const MOST_BYTES = 64 * KIB;

const recordSchema = v.object({
  version: v.literal(1),
  /** Id of the set. */
  set: v.string(),
  /** `planDigest` of the plan. */
  plan: v.string(),
  begun: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e12)),
  /** Disks of the set that it kept as they are. */
  kept: v.exactOptional(v.array(v.string())),
});
type CutOffRecord = v.InferOutput<typeof recordSchema>;

/** The record in a file; `undefined` for anything else. Pure. */
export function decodeRecord(text: string | undefined): CutOffRecord | undefined {
  try {
    const result = v.safeParse(recordSchema, JSON.parse(text ?? ""));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** What of a plan must be the same: all but what lay on the disks before, and what people are told. Pure. */
export function planDigest({ set, targets, disks, names, layout, phases }: Plan): string {
  const same = disks.map(({ path, sizeBytes, serial, wwn }) => ({ path, sizeBytes, serial, wwn }));
  const later = phases.flatMap(({ phase, actions }) =>
    MADE.has(phase) ? [] : [{ phase, actions: actions.map(({ id, node, effects }) => ({ id, node, effects })) }],
  );
  const text = JSON.stringify({ set, targets, disks: same, names, layout, phases: later });
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

/** What there is when the files come. */
const MADE: ReadonlySet<string> = new Set(["partition", "volumes", "format"]);
/** File systems whose structure survives a power cut. */
const JOURNALED: ReadonlySet<string> = new Set(["ext3", "ext4", "xfs", "btrfs", "jfs", "f2fs"]);

const rootOf = ({ layout }: Plan): { mount: Mount; fs: Filesystem } | undefined => {
  const [mount] = mountsInOrder(layout).filter(({ path }) => path === "/");
  const fs = mount && nodeById(layout, mount.of);
  return mount && fs?.kind === "filesystem" ? { mount, fs } : undefined;
};

/** Why a restore by this plan can only start anew; undefined: it could go on. Pure. */
export function startsAnew(plan: Plan): string | undefined {
  const root = rootOf(plan);
  if (!root || !JOURNALED.has(root.fs.type)) return msg`its root has no journal`;
  const volumes = plan.phases.find(({ phase }) => phase === "volumes");
  return volumes && volumes.actions.length > 0 ? msg`it has volumes (RAID, LVM, encryption)` : undefined;
}

/**
 * The plan of a restore that goes on. Tables and file systems stay; those without a journal, whose structure a power
 * cut may have damaged, are made anew, as is what a boot loader has outside of files. Pure.
 */
export function goingOn(plan: Plan): Plan {
  const kept = nodesOf(plan.layout, "filesystem").filter(({ type }) => JOURNALED.has(type));
  const stays = new Set([...kept, ...nodesOf(plan.layout, "image")].map(({ id }) => id));
  const phases = plan.phases.flatMap(({ phase, actions }) => {
    if (phase === "partition" || phase === "volumes") return [];
    return [{ phase, actions: phase === "format" ? actions.filter(({ node }) => !stays.has(node)) : actions }];
  });
  return { ...plan, phases };
}

/**
 * Leaves the record in the restored root, which holds nothing else yet. Everything that was made before is on the disk
 * when it is.
 */
export function leaveRecord({ host, manifest, reporter }: RestoreContext, plan: Plan, root: string): void {
  const record: CutOffRecord = {
    ...{ version: 1, set: manifest.set, plan: planDigest(plan) },
    begun: Math.floor(host.nowMs() / 1000),
    ...(plan.kept ? { kept: plan.kept.disks.map(({ node }) => node) } : {}),
  };
  try {
    host.sync();
    host.write(`${root}/${RECORD}`, `${JSON.stringify(record)}\n`, 0o600);
    host.sync();
    // Whoever looks for it later must not write, not even play a journal back.
    flushJournal(root);
  } catch (error) {
    reporter.log(`this restore could not go on after a power cut: ${messageOf(error)}`);
  }
}

/** Takes the record away again; the root keeps the time that it was given. */
export const dropRecord = (root: string): void => removeUnnoticed(root, RECORD);

/** The record on the plan's root, read without writing anything. */
async function readRecord({ host, root }: RestoreContext, plan: Plan): Promise<CutOffRecord | undefined> {
  const found = rootOf(plan);
  const source = found && plan.targets[found.fs.on];
  if (!found || source === undefined) return undefined;
  const others = (found.fs.alsoOn ?? []).flatMap(({ on }) => plan.targets[on] ?? []);
  const data = filesystemDriver(found.fs.type)?.placeOptions?.(found.mount, others);
  await unmountTree(host, root);
  host.makeDirectory(root);
  try {
    mountUntouched(host, { source, target: root, type: found.fs.type, data, isForeign: true });
    const stat = host.lstat(`${root}/${RECORD}`);
    if (stat?.kind !== "file" || stat.sizeBytes > MOST_BYTES) return undefined;
    return decodeRecord(host.tryReadText(`${root}/${RECORD}`));
  } finally {
    await unmountTree(host, root);
  }
}

/** What a restore before this one has left. */
export interface CutOff {
  /** Since when it is under way, in UTC; absent: this one can't go on with it. */
  readonly since?: string;
  /** Disks of the set that it kept as they are, and that this one would erase. */
  readonly givenUp: readonly NodeId[];
}

/** Disks that a restore kept, and that another plan doesn't. Pure. */
export function givenUp({ kept = [] }: Pick<CutOffRecord, "kept">, plan: Pick<Plan, "kept" | "targets">): NodeId[] {
  const still = new Set(plan.kept?.disks.map(({ node }) => node));
  return kept.filter((id) => !still.has(id) && plan.targets[id] !== undefined);
}

/** Why a restore can't go on with the one that left the record; undefined: it can. */
function obstacle({ manifest }: RestoreContext, plan: Plan, record: CutOffRecord, found: Layout): string | undefined {
  if (record.set !== manifest.set) return msg`it was of another backup`;
  if (record.plan !== planDigest(plan)) return msg`it was by another plan`;
  const differences = [...compareLayouts(plan.layout, found, plan.targets), ...volumeDifferences(plan.layout, found)];
  return startsAnew(plan) ?? differences[0];
}

/**
 * What a restore of this set that was cut off has left on the plan's disks; it can go on if they carry exactly what the
 * plan makes, and the record of a restore by it. Writes nothing. In doubt there is none. Of a set that must be signed
 * nothing is taken over from a disk.
 */
export async function findCutOff(context: RestoreContext, { plan }: Ready): Promise<CutOff | undefined> {
  const { host, reporter, trusted, resume, manifest } = context;
  const root = rootOf(plan);
  if (resume === "no" || trusted || !root || !JOURNALED.has(root.fs.type)) return undefined;
  try {
    const found = await readTargets(host, plan, false);
    const isThere = nodesOf(found, "filesystem").some(
      ({ type, uuid }) => type === root.fs.type && uuid === root.fs.uuid,
    );
    const record = isThere ? await readRecord(context, plan) : undefined;
    if (!record) return undefined;
    const why = obstacle(context, plan, record, found);
    if (why === undefined) {
      return { since: new Date(record.begun * 1000).toISOString().slice(0, 16).replace("T", " "), givenUp: [] };
    }
    reporter.info(msg`A restore was cut off on these disks, which can't go on: ${why}`);
    return { givenUp: record.set === manifest.set ? givenUp(record, plan) : [] };
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    reporter.log(`can't look for a restore that was cut off: ${messageOf(error)}`);
    return undefined;
  }
}
