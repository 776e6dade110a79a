import { msg } from "../base/message.ts";
import type { Action, Effect } from "../effects/effect.ts";
import type { Targets } from "../layout/candidate.ts";
import { renameDevicesIn } from "../layout/device-names.ts";
import { disksOf } from "../layout/graph.ts";
import { rebuildCommand } from "../layout/initramfs-makers.ts";
import { type Hardware, type Layout, nodesOf } from "../layout/types.ts";
import { changedRootFlags } from "./fstab.ts";
import { changesInitramfs } from "./name-actions.ts";
import type { Plan } from "./restore-plan.ts";

/** Files besides menus in which distributions keep the kernel's command line. */
const COMMAND_LINES = ["/etc/default/grub", "/etc/kernel/cmdline"];

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

/** Where boot menus lie besides /boot: on ESPs, wherever they are mounted. */
function bootDirectories(layout: Layout): string[] {
  const fats = new Set(nodesOf(layout, "filesystem").flatMap(({ id, type }) => (type === "vfat" ? [id] : [])));
  const tops = nodesOf(layout, "mount").flatMap(({ of, path }) => (fats.has(of) ? [path] : []));
  return [...new Set(["/boot", ...tops])];
}

/** The command line that the machine was started with, as it is right for the restored system. */
function commandLineFor(layout: Layout, hardware: Hardware, names: NonNullable<Plan["names"]>) {
  if (hardware.commandLine === undefined) return {};
  const flags = changedRootFlags(layout);
  const byPath = hardware.commandLine.replace(/subvolid=\d+/g, (word) => flags[word] ?? word);
  return { commandLine: renameDevicesIn(byPath, names) };
}

/** The tool's hooks write the running kernel's command line, the rescue's, into menus, which are right already. */
function rebuildEffect(
  layout: Layout,
  rebuild: readonly string[],
  line: { readonly commandLine?: string },
  root: string,
): Effect {
  const keeps = [...bootDirectories(layout), ...COMMAND_LINES].map((path) => `${root}${path}`);
  const common = { chroot: true, timeoutMs: 3_600_000, optional: true, keeps } as const;
  return { do: "run", argv: [...rebuild], writes: [], ...common, ...line };
}

/** Why an initramfs is made again, and what it must hold. */
interface InitramfsNeeds {
  /** Drivers that the target's disks need and the source's didn't. */
  readonly fresh: readonly string[];
  /** All drivers that the root needs here. */
  readonly drivers: readonly string[];
  /** Device names that are others here. Default: none. */
  readonly names?: NonNullable<Plan["names"]>;
  /** An edit changed the root. */
  readonly edited?: boolean;
}

/**
 * Rebuilds every initramfs if other drivers are needed, device names in it have changed, or an edit changed the root.
 */
export function initramfsActions(
  layout: Layout,
  { fresh, drivers, names = {}, edited = false }: InitramfsNeeds,
  root: string,
): Action[] {
  const hardware = nodesOf(layout, "hardware")[0];
  const rebuild = rebuildCommand(hardware?.rebuild?.[0], drivers);
  const renamed = changesInitramfs(layout, names);
  if (!hardware || rebuild === undefined || (fresh.length === 0 && !renamed && !edited)) return [];
  const other = edited ? msg`for the edited layout` : msg`with the new names of devices`;
  const why = fresh.length > 0 ? msg`for other hardware (${fresh.join(", ")})` : other;
  return [
    {
      id: "initramfs",
      node: "hardware",
      say: msg`Rebuild the initramfs ${why}`,
      destroys: [],
      effects: [
        rebuildEffect(layout, rebuild, commandLineFor(layout, hardware, names), root),
        ...copyEffects(layout, root),
      ],
    },
  ];
}
