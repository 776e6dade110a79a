import { MondoError } from "../base/errors.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { type Filesystem, type Mount, nodeById } from "../layout/types.ts";
import type { Description } from "../probe/describe-volumes.ts";
import type { RestoreContext } from "./context.ts";
import { mountUntouched } from "./mount-untouched.ts";

/** Devices of this machine that hold a file system of the set, by type and UUID; none when it isn't here. */
export type FilesystemFinder = (fs: Filesystem) => readonly string[];

/** Finds file systems on a machine that was read: on its disks and on running volumes. */
export function filesystemFinder({ nodes }: Pick<Description, "nodes">): FilesystemFinder {
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
  // Comparing must not replay a dirty journal.
  mountUntouched(host, { source, target, type: fs.type, data: place });
}
