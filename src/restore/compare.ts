import { openCatalog } from "../archive/catalog.ts";
import { compareTree, showDifference } from "../archive/compare.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import { filesystemDriver } from "../drivers/fs/list.ts";
import { mountsInOrder } from "../layout/graph.ts";
import { type Filesystem, type Mount, nodeById } from "../layout/types.ts";
import { describeDisks } from "../probe/describe-volumes.ts";
import { readFacts } from "../probe/read-facts.ts";
import { activateVolumes } from "../run/activate.ts";
import { unmountTree } from "../run/chroot.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { keyGiver } from "./give-key.ts";

const LIST = "/tmp/changed.txt";

/** Where a file system of the set is on this machine, by type and UUID. */
type Finder = (fs: Filesystem) => readonly string[];

async function finder({ host }: RestoreContext): Promise<Finder> {
  const facts = await readFacts(host, "/");
  const disks = facts.devices.filter((device) => device.parent === undefined && device.slaves.length === 0);
  const { nodes } = describeDisks(facts, disks);
  const layout = { version: 1 as const, nodes };
  return ({ type, uuid }) => {
    const found = nodes.find(
      (node): node is Filesystem => node.kind === "filesystem" && node.type === type && node.uuid === uuid,
    );
    const ids = found ? [found.on, ...(found.alsoOn ?? []).map((other) => other.on)] : [];
    return ids.flatMap((id) => {
      const device = nodeById(layout, id);
      return device && "path" in device && device.kind !== "mount" ? [device.path] : [];
    });
  };
}

function mountForReading(context: RestoreContext, find: Finder, mount: Mount): void {
  const { host, manifest, root } = context;
  const fs = nodeById(manifest.layout, mount.of);
  if (fs?.kind !== "filesystem") return;
  const [source, ...others] = find(fs);
  if (source === undefined) {
    throw new MondoError(
      "not-found",
      `the file system of ${mount.path} (${fs.type}, UUID ${fs.uuid ?? "none"}) is on no disk of this machine`,
      {
        hint: "Compare works on the machine that was backed up, or on one that was restored from it.",
      },
    );
  }
  const target = mount.path === "/" ? root : `${root}${mount.path}`;
  host.makeDirectory(root);
  const driver = filesystemDriver(fs.type);
  const place = driver?.placeOptions?.(mount, others);
  // A dirty journal must not be replayed: comparing changes nothing. Older kernels know other words for it.
  const choices = driver?.readOnlyOptions ?? [""];
  for (const [index, words] of choices.entries()) {
    const data = [words, place].filter((word) => word).join(",");
    try {
      host.mount({ source, target, type: fs.type, flags: ["readOnly"], ...(data === "" ? {} : { data }) });
      return;
    } catch (error) {
      if (index === choices.length - 1) throw error;
    }
  }
}

/** Compares the backup with the file systems on this machine's disks, mounted read-only. Changes nothing on them. */
export async function compareWithDisks(context: RestoreContext): Promise<ModeOutcome> {
  const { host, reporter, manifest, setDirectory, locate, root } = context;
  await unmountTree(host, root);
  await activateVolumes(host, manifest.layout, { give: keyGiver(context) });
  const find = await finder(context);
  try {
    for (const mount of mountsInOrder(manifest.layout)) mountForReading(context, find, mount);
    reporter.step("Comparing the disks with the backup");
    const catalog = openCatalog(locate?.(manifest.catalog.name) ?? `${setDirectory}/${manifest.catalog.name}`);
    const lenientMounts = lenientMountsOf(manifest.layout);
    const differences = await compareTree({ catalog, root, content: true, lenientMounts }, reporter);
    host.write(LIST, differences.map((difference) => `${showDifference(difference)}\n`).join(""));
    for (const difference of differences.slice(0, 20)) reporter.info(showDifference(difference));
    reporter.step(
      differences.length === 0 ? "No differences" : `${differences.length} differences; all of them are in ${LIST}`,
    );
    return differences.length === 0 ? "done" : "differences";
  } finally {
    await unmountTree(host, root).catch((error) => reporter.warn(messageOf(error)));
  }
}
