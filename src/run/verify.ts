import { swapDriver } from "../drivers/fs/swap.ts";
import { loaderDriver } from "../drivers/loader/list.ts";
import { lvmDifferences } from "../drivers/volume/lvm-compare.ts";
import { parseFstab } from "../formats/mount-tables.ts";
import type { Host } from "../host/host.ts";
import { compareLayouts } from "../layout/compare.ts";
import { volumeDevices } from "../layout/graph.ts";
import type { Layout } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import { loaderContexts } from "../plan/plan.ts";
import type { Plan } from "../plan/types.ts";
import { describeDisks } from "../probe/describe-volumes.ts";
import { readFacts } from "../probe/read-facts.ts";
import { danglingCrypttab } from "./check-crypttab.ts";

/** What lies on the plan's disks now. */
async function readTargets(host: Host, plan: Plan, loops: boolean): Promise<Layout> {
  const facts = await readFacts(host, "/", { loops });
  const disks = facts.devices.filter((device) => plan.disks.some((disk) => disk.path === device.path));
  return { version: 1, nodes: describeDisks(facts, disks).nodes };
}

/** Names under which fstab may know a volume: by its group, and as device mapper writes it with every hyphen doubled. */
function volumeNames(layout: Layout): string[] {
  return volumeDevices(layout).flatMap((volume) => {
    const [, , group = "", name = ""] = volume.path.split("/");
    const doubled = (text: string) => text.replaceAll("-", "--");
    return volume.kind !== "logical-volume"
      ? [volume.path]
      : [volume.path, `/dev/mapper/${doubled(group)}-${doubled(name)}`];
  });
}

/** Lines of the restored fstab that name what isn't on the restored disks, though it was on the set's. */
function danglingFstab(host: Host, layout: Layout, plan: Plan, found: Layout): string[] {
  const known = new Set<string>();
  const add = (key: string, value: string | undefined) => {
    if (value !== undefined) known.add(`${key}=${value.toLowerCase()}`);
  };
  for (const node of found.nodes) {
    if (node.kind === "filesystem" || node.kind === "swap") {
      add("uuid", node.uuid);
      add("label", node.label);
    }
    if (node.kind === "partition") {
      add("partuuid", node.uuid);
      add("partlabel", node.name);
      known.add(node.path);
    }
  }
  for (const name of volumeNames(found)) known.add(name.toLowerCase());
  const volumes = new Set(volumeNames(layout));
  const mounted = new Set(nodesOf(layout, "mount").map((mount) => mount.path));
  const fstab = parseFstab(host.tryReadText(`${plan.root}/etc/fstab`) ?? "");
  return fstab
    .filter((entry) => mounted.has(entry.path))
    .filter((entry) => volumes.has(entry.spec) || /^(UUID|LABEL|PARTUUID|PARTLABEL)=/.test(entry.spec))
    .filter((entry) => !known.has(entry.spec.replaceAll('"', "").toLowerCase()))
    .map((entry) => `/etc/fstab names ${entry.spec} for ${entry.path}, which is on none of the restored disks`);
}

/** Swap files that are not what they were; their blocks were written one by one, so there are no holes to look for. */
function swapFileDefects(host: Host, layout: Layout, root: string): string[] {
  return nodesOf(layout, "swap-file").flatMap((file) => {
    const path = `${root}${file.path}`;
    const stat = host.stat(path);
    if (stat?.kind !== "file") return [`the swap file ${file.path} is missing`];
    const head = swapDriver.recognise((offset, length) => host.readAt(path, offset, length));
    const same = stat.sizeBytes === file.sizeBytes && head?.uuid === file.uuid && head?.label === file.label;
    return head && same ? [] : [`the swap file ${file.path} has another size or identity than it had`];
  });
}

/**
 * Looks at the disks after a restore, while the restored system is still mounted below `plan.root`: tables, file systems,
 * UUIDs, features, fstab and the boot chain. Each string is a defect; none: the machine can be expected to start.
 */
export async function verifyRestoredLayout(
  host: Host,
  layout: Layout,
  plan: Plan,
  options: { readonly firmware: "bios" | "uefi"; readonly loops?: boolean },
): Promise<string[]> {
  host.sync();
  const found = await readTargets(host, plan, options.loops ?? false);
  const contexts = loaderContexts(layout, plan, options.firmware);
  const loaders = await Promise.all(
    contexts.map(async (c) => (await loaderDriver(c.loader.type)?.verify(host, c)) ?? []),
  );
  return [
    ...compareLayouts(layout, found, plan.targets),
    ...lvmDifferences(layout, found),
    ...danglingFstab(host, layout, plan, found),
    ...swapFileDefects(host, layout, plan.root),
    ...danglingCrypttab(host, layout, plan, found),
    ...loaders.flat(),
  ];
}
