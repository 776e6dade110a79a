import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { disksOf, isVolumeDevice } from "../layout/graph.ts";
import { type Disk, type Filesystem, type Layout, type Mount, type NodeId, nodeById } from "../layout/types.ts";
import type { Description } from "../probe/describe-volumes.ts";
import type { RestoreContext } from "./context.ts";
import { mountUntouched } from "./mount-untouched.ts";

/**
 * Devices of this machine that hold a file system of the set, by type and UUID, for each copy of it that can be meant:
 * a cloned disk and a snapshot have the same. None when it isn't here.
 */
export type FilesystemFinder = (fs: Filesystem) => readonly (readonly string[])[];

/** Those that pass a test, or all where none does. */
function narrowed<Item>(items: readonly Item[], test: (item: Item) => boolean): readonly Item[] {
  const passed = items.filter(test);
  return passed.length > 0 ? passed : items;
}

const identityOf = ({ wwn, serial }: Disk) => wwn ?? serial;

/** What tells disks apart, of those below a node. */
const disksBelow = (layout: Layout, id: NodeId): readonly string[] =>
  disksOf(layout, id).flatMap((disk) => identityOf(disk) ?? []);

/** Finds file systems of a set on a machine that was read: on its disks and on running volumes. */
export function filesystemFinder({ nodes }: Pick<Description, "nodes">, saved: Layout): FilesystemFinder {
  const layout = { version: 1 as const, nodes };
  return (fs) => {
    const { type, uuid } = fs;
    const all = nodes.filter(
      (node): node is Filesystem => node.kind === "filesystem" && node.type === type && node.uuid === uuid,
    );
    // A volume is known by its name, which no snapshot has; a disk by its own identity, which no clone has.
    const holder = nodeById(saved, fs.on);
    const ofVolume = holder && isVolumeDevice(holder) ? narrowed(all, ({ on }) => on === fs.on) : all;
    const disks = new Set(disksBelow(saved, fs.on));
    const found = narrowed(ofVolume, ({ on }) => disksBelow(layout, on).some((disk) => disks.has(disk)));
    return found.map(({ on, alsoOn = [] }) =>
      [on, ...alsoOn.map((other) => other.on)].flatMap((id) => {
        const device = nodeById(layout, id);
        return device && "path" in device && device.kind !== "mount" ? [device.path] : [];
      }),
    );
  };
}

/**
 * Mounts a file system of the set read-only below the context's root. Throws `not-found` when it is on no disk of this
 * machine.
 */
export function mountForReading(
  { host, manifest, root }: Pick<RestoreContext, "host" | "manifest" | "root">,
  find: FilesystemFinder,
  mount: Mount,
): void {
  const fs = nodeById(manifest.layout, mount.of);
  if (fs?.kind !== "filesystem") return;
  const [source, ...others] = find(fs)[0] ?? [];
  if (source === undefined) {
    throw new MondoError(
      "not-found",
      msg`the file system of ${mount.path} (${fs.type}, UUID ${fs.uuid ?? msg`none`}) is on no disk of this machine`,
      {
        hint: msg`Compare works on the machine that was backed up, or on one that was restored from it.`,
      },
    );
  }
  const target = mount.path === "/" ? root : `${root}${mount.path}`;
  host.makeDirectory(root);
  const driver = filesystemDriver(fs.type);
  const place = driver?.placeOptions?.(mount, others);
  // Comparing must not replay a dirty journal.
  mountUntouched(host, { source, target, type: fs.type, data: place });
}
