import type { Action, Effect } from "../../effects/effect.ts";
import type { Host } from "../../host/host.ts";
import { membersOf, mountHolding, tableSeenOn } from "../../layout/graph.ts";
import type { Disk, EfiEntry, Filesystem, Layout, NodeId, Partition } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { LoaderContext } from "../contracts.ts";

/**
 * An EFI system partition of the set: where it is mounted, and the partitions that carry it (several below a mirror).
 */
export interface Esp {
  readonly mount: string;
  readonly partitions: readonly Partition[];
}

/** A loader on an ESP, as a boot entry of the firmware names it. */
export interface LoaderFile {
  readonly label: string;
  /** With backslashes, from the ESP's root. */
  readonly file: string;
}

/** Where firmware looks when it knows no entry. Source: UEFI specification 2.10, 3.5.1.1. */
export const FALLBACK_FILE = /\/EFI\/BOOT\/BOOT(X64|AA64|IA32)\.EFI$/i;
const FALLBACK_NAMES = ["BOOTX64.EFI", "BOOTAA64.EFI", "BOOTIA32.EFI"];

/** The mounted FAT file system that holds a path. */
export function espHolding(layout: Layout, path: string): { fs: Filesystem; mount: string } | undefined {
  const holder = mountHolding(layout, path);
  const fs = holder && nodeById(layout, holder.mount.of);
  return fs?.kind === "filesystem" && fs.type === "vfat" ? { fs, mount: holder?.mount.path ?? "" } : undefined;
}

function partitionsUnder(layout: Layout, id: NodeId): Partition[] {
  const node = nodeById(layout, id);
  if (node?.kind === "partition") return [node];
  return node ? membersOf(layout, node).flatMap((member) => partitionsUnder(layout, member.id)) : [];
}

/** The ESPs that a loader lies on. */
export function espsOf({ layout, loader }: Pick<LoaderContext, "layout" | "loader">): Esp[] {
  return loader.on.flatMap((id): Esp[] => {
    const fs = nodeById(layout, id);
    const mount = nodesOf(layout, "mount").find((one) => one.of === id);
    return fs?.kind === "filesystem" && mount
      ? [{ mount: mount.path, partitions: partitionsUnder(layout, fs.on) }]
      : [];
  });
}

/** Boot entries that start a file on one of the set's partitions, in the firmware's order. */
export function ownEntries(layout: Layout): { entry: EfiEntry; partition: Partition }[] {
  const firmware = nodesOf(layout, "firmware")[0];
  const partitions = nodesOf(layout, "partition");
  const rank = (entry: EfiEntry) => {
    const at = firmware?.bootOrder.indexOf(entry.number) ?? -1;
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  return (firmware?.entries ?? [])
    .flatMap((entry) => {
      const partition = partitions.find((p) => p.uuid === entry.partitionUuid);
      return partition && entry.file !== undefined ? [{ entry, partition }] : [];
    })
    .sort((a, b) => rank(a.entry) - rank(b.entry));
}

/** For a source that was started by the fallback path: an entry for the loader itself on each of its ESPs. */
function assumedEntries(context: LoaderContext, own: (esp: Esp) => LoaderFile | undefined) {
  return espsOf(context).flatMap((esp) => {
    const found = own(esp);
    return found === undefined ? [] : esp.partitions.map((partition) => ({ ...found, partition }));
  });
}

/** The first disk on which firmware finds a partition: its own, or a leg of the mirror that the partition is on. */
function diskWith(layout: Layout, { table }: Partition): Disk | undefined {
  return nodesOf(layout, "disk").find((disk) => tableSeenOn(layout, disk.id)?.id === table);
}

function entryEffects(context: LoaderContext, own: (esp: Esp) => LoaderFile | undefined): Effect[] {
  const known = ownEntries(context.layout).map(({ entry, partition }) => {
    return { label: entry.label, file: entry.file ?? "", partition };
  });
  // Each new entry goes to the front of the order: the first is made last.
  return (known.length > 0 ? known : assumedEntries(context, own))
    .reverse()
    .flatMap(({ label, file, partition }): Effect[] => {
      const disk = diskWith(context.layout, partition);
      const device = disk && context.targets[disk.id];
      if (device === undefined) return [];
      return [
        { do: "efiEntry", disk: device, partition: partition.number, partitionUuid: partition.uuid, label, file },
      ];
    });
}

/** The source's order, as what each entry starts; those that the firmware has by itself have no file. */
function orderEffect(layout: Layout): Effect[] {
  // Without an entry of its own in it the new one has to come first.
  if (ownEntries(layout).length === 0) return [];
  const firmware = nodesOf(layout, "firmware")[0];
  const order = (firmware?.bootOrder ?? []).flatMap((number) => {
    const entry = firmware?.entries.find((one) => one.number === number);
    if (!entry) return [];
    const { label, partitionUuid, file } = entry;
    return [{ label, ...(partitionUuid === undefined || file === undefined ? {} : { partitionUuid, file }) }];
  });
  return order.length > 1 ? [{ do: "efiOrder", order }] : [];
}

/**
 * Enters the loaders in the firmware's menu; the first loader of several does it for all. `own` is what to enter when
 * the set knows no entry.
 */
export function entryActions(context: LoaderContext, own: (esp: Esp) => LoaderFile | undefined): Action[] {
  const first = nodesOf(context.layout, "loader")[0];
  if (context.firmware !== "uefi" || (first !== undefined && first.id !== context.loader.id)) return [];
  const entries = entryEffects(context, own);
  const effects = [...entries, ...(entries.length > 0 ? orderEffect(context.layout) : [])];
  const say = "Enter the loader in the firmware's boot menu";
  return effects.length === 0
    ? []
    : [{ id: "loader:uefi-entries", node: context.loader.id, say, destroys: [], effects }];
}

/** What a rescue that was started by BIOS can't do for a machine that starts by UEFI. */
export function firmwareWarnings(context: LoaderContext): string[] {
  if (context.firmware === "uefi") return [];
  return [
    "The set's system starts by UEFI, but this machine was started by BIOS: it will only start with the firmware in UEFI mode, by the fallback path",
  ];
}

/** FAT ignores case: so must a look for a file on it. */
export function existsIgnoringCase(host: Host, top: string, path: string): boolean {
  let at = top;
  for (const name of path.split(/[\\/]/).filter((part) => part !== "")) {
    const found = host.list(at).find((entry) => entry.toLowerCase() === name.toLowerCase());
    if (found === undefined) return false;
    at = `${at}/${found}`;
  }
  return true;
}

/** What of the firmware's entries, and of its fallback path, isn't on a restored ESP. */
export function espDefects(host: Host, context: LoaderContext, { mount, partitions }: Esp): string[] {
  const top = `${context.root}${mount}`;
  const named = ownEntries(context.layout).filter(({ partition }) => partitions.includes(partition));
  const fallback = FALLBACK_NAMES.some((name) => existsIgnoringCase(host, top, `EFI/BOOT/${name}`));
  return [
    ...named
      .filter(({ entry }) => !existsIgnoringCase(host, top, entry.file ?? ""))
      .map(({ entry }) => `the boot entry "${entry.label}" names ${entry.file}, which isn't on the restored ESP`),
    ...(fallback ? [] : [`the restored ESP (${mount}) has no EFI/BOOT/BOOT*.EFI, which firmware falls back to`]),
  ];
}
