import { MondoError } from "../base/errors.ts";
import { msg, told } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { swapDriver } from "../drivers/fs/swap.ts";
import type { Action, Effect, PlacedImage } from "../effects/effect.ts";
import { mountsInOrder } from "../layout/graph.ts";
import type { Filesystem, Layout, NodeId, Swap } from "../layout/types.ts";
import { nodeById, nodesOf } from "../layout/types.ts";

/** Device on the target machine by layout node. */
export type Devices = Readonly<Record<NodeId, string>>;

function labelled(node: { readonly label?: string; readonly uuid?: string }): string {
  const words = [node.label && msg`label ${node.label}`, node.uuid && `UUID ${node.uuid}`].filter((word) => word);
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

/** The device that stands for a node. */
export function deviceOf(devices: Devices, id: NodeId): string {
  const device = devices[id];
  if (device === undefined) throw new MondoError("bug", msg`no target device for ${id}`);
  return device;
}

/** The further devices of a file system on several. */
function othersOf(fs: Filesystem, devices: Devices): string[] {
  return (fs.alsoOn ?? []).map((other) => deviceOf(devices, other.on));
}

/** The work of a driver on a file system as an action. */
function workAction(
  layout: Layout,
  fs: Filesystem,
  devices: Devices,
  stage: "populate" | "complete",
  at: string,
): Action[] {
  if (fs.details.assumed === true && fs.details.fresh !== true) return [];
  const context = { layout, device: deviceOf(devices, fs.on), others: othersOf(fs, devices) };
  const work = filesystemDriver(fs.type)?.[stage]?.(fs, context, at);
  return work ? [{ id: `${stage}:${fs.id}`, node: fs.id, destroys: [], ...work }] : [];
}

/** Gives file systems what they can get only once their files are restored. */
export function completeActions(layout: Layout, devices: Devices, root: string): Action[] {
  return nodesOf(layout, "filesystem").flatMap((fs) => workAction(layout, fs, devices, "complete", root));
}

function makeAction(fs: Filesystem, devices: Devices): Action {
  const driver = filesystemDriver(fs.type);
  if (!driver) throw new MondoError("unsupported", msg`file systems of type ${fs.type} can't be made by this version`);
  const device = deviceOf(devices, fs.on);
  const effects =
    fs.details.assumed === true ? driver.makePlain(fs, device) : driver.make(fs, device, othersOf(fs, devices));
  const say = msg`Make the file system (${fs.type}) on ${[device, ...othersOf(fs, devices)].join(", ")}${labelled(fs)}`;
  return { id: `make:${fs.id}`, node: fs.id, say, destroys: [], effects };
}

function makeSwapAction(swap: Swap, devices: Devices): Action {
  const device = deviceOf(devices, swap.on);
  const say = msg`Make the swap area on ${device}${labelled(swap)}`;
  return { id: `make:${swap.id}`, node: swap.id, say, destroys: [], effects: swapDriver.make(swap, device) };
}

/** The images of a layout with the devices that they go to. */
export function placedImages(layout: Layout, devices: Devices): PlacedImage[] {
  return nodesOf(layout, "image").map(({ on, entry, gaps }) => ({ entry, device: deviceOf(devices, on), gaps }));
}

/** Zeros the device of an image with gaps: what isn't stored must not be the disk's old content. */
function zeroActions(layout: Layout, devices: Devices): Action[] {
  return nodesOf(layout, "image").flatMap(({ id, on, what, sizeBytes, storedBytes, gaps }): Action[] => {
    if (gaps !== "zeros" || storedBytes === sizeBytes) return [];
    const path = deviceOf(devices, on);
    const say = msg`Write zeros to ${path}, which ${told(what)} comes back to as an image`;
    return [{ id: `zero:${id}`, node: id, say, destroys: [], effects: [{ do: "zero", path, sizeBytes }] }];
  });
}

/** Makes every file system and swap area; `at` is a directory on which nothing is mounted yet. */
export function formatActions(layout: Layout, devices: Devices, at: string): Action[] {
  return [
    ...nodesOf(layout, "filesystem").flatMap((fs) => [
      makeAction(fs, devices),
      ...workAction(layout, fs, devices, "populate", at),
    ]),
    ...nodesOf(layout, "swap").map((swap) => makeSwapAction(swap, devices)),
    ...zeroActions(layout, devices),
  ];
}

/** Mounts everything below `root`, parents first. */
export function mountActions(layout: Layout, devices: Devices, root: string): Action[] {
  return mountsInOrder(layout).flatMap((mount): Action[] => {
    const fs = nodeById(layout, mount.of);
    if (fs?.kind !== "filesystem") return [];
    const path = mount.path === "/" ? root : `${root}${mount.path}`;
    const source = deviceOf(devices, fs.on);
    const driver = filesystemDriver(fs.type);
    const words = [driver?.restoreOptions(mount.options), driver?.placeOptions?.(mount, othersOf(fs, devices))];
    const options = words.filter((word) => word).join(",");
    const effects: Effect[] = [
      { do: "mkdir", path },
      { do: "mount", source, path, type: fs.type, options },
    ];
    return [{ id: mount.id, node: mount.id, say: msg`Mount ${source} at ${path}`, destroys: [], effects }];
  });
}

/** Unmounts everything again, children first. */
export function unmountActions(layout: Layout, root: string): Action[] {
  return mountsInOrder(layout)
    .reverse()
    .map((mount) => {
      const path = mount.path === "/" ? root : `${root}${mount.path}`;
      return {
        id: `un${mount.id}`,
        node: mount.id,
        say: msg`Unmount ${path}`,
        destroys: [],
        effects: [{ do: "unmount", path }],
      };
    });
}
