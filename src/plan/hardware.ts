import type { Action, Effect } from "../effects/effect.ts";
import type { Targets } from "../layout/candidate.ts";
import { disksOf } from "../layout/graph.ts";
import { rebuildCommand } from "../layout/initramfs-makers.ts";
import { type Hardware, type Layout, nodesOf } from "../layout/types.ts";
import { changesInitramfs } from "./name-actions.ts";
import type { Plan } from "./restore-plan.ts";

/** Drivers that the target's disks need and the source's didn't: an initramfs made for the source may lack them. */
export function newStorageDrivers(source: Hardware | undefined, target: readonly string[]): string[] {
  if (!source || source.storageDrivers.length === 0) return [];
  return [...new Set(target)].filter((driver) => !source.storageDrivers.includes(driver)).sort();
}

/** Drivers of the target disks below the root. */
export function rootDrivers(layout: Layout, targets: Targets): string[] {
  const root = nodesOf(layout, "mount").find(({ path }) => path === "/");
  const disks = root === undefined ? [] : disksOf(layout, root.of);
  return [...new Set(disks.flatMap(({ id }) => targets.disks[id]?.storageDrivers ?? []))].sort();
}

/** Refreshes the copies of the initramfs that some loaders read: the tool that makes it doesn't. */
function copyEffects(layout: Layout, root: string): Effect[] {
  const copies = nodesOf(layout, "loader").flatMap(({ details }) => details.copies ?? []);
  return copies.map((copy) => {
    const [from, to] = [`${root}${copy.from}`, `${root}${copy.to}`];
    return { do: "run", argv: ["cp", from, to], writes: [to], reads: [from], optional: true };
  });
}

/** Rebuilds every initramfs if other drivers are needed or device names in it have changed. */
export function initramfsActions(
  layout: Layout,
  fresh: readonly string[],
  root: string,
  names: NonNullable<Plan["names"]> = {},
): Action[] {
  const rebuild = rebuildCommand(nodesOf(layout, "hardware")[0]?.rebuild?.[0]);
  const renamed = changesInitramfs(layout, names);
  if (rebuild === undefined || (fresh.length === 0 && !renamed)) return [];
  const why = fresh.length > 0 ? `for other hardware (${fresh.join(", ")})` : "with the new names of devices";
  return [
    {
      id: "initramfs",
      node: "hardware",
      say: `Rebuild the initramfs ${why}`,
      destroys: [],
      effects: [
        { do: "run", argv: [...rebuild], writes: [], chroot: true, timeoutMs: 3_600_000, optional: true },
        ...copyEffects(layout, root),
      ],
    },
  ];
}
