import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { silentReporter } from "../../src/base/report.ts";
import type { Secrets } from "../../src/base/secret.ts";
import type { GiveKey } from "../../src/drivers/volume-contract.ts";
import { volumeDifferences } from "../../src/drivers/volume-differences.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Candidate } from "../../src/layout/candidate.ts";
import { compareLayouts } from "../../src/layout/compare-layouts.ts";
import type { LeastBytes } from "../../src/layout/fit.ts";
import { matchDisks } from "../../src/layout/match.ts";
import { type Layout, type LayoutNode, nodesOf } from "../../src/layout/types.ts";
import { planRestore } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { describeDisks } from "../../src/probe/describe-volumes.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { unmountTree } from "../../src/run/chroot.ts";
import { executePlan } from "../../src/run/execute.ts";
import { releaseVolumes } from "../../src/run/release.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { type attachLoop, canLoop, sh } from "./loop-disk.ts";

const host = linuxHost();

/** Whether this kernel has software RAID and device mapper (as a module or built in), and their tools are there. */
export function canVolumes(): boolean {
  for (const module of ["md_mod", "dm_mod", "raid1"]) {
    try {
      execFileSync("modprobe", ["-q", module], { stdio: "ignore" });
    } catch {
      // Built in, or absent: the files below tell.
    }
  }
  return existsSync("/proc/mdstat") && existsSync("/sys/module/dm_mod") && canLoop();
}

export type LoopDisk = ReturnType<typeof attachLoop>;

/** What lies on the disks, mounted as told: device node → path. */
export async function layoutOf(
  disks: readonly LoopDisk[],
  mounts: readonly [on: string, path: string][],
): Promise<Layout> {
  const facts = await readFacts(host, "/", { loops: true });
  const found = disks.flatMap(({ path }) => facts.devices.filter((device) => device.path === path));
  const { nodes } = describeDisks(facts, found);
  const layout: Layout = { version: 1, nodes };
  const mountNodes = mounts.map(([on, path]): LayoutNode => {
    const fs = nodesOf(layout, "filesystem").find((node) => node.on === on);
    if (!fs) throw new Error(`no file system on ${on}: ${JSON.stringify(nodes, null, 1)}`);
    return { kind: "mount", id: `mount:${path}`, of: fs.id, path, options: "rw", root: "/" };
  });
  return { version: 1, nodes: [...nodes, ...mountNodes] };
}

export const ext4 = (device: string) => sh(["mke2fs", "-q", "-F", "-t", "ext4", device]);
export const lvm = (command: string, ...argv: string[]) =>
  sh(["lvm", command, "--config", "activation { verify_udev_operations=1 }", ...argv]);

/** What opens the encrypted volumes of such machines. */
export const KEY = "a pass phrase";

/** Makes a LUKS2 volume with KEY, whose key costs next to no time, and opens it as /dev/mapper/NAME. */
export function makeLuks2(disk: string, name: string): void {
  const words = ["--type=luks2", "--pbkdf=pbkdf2", "--pbkdf-force-iterations=1000", "--batch-mode"];
  sh(["cryptsetup", "luksFormat", ...words, "--key-file=-", disk], KEY);
  sh(["cryptsetup", "open", "--key-file=-", disk, name], KEY);
}

/** Gives each disk the table that sfdisk's input says. */
export function partition(disks: readonly LoopDisk[], script: string): void {
  for (const disk of disks) {
    sh(["sfdisk", "-q", disk.path], script);
    disk.tellPartitions();
  }
}

/** Stops all that runs on the disks, as a restart without automatic assembly would. */
export async function releaseAll(disks: readonly LoopDisk[]): Promise<void> {
  for (const disk of disks) await releaseVolumes(host, disk.path);
  // Without udev nobody takes away the links of a group, and LVM makes no new one of that name over them.
  sh([
    "sh",
    "-c",
    "find /dev -mindepth 2 -maxdepth 2 -xtype l -delete; find /dev -mindepth 1 -maxdepth 1 -type d -name '*vg*' -empty -delete",
  ]);
}

const chosenDisks = (layout: Layout, targets: readonly LoopDisk[]) =>
  Object.fromEntries(nodesOf(layout, "disk").map((disk, at) => [disk.id, targets[at]?.path ?? ""] as const));

/** The targets as a restore below `root` finds them. */
export async function candidatesOf(targets: readonly LoopDisk[], root: string): Promise<readonly Candidate[]> {
  // As a restore begins: what an earlier one left mounted would make its disks look busy.
  await unmountTree(host, root);
  const all = candidatesFrom(await readDevices(host, { loops: true }));
  return all.filter((c) => targets.some((target) => target.path === c.disk.path));
}

/** The plan of a restore onto the targets, in the order of the layout's disks; `least` says how small they may be. */
export async function planOnto(
  layout: Layout,
  targets: readonly LoopDisk[],
  root: string,
  least?: LeastBytes,
): Promise<Plan> {
  const candidates = await candidatesOf(targets, root);
  const matched = matchDisks(layout, candidates, [], chosenDisks(layout, targets), least);
  return planRestore(layout, matched, { set: "test", firmware: "bios", root });
}

/** Carries a plan out with a file in place of the set's; what was found wrong before the unmounting. */
export async function execute(plan: Plan, layout: Layout, secrets?: Secrets): Promise<string[]> {
  let defects: string[] = ["not looked at"];
  await executePlan(plan, {
    host,
    reporter: silentReporter,
    async unpack(at) {
      mkdirSync(`${at}/etc`, { recursive: true });
      writeFileSync(`${at}/etc/hello`, "hello");
    },
    async beforeUnmount() {
      defects = await verifyRestoredLayout(host, layout, plan, { firmware: "bios", loops: true });
    },
    journal: `${plan.root}.journal`,
    loops: true,
    ...(secrets ? { secrets } : {}),
  });
  return defects;
}

/** Differences between a layout and what the targets hold after a restart. */
export async function differencesAfterRestart(
  layout: Layout,
  targets: readonly LoopDisk[],
  mounts: readonly [string, string][],
  give?: GiveKey,
): Promise<string[]> {
  await releaseAll(targets);
  await activateVolumes(host, layout, { loops: true, ...(give ? { give } : {}) });
  const found = await layoutOf(targets, mounts);
  // Notes say what was left out: the second time there is nothing to leave out.
  const count = ({ nodes }: Layout) => nodes.filter((node) => node.kind !== "note").length;
  const lacking = count(layout) - count(found);
  return [
    ...compareLayouts(layout, found, chosenDisks(layout, targets)),
    ...volumeDifferences(layout, found),
    ...(lacking === 0 ? [] : [`${lacking} nodes fewer than before`]),
  ];
}
