import { stored } from "../base/message.ts";
import { dispensableDisks, dispensableWords, withoutDispensableDisk } from "../drivers/dispensables.ts";
import { isVolumeDevice } from "../layout/graph.ts";
import { type Layout, type LayoutNode, type NodeId, type Note, nodeById } from "../layout/types.ts";
import type { Description } from "./describe-volumes.ts";
import type { Facts } from "./facts.ts";
import { pathOf } from "./images.ts";
import { leftOutNode } from "./left-out.ts";
import { EXCLUDED, type Exclusion, type Use } from "./uses.ts";

const note = (id: string, text: string): Note => ({ kind: "note", id: `note:excluded:${id}`, text });

/** What becomes of devices that are excluded on disks that are not. */
export function excludedNotes(excluded: ReadonlySet<string>, described: Description): Note[] {
  return [...excluded].flatMap((path) => {
    const [id, device] = [...described.devices].find(([, one]) => one.path === path) ?? [];
    const node = described.nodes.find((one) => one.id === id);
    if (id !== undefined && device && node && isVolumeDevice(node)) {
      return [note(path, stored`${pathOf(described, id, device)} is excluded: a restore makes it again, but empty`)];
    }
    if (node?.kind !== "partition") return [];
    return [
      note(path, stored`${path} is excluded, but its disk isn't: a restore makes the partition again, but empty`),
    ];
  });
}

/** Mounts that are lost with a part of their volume. The root is refused: no machine is left without it. */
export function excludedUses(gone: ReadonlyMap<Use, Exclusion>, disks: number): LayoutNode[] {
  const nodes = [...gone].flatMap(([{ device, mount }, { why, isWhole }]): LayoutNode[] => {
    if (!mount || (isWhole && disks > 0 && mount.path !== "/")) return [];
    const { path, type } = mount;
    if (path !== "/") return [note(path, stored`${path} is not in the backup: ${why}`)];
    const what = stored`the ${type} file system on ${device.path} (${why})`;
    return [{ kind: "unsupported", id: "unsupported:root", on: "root", path, what }];
  });
  // One file system on several devices is used once on each.
  return nodes.filter(({ id }, at) => nodes.findIndex((node) => node.id === id) === at);
}

function withoutCacheDisk(facts: Facts, layout: Layout, id: NodeId): Layout {
  const disk = nodeById(layout, id);
  const device = facts.devices.find(({ path }) => disk?.kind === "disk" && path === disk.path);
  const left = withoutDispensableDisk(layout, id);
  if (!device || !left) return layout;
  const words = dispensableWords(layout, id, stored`the disk ${device.path}, which it lies on, is excluded`);
  const notes = words.map((text, at) => note(`${device.path}:${at}`, text));
  return { ...left, nodes: [...left.nodes, leftOutNode(facts, device, EXCLUDED), ...notes] };
}

/**
 * The machine without what is excluded. A disk of that which holds caches and nothing else takes nothing along but
 * these.
 */
export function withoutCacheDisks(
  facts: Facts,
  excluded: readonly string[],
  describe: (excluded: readonly string[]) => Layout,
): Layout {
  const isDisk = (path: string) => facts.devices.some((device) => device.path === path && device.parent === undefined);
  const pathIn = (layout: Layout, id: NodeId) => {
    const disk = nodeById(layout, id);
    return disk?.kind === "disk" && excluded.includes(disk.path) ? [disk.path] : [];
  };
  const cachesIn = (layout: Layout) =>
    [...dispensableDisks(layout).keys()].filter((id) => pathIn(layout, id).length > 0);
  const whole = excluded.some(isDisk) ? describe(excluded.filter((path) => !isDisk(path))) : undefined;
  const caches = whole ? cachesIn(whole).flatMap((id) => pathIn(whole, id)) : [];
  const described = describe(excluded.filter((path) => !caches.includes(path)));
  const left = caches.length === 0 ? [] : cachesIn(described);
  // What they stand before may be excluded, too.
  if (left.length < caches.length) return describe(excluded);
  return left.reduce((layout, id) => withoutCacheDisk(facts, layout, id), described);
}
