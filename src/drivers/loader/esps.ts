import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { membersOf, mountHolding } from "../../layout/graph.ts";
import type { EfiEntry, Filesystem, Layout, NodeId, Partition } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { AssumedEntry, LoaderContext } from "../contracts.ts";

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
export const FALLBACK_FILE = /\/EFI\/BOOT\/BOOT(X64|AA64|IA32|ARM|RISCV64|LOONGARCH64)\.EFI$/i;
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

/** Every mounted FAT file system, with the partitions that carry it. */
function fatMounts(layout: Layout): Esp[] {
  return nodesOf(layout, "mount").flatMap((mount): Esp[] => {
    const fs = nodeById(layout, mount.of);
    if (fs?.kind !== "filesystem" || fs.type !== "vfat") return [];
    return [{ mount: mount.path, partitions: partitionsUnder(layout, fs.on) }];
  });
}

/** Where what a boot entry starts lies in the set; undefined if it names no file or its file system isn't mounted. */
export function entryPath(layout: Layout, entry: EfiEntry, { id }: Partition): string | undefined {
  const esp = fatMounts(layout).find(({ partitions }) => partitions.some((partition) => partition.id === id));
  if (!esp || entry.file === undefined) return undefined;
  const names = entry.file.split(/[\\/]/).filter((name) => name !== "");
  return `${esp.mount === "/" ? "" : esp.mount}/${names.join("/")}`;
}

/** For a source that was started by the fall-back path: an entry for the loader itself on each of its ESPs. */
export function assumedOnEsps(context: LoaderContext, own: (esp: Esp) => LoaderFile | undefined): AssumedEntry[] {
  return espsOf(context).flatMap((esp) => {
    const found = own(esp);
    return found === undefined ? [] : esp.partitions.map((partition) => ({ ...found, partition }));
  });
}

/** What a rescue that was started by BIOS can't do for a machine that starts by UEFI. */
export function firmwareWarnings(context: LoaderContext): string[] {
  if (context.firmware === "uefi") return [];
  return [
    msg`The set's system starts by UEFI, but this machine was started by BIOS: it will only start with the firmware in UEFI mode, by the fallback path`,
  ];
}

/** FAT ignores case: so must a look for a file on it. The path below `top` as its names are written there. */
export function writtenPath(host: Pick<Host, "list">, top: string, path: string): string | undefined {
  let at = "";
  for (const name of path.split(/[\\/]/).filter((part) => part !== "")) {
    const found = host.list(`${top}${at}`).find((entry) => entry.toLowerCase() === name.toLowerCase());
    if (found === undefined) return undefined;
    at = `${at}/${found}`;
  }
  return at;
}

/** Whether a file is there, its name in whatever case. */
export function existsIgnoringCase(host: Pick<Host, "list">, top: string, path: string): boolean {
  return writtenPath(host, top, path) !== undefined;
}

/** What firmware falls back to, if that isn't on a restored ESP. */
export function fallbackDefects(host: Host, { root }: LoaderContext, { mount }: Esp): string[] {
  const found = FALLBACK_NAMES.some((name) => existsIgnoringCase(host, `${root}${mount}`, `EFI/BOOT/${name}`));
  return found ? [] : [msg`the restored ESP (${mount}) has no EFI/BOOT/BOOT*.EFI, which firmware falls back to`];
}
