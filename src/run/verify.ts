import { msg } from "../base/message.ts";
import { swapDriver } from "../drivers/fs/swap.ts";
import { bootEntryDefects } from "../drivers/loader/boot-entry-defects.ts";
import { loaderDriver } from "../drivers/loader/loader-drivers.ts";
import { volumeDifferences } from "../drivers/volume-differences.ts";
import { parseFstab } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import { compareLayouts } from "../layout/compare-layouts.ts";
import { deviceNamesIn, nameUses } from "../layout/device-names.ts";
import { knownSpecs, specChecker } from "../layout/device-specs.ts";
import type { Layout } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import { loaderContexts } from "../plan/plan.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { describeDisks } from "../probe/describe-volumes.ts";
import { readDevices } from "../probe/read-devices.ts";
import { bootCodeDefects } from "./check-boot-code.ts";
import { danglingCrypttab } from "./check-crypttab.ts";
import { hostBelow } from "./host-below.ts";
import { checkInitramfs } from "./initramfs.ts";

/** What lies on the plan's disks now. */
export async function readTargets(host: Host, plan: Plan, loops: boolean): Promise<Layout> {
  const facts = await readDevices(host, { loops });
  const disks = facts.devices.filter((device) => plan.disks.some((disk) => disk.path === device.path));
  return { version: 1, nodes: describeDisks(facts, disks).nodes };
}

/** Lines of the restored fstab whose device was on the set's disks and is not on the restored ones. */
function danglingFstab(host: Host, layout: Layout, plan: Plan, found: Layout): string[] {
  const leads = specChecker(layout, knownSpecs(found), plan.names ?? {});
  const mounted = new Set(nodesOf(layout, "mount").map((mount) => mount.path));
  const fstab = parseFstab(host.tryReadText(`${plan.root}/etc/fstab`) ?? "");
  return fstab
    .filter((entry) => mounted.has(entry.path))
    .filter((entry) => !leads(entry.spec))
    .map((entry) => msg`/etc/fstab names ${entry.spec} for ${entry.path}, which is on none of the restored disks`);
}

/** Old device names that are still in the restored control files. */
function staleNames(host: Host, layout: Layout, plan: Plan): string[] {
  return nameUses(layout).flatMap(({ file, name }) => {
    const to = plan.names?.[name];
    const text = to === undefined ? undefined : host.tryReadText(`${plan.root}${file}`);
    if (text === undefined || !deviceNamesIn(text).includes(name)) return [];
    return [msg`${file} still names ${name}, which has another name here (${to})`];
  });
}

/** Swap files that differ from the set's. Every block of them was written, so there is no need to look for holes. */
function swapFileDefects(host: Host, layout: Layout, root: string): string[] {
  return nodesOf(layout, "swap-file").flatMap((file) => {
    const path = `${root}${file.path}`;
    const stat = host.stat(path);
    if (stat?.kind !== "file") return [msg`the swap file ${file.path} is missing`];
    const head = swapDriver.recognise((offset, length) => host.readAt(path, offset, length));
    const same = stat.sizeBytes === file.sizeBytes && head?.uuid === file.uuid && head?.label === file.label;
    return head && same ? [] : [msg`the swap file ${file.path} has another size, UUID or label than before`];
  });
}

/**
 * Looks at the disks after a restore, while the restored system is still mounted below `plan.root`: tables, file
 * systems, UUIDs, features, fstab and the boot chain. Each string is a defect; without any, the machine can be expected
 * to start.
 */
export async function verifyRestoredLayout(
  host: Host,
  layout: Layout,
  plan: Plan,
  options: {
    readonly firmware: "bios" | "uefi";
    readonly loops?: boolean;
    /** Gets notes that are worth knowing but are not defects. */
    readonly say?: (text: string) => void;
  },
): Promise<string[]> {
  host.sync();
  const inside = hostBelow(host, plan.root);
  const found = await readTargets(host, plan, options.loops ?? false);
  const contexts = loaderContexts(layout, plan, options.firmware);
  const loaders = await Promise.all(
    contexts.map(async (c) => (await loaderDriver(c.loader.type)?.verify(inside, c)) ?? []),
  );
  const initramfs = await checkInitramfs(inside, layout, plan.root, plan.rootDrivers ?? []);
  for (const note of initramfs.notes) options.say?.(note);
  return [
    ...compareLayouts(layout, found, plan.targets),
    ...volumeDifferences(layout, found),
    ...danglingFstab(inside, layout, plan, found),
    ...staleNames(inside, layout, plan),
    ...swapFileDefects(inside, layout, plan.root),
    ...danglingCrypttab(inside, layout, plan, found),
    ...bootCodeDefects(host, layout, plan.targets),
    ...loaders.flat(),
    ...bootEntryDefects(host, { layout, targets: plan.targets, names: plan.names ?? {}, root: plan.root }),
    ...initramfs.defects,
  ];
}
