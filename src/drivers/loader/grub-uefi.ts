import type { Host } from "../../host/host.ts";
import { diskOf, mountHolding } from "../../layout/graph.ts";
import type { EfiEntry, Filesystem, Layout, Loader, NodeId, Partition } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { Action, Effect } from "../../plan/types.ts";
import type { LoaderContext, LoaderDriver, LoaderFacts } from "../types.ts";
import { danglingReferences, type GrubDetails, missingBootFiles, renamedDevices } from "./check-references.ts";
import { grubHome, grubReferences, grubTexts } from "./grub-files.ts";

interface UefiDetails extends GrubDetails {
  /** Mount point of the first ESP. */
  readonly esp: string;
  /** Files on the ESPs below `EFI/`, as paths of the set. */
  readonly files: readonly string[];
}

const LOADER_FILE = /\/EFI\/[^/]+\/(shim|grub)(x64|aa64|ia32)\.efi$/i;
const FALLBACK_FILE = /\/EFI\/BOOT\/BOOT(X64|AA64|IA32)\.EFI$/i;
const FALLBACK_NAMES: Readonly<Record<string, string>> = {
  x64: "BOOTX64.EFI",
  aa64: "BOOTAA64.EFI",
  ia32: "BOOTIA32.EFI",
};

/** The mounted FAT file system that holds a path. */
function espHolding(layout: Layout, path: string): { fs: Filesystem; mount: string } | undefined {
  const holder = mountHolding(layout, path);
  const fs = holder && nodeById(layout, holder.mount.of);
  return fs?.kind === "filesystem" && fs.type === "vfat" ? { fs, mount: holder?.mount.path ?? "" } : undefined;
}

/** An EFI system partition of the set: where it is mounted, and the partitions that carry it (several below a mirror). */
interface Esp {
  readonly mount: string;
  readonly partitions: readonly Partition[];
}

function partitionsUnder(layout: Layout, id: NodeId): Partition[] {
  const node = nodeById(layout, id);
  if (node?.kind === "raid") return node.members.flatMap((member) => partitionsUnder(layout, member.on));
  return node?.kind === "partition" ? [node] : [];
}

function espsOf({ layout, loader }: LoaderContext): Esp[] {
  return loader.on.flatMap((id): Esp[] => {
    const fs = nodeById(layout, id);
    const mount = nodesOf(layout, "mount").find((one) => one.of === id);
    return fs?.kind === "filesystem" && mount
      ? [{ mount: mount.path, partitions: partitionsUnder(layout, fs.on) }]
      : [];
  });
}

function detect(facts: LoaderFacts): Loader | undefined {
  if (nodesOf(facts.layout, "firmware")[0]?.mode !== "uefi") return undefined;
  const loaders = facts.files.filter((path) => LOADER_FILE.test(path) || FALLBACK_FILE.test(path));
  const found = loaders.flatMap((path) => espHolding(facts.layout, path) ?? []);
  const [esp] = found;
  if (!esp) return undefined;
  const on = [...new Set(found.map(({ fs }) => fs.id))];
  const mounts = new Set(found.map(({ mount }) => mount));
  const files = facts.files.filter(
    (path) => mounts.has(espHolding(facts.layout, path)?.mount ?? "") && /\/EFI\//i.test(path),
  );
  const details = { ...grubHome(facts), references: grubReferences(grubTexts(facts)), esp: esp.mount, files };
  return { kind: "loader", id: "loader:grub-uefi", type: "grub-uefi", on, details };
}

function detailsOf(context: LoaderContext): UefiDetails {
  return context.loader.details as unknown as UefiDetails;
}

/** Boot entries that start a file on one of the set's partitions, in the firmware's order. */
function ownEntries(layout: Layout): { entry: EfiEntry; partition: Partition }[] {
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

/** For a source that was started by the fallback path: an entry for the distribution's own loader, named after its directory. */
function assumedEntries(context: LoaderContext): { label: string; file: string; partition: Partition }[] {
  return espsOf(context).flatMap(({ mount, partitions }) => {
    const files = detailsOf(context).files.filter((path) => path.startsWith(`${mount}/`));
    const own = files.filter((path) => LOADER_FILE.test(path) && !/\/EFI\/BOOT\//i.test(path));
    const preferred = own.find((path) => /\/shim/i.test(path)) ?? own[0];
    if (preferred === undefined) return [];
    const label = preferred.split("/").at(-2) ?? "linux";
    const file = preferred.slice(mount.length).replaceAll("/", "\\");
    return partitions.map((partition) => ({ label, file, partition }));
  });
}

function entryEffects(context: LoaderContext): Effect[] {
  const known = ownEntries(context.layout).map(({ entry, partition }) => {
    return { label: entry.label, file: entry.file ?? "", partition };
  });
  // Each new entry goes to the front of the order: the first is made last.
  return (known.length > 0 ? known : assumedEntries(context))
    .reverse()
    .flatMap(({ label, file, partition }): Effect[] => {
      const disk = diskOf(context.layout, partition.id);
      const device = disk && context.targets[disk.id];
      if (device === undefined) return [];
      return [
        { do: "efiEntry", disk: device, partition: partition.number, partitionUuid: partition.uuid, label, file },
      ];
    });
}

/** Copies of loader, its companion and MokManager where firmware looks when it knows no entry; none when the set has them. */
function fallbackEffects(context: LoaderContext, esp: string): Effect[] {
  const files = detailsOf(context).files.filter((path) => path.startsWith(`${esp}/`));
  if (files.some((path) => FALLBACK_FILE.test(path))) return [];
  const preferred =
    files.find((path) => /\/shim(x64|aa64|ia32)\.efi$/i.test(path)) ?? files.find((path) => LOADER_FILE.test(path));
  const arch = /(x64|aa64|ia32)\.efi$/i.exec(preferred ?? "")?.[1]?.toLowerCase();
  if (preferred === undefined || arch === undefined) return [];
  const from = preferred.slice(0, preferred.lastIndexOf("/"));
  const directory = `${context.root}${esp}/EFI/BOOT`;
  const companions = files.filter(
    (path) => path !== preferred && path.startsWith(`${from}/`) && /\/(grub|mm)(x64|aa64|ia32)\.efi$/i.test(path),
  );
  const copy = (path: string, name: string): Effect => ({
    do: "run",
    argv: ["cp", `${context.root}${path}`, `${directory}/${name}`],
  });
  return [
    { do: "mkdir", path: directory },
    copy(preferred, FALLBACK_NAMES[arch] ?? "BOOTX64.EFI"),
    ...companions.map((path) => copy(path, path.slice(path.lastIndexOf("/") + 1))),
  ];
}

function plan(context: LoaderContext): readonly Action[] {
  const { makeConfig, references } = detailsOf(context);
  const renamed = renamedDevices(context);
  const stale = references.devices.some((device) => renamed[device] !== undefined);
  const action = (id: string, say: string, effects: readonly Effect[]): Action[] =>
    effects.length === 0 ? [] : [{ id: `loader:${id}`, node: context.loader.id, say, destroys: [], effects }];
  return [
    ...action(
      "uefi-fallback",
      "Copy the loader to the path that firmware falls back to",
      espsOf(context).flatMap(({ mount }) => fallbackEffects(context, mount)),
    ),
    ...(context.firmware === "uefi"
      ? action("uefi-entries", "Enter the loader in the firmware's boot menu", entryEffects(context))
      : []),
    ...(stale
      ? action("grub-config", "Make GRUB's menu anew, because it names devices that are called otherwise here", [
          { do: "run", argv: [...makeConfig], chroot: true, timeoutMs: 900_000, optional: true },
        ])
      : []),
  ];
}

function warnings(context: LoaderContext): readonly string[] {
  if (context.firmware === "uefi") return [];
  return [
    "The set's system starts by UEFI, but this machine was started by BIOS: it will only start with the firmware in UEFI mode, by the fallback path",
  ];
}

/** FAT ignores case: so must a look for a file that firmware names. */
function existsIgnoringCase(host: Host, top: string, path: string): boolean {
  let at = top;
  for (const name of path.split(/[\\/]/).filter((part) => part !== "")) {
    const found = host.list(at).find((entry) => entry.toLowerCase() === name.toLowerCase());
    if (found === undefined) return false;
    at = `${at}/${found}`;
  }
  return true;
}

function espDefects(host: Host, context: LoaderContext, { mount, partitions }: Esp): string[] {
  const top = `${context.root}${mount}`;
  const named = ownEntries(context.layout).filter(({ partition }) => partitions.includes(partition));
  const fallback = Object.values(FALLBACK_NAMES).some((name) => existsIgnoringCase(host, top, `EFI/BOOT/${name}`));
  return [
    ...named
      .filter(({ entry }) => !existsIgnoringCase(host, top, entry.file ?? ""))
      .map(({ entry }) => `the boot entry "${entry.label}" names ${entry.file}, which isn't on the restored ESP`),
    ...(fallback ? [] : [`the restored ESP (${mount}) has no EFI/BOOT/BOOT*.EFI, which firmware falls back to`]),
  ];
}

async function verify(host: Host, context: LoaderContext): Promise<readonly string[]> {
  return [
    ...espsOf(context).flatMap((esp) => espDefects(host, context, esp)),
    ...danglingReferences(context),
    ...missingBootFiles(host, context),
  ];
}

/** GRUB 2 (behind shim or bare) as a file on the EFI system partition. */
export const grubUefiDriver: LoaderDriver = {
  type: "grub-uefi",
  needs: { tools: ["chroot", "cp"], optionalTools: ["efibootmgr"], modules: ["efivarfs"] },
  detect,
  plan,
  warnings,
  verify,
};
