/** A restore that was cut off (power, a crash, ^C): how the next one finds it, and goes on where it was. */
import * as v from "valibot";
import { MondoError, messageOf } from "../base/errors.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { volumeDifferences } from "../drivers/volume-differences.ts";
import { flushJournal } from "../host/flush-journal.ts";
import { removeUnnoticed } from "../host/remove-unnoticed.ts";
import { compareLayouts } from "../layout/compare-layouts.ts";
import { mountsInOrder } from "../layout/graph.ts";
import { type Filesystem, type Mount, nodeById, nodesOf } from "../layout/types.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { unmountTree } from "../run/chroot.ts";
import { readTargets } from "../run/verify.ts";
import type { RestoreContext } from "./context.ts";
import { mountUntouched } from "./mount-untouched.ts";
import type { Ready } from "./prepare.ts";

/** In the root of what is restored, from the first file to the last. */
const RECORD = ".mondo-restore-under-way.json";
const MOST_BYTES = 4096;

const recordSchema = v.object({
  version: v.literal(1),
  /** Id of the set. */
  set: v.string(),
  /** `planDigest` of the plan. */
  plan: v.string(),
  begun: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e12)),
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
  const later = phases.filter(({ phase }) => !MADE.has(phase));
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
  if (!root || !JOURNALED.has(root.fs.type)) return "its root has no journal";
  const volumes = plan.phases.find(({ phase }) => phase === "volumes");
  return volumes && volumes.actions.length > 0 ? "it has volumes (RAID, LVM, encryption)" : undefined;
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

/**
 * Whether the plan's disks carry exactly what it makes, and the record of a restore of this set by it: since when.
 * Writes nothing. In doubt there is none. Of a set that must be signed nothing is taken over from a disk.
 */
export async function findCutOff(context: RestoreContext, { plan }: Ready): Promise<string | undefined> {
  const { host, reporter, trusted, resume, manifest } = context;
  if (resume === "no" || trusted || startsAnew(plan) !== undefined) return undefined;
  try {
    const found = await readTargets(host, plan, false);
    const [other] = [...compareLayouts(plan.layout, found, plan.targets), ...volumeDifferences(plan.layout, found)];
    if (other !== undefined) {
      reporter.log(`no restore to go on with: ${other}`);
      return undefined;
    }
    const record = await readRecord(context, plan);
    if (!record) return undefined;
    if (record.set !== manifest.set || record.plan !== planDigest(plan)) {
      reporter.info("A restore was cut off on these disks, but of another backup, or by another plan");
      return undefined;
    }
    return new Date(record.begun * 1000).toISOString().slice(0, 16).replace("T", " ");
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    reporter.log(`can't look for a restore that was cut off: ${messageOf(error)}`);
    return undefined;
  }
}
