import { soundLayout } from "../archive/set/manifest.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { GiveKey } from "../drivers/volume-contract.ts";
import { decodeSwapHeader } from "../formats/fs/swap-header.ts";
import type { Host } from "../host/host.ts";
import { mountsInOrder } from "../layout/graph.ts";
import { type Layout, type LayoutNode, type Mount, nodeById, nodesOf } from "../layout/types.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { describeMachine } from "../probe/describe-volumes.ts";
import { readDevices } from "../probe/read-devices.ts";
import { activateVolumes } from "../run/activate.ts";
import { unmountTree } from "../run/chroot.ts";
import { isOnDisks, ownDisks } from "../run/guard-here.ts";
import { resolveBelow } from "../run/resolve-below.ts";
import type { RestoreContext } from "./context.ts";
import { keyGiver } from "./give-key.ts";
import { type FilesystemFinder, filesystemFinder } from "./saved-mounts.ts";

type Mounting = Pick<RestoreContext, "host" | "root"> & { readonly layout: Layout };

/** Throws for a file system that is on disks other than those that are meant. */
export type RequirePlace = (mount: Mount, devices: readonly string[]) => void;

/**
 * Refuses a file system that doesn't lie on the disks of a plan: of two systems that look alike, one would be mounted
 * and the disks of the other written to.
 */
export const requireOnDisksOf =
  (host: Host, plan: Pick<Plan, "disks">): RequirePlace =>
  ({ path }, devices) => {
    const own = ownDisks(host, plan);
    const foreign = devices.find((device) => !isOnDisks(host, own, device));
    if (foreign === undefined) return;
    const disks = plan.disks.map((disk) => disk.path).join(", ");
    throw new MondoError("refused", msg`the file system of ${path} is on ${foreign}, which is not on ${disks}`, {
      hint: msg`Unplug the disks that are not meant. Nothing was changed.`,
      data: { device: foreign },
    });
  };

/** Mounts a file system of the set in its place, to be written to. Throws where it is on no disk, or on several. */
export function mountOne(
  { host, layout, root }: Mounting,
  find: FilesystemFinder,
  mount: Mount,
  requirePlace: RequirePlace = () => {},
): void {
  const fs = nodeById(layout, mount.of);
  if (fs?.kind !== "filesystem") return;
  const [found = [], ...copies] = find(fs);
  const [source, ...others] = found;
  if (source === undefined) {
    const uuid = fs.uuid ?? "none";
    throw new MondoError(
      "not-found",
      msg`the file system of ${mount.path} (${fs.type}, UUID ${uuid}) is on no disk of this machine`,
      {
        hint: msg`This works on the machine that was backed up, or on one that was restored from the backup.`,
      },
    );
  }
  if (copies.length > 0) {
    const places = [found, ...copies].map((paths) => paths.join(" + "));
    throw new MondoError(
      "refused",
      msg`the file system of ${mount.path} (${fs.type}, UUID ${fs.uuid ?? msg`none`}) is here ${places.length} times: on ${places.join(", ")}`,
      { hint: msg`Unplug the disk, or remove the snapshot, that is a copy. Nothing was changed.` },
    );
  }
  requirePlace(mount, found);
  // The system on the disk may have a link in the place, which must not lead out of it.
  const target = resolveBelow(host, root, mount.path === "/" ? root : `${root}${mount.path}`);
  const data = filesystemDriver(fs.type)?.placeOptions?.(mount, others);
  host.makeDirectory(target);
  host.mount({ source, target, type: fs.type, flags: [], ...(data === undefined || data === "" ? {} : { data }) });
}

/**
 * Refuses where the system on the disks has hibernated: when it wakes up, it writes what it remembers of its file
 * systems over what is written to them now.
 */
export function requireAwake(host: Host, { layout }: RestoreContext["manifest"], nodes: readonly LayoutNode[]): void {
  const ids = new Set(nodesOf(layout, "swap").map(({ uuid }) => uuid));
  for (const swap of nodes) {
    if (swap.kind !== "swap" || swap.uuid === undefined || !ids.has(swap.uuid)) continue;
    const device = nodes.find(({ id }) => id === swap.on);
    if (!device || !("path" in device)) continue;
    const { path } = device;
    if (!decodeSwapHeader((offset, length) => host.readAt(path, offset, length))?.isHibernated) continue;
    throw new MondoError("refused", msg`the system on the disks has hibernated, in the swap area ${path}`, {
      hint: msg`Start it and shut it down. If what it had open may be lost: mkswap -U ${swap.uuid} ${path} in the shell.`,
    });
  }
}

/** What is mounted, and how. */
interface Wanted {
  /** All of its volumes are started, and all of its mounts mounted. Default: the set's. */
  readonly layout?: Layout;
  readonly requirePlace?: RequirePlace;
  /** Default: the key file, or a person at the console. */
  readonly give?: GiveKey;
}

/**
 * Mounts the file systems of the set that are on this machine's disks below the context's root, to be written to.
 * Nothing is made or formatted. Throws `not-found` when one is not here; nothing stays mounted then.
 */
export async function mountSystem(context: RestoreContext, wanted: Wanted = {}): Promise<void> {
  const { host, manifest, root } = context;
  const { layout = soundLayout(manifest), requirePlace, give = keyGiver(context) } = wanted;
  await unmountTree(host, root);
  await activateVolumes(host, layout, { give, writable: true });
  const machine = describeMachine(await readDevices(host));
  requireAwake(host, manifest, machine.nodes);
  const find = filesystemFinder(machine, layout);
  try {
    for (const mount of mountsInOrder(layout)) mountOne({ host, root, layout }, find, mount, requirePlace);
  } catch (error) {
    await unmountTree(host, root);
    throw error;
  }
}
