import { msg, told } from "../base/message.ts";
import type { LoaderContext } from "../drivers/contracts.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { loaderDriver } from "../drivers/loader/loader-drivers.ts";
import type { Action } from "../effects/effect.ts";
import type { Candidate, Targets } from "../layout/candidate.ts";
import { changedNames } from "../layout/device-names.ts";
import { partitionPath, partitionsOf, tableOn, volumeDevices } from "../layout/graph.ts";
import type { Disk, Layout, NodeId } from "../layout/types.ts";
import { nodeById, nodesOf } from "../layout/types.ts";
import { lostMounts } from "../layout/unsaved-words.ts";
import { bootCodeActions, placeBootCode } from "./boot-code-actions.ts";
import { bootEntryActions } from "./boot-entry-actions.ts";
import { editWarnings } from "./edit/edit-warnings.ts";
import { changesRoot, editedActions, movesPhysicalVolumes, newRootModules } from "./edit/edited-actions.ts";
import { adoptTables, lostPartitionNames, requireSamePartitions } from "./fit/adopt-tables.ts";
import { fitLayout } from "./fit/fit-layout.ts";
import { initramfsActions, newStorageDrivers, rootDrivers } from "./hardware.ts";
import { type Kept, keepActions, keptPart, mountPointActions, wholeLayout } from "./keep-actions.ts";
import { nameActions, nameWarnings } from "./name-actions.ts";
import { requireRoom, roomWarnings } from "./require-room.ts";
import { requireRoot } from "./require-root.ts";
import type { Plan, TargetDisk } from "./restore-plan.ts";
import { completeActions, formatActions, mountActions, placedImages, unmountActions } from "./storage-actions.ts";
import { subvolumeActions } from "./subvolume-actions.ts";
import { swapFileActions, swapFileWarnings } from "./swap-file-actions.ts";
import { keptTableActions, partitionActions } from "./table-actions.ts";
import { plannedVolumes, volumeActions, volumeCompletions, volumeWarnings } from "./volume-actions.ts";

/** What a plan depends on besides layout and disks. */
export interface PlanContext {
  /** Id of the set. */
  readonly set: string;
  /** Firmware that the rescue was started by. */
  readonly firmware: "bios" | "uefi";
  /** Where the restored system is to be mounted: `/mnt/restore`. */
  readonly root: string;
  /** `false`: sizes stay as they were. */
  readonly resize?: boolean;
  /** `false`: partition tables stay as they are on the target disks (nopart). */
  readonly partition?: boolean;
  /** The layout that was saved, where the one to restore was edited. */
  readonly unedited?: Layout;
  /** What stays as it is; the layout to plan is without it. Default: nothing. */
  readonly kept?: Kept;
  /** Differences from the source that are known already, as sentences. */
  readonly warnings?: readonly string[];
}

/** Device by node: the counterpart of each disk, its future partitions, and volumes by their own names. */
export function devicesOf(layout: Layout, targets: Targets): Record<NodeId, string> {
  const devices: Record<NodeId, string> = {};
  const add = (id: NodeId, path: string) => {
    devices[id] = path;
    const table = tableOn(layout, id);
    for (const partition of table ? partitionsOf(layout, table.id) : []) {
      devices[partition.id] = partitionPath(path, partition.number);
    }
  };
  for (const disk of nodesOf(layout, "disk")) {
    const target = targets.disks[disk.id];
    if (target) add(disk.id, target.disk.path);
  }
  for (const volume of volumeDevices(layout)) add(volume.id, volume.path);
  return devices;
}

/** A target as a plan has it: what tells it from other disks. */
export function targetDisk({ disk, contents: words, identities, digest }: Candidate): TargetDisk {
  const { path, sizeBytes, serial, wwn } = disk;
  const own = { ...(serial === undefined ? {} : { serial }), ...(wwn === undefined ? {} : { wwn }) };
  if (identities === undefined) return { path, sizeBytes, ...own };
  const holds = { words, identities: [...identities].sort(), ...(digest === undefined ? {} : { digest }) };
  return { path, sizeBytes, ...own, holds };
}

function filesActions(layout: Layout, devices: Readonly<Record<NodeId, string>>, root: string): Action[] {
  const images = placedImages(layout, devices);
  const onto = images.length === 0 ? "" : msg`, and images onto ${images.map(({ device }) => device).join(", ")}`;
  const say = msg`Unpack the files below ${root}${onto}`;
  const unpack = images.length === 0 ? { do: "unpack" as const, root } : { do: "unpack" as const, root, images };
  return [{ id: "unpack", node: "files", say, destroys: [], effects: [unpack] }];
}

function planContexts(
  layout: Layout,
  devices: Readonly<Record<NodeId, string>>,
  context: Pick<PlanContext, "root" | "firmware">,
  names: Readonly<Record<string, string>>,
): LoaderContext[] {
  const { root, firmware } = context;
  return nodesOf(layout, "loader").map((loader) => ({ layout, loader, targets: devices, root, firmware, names }));
}

/** Contexts of a plan's loaders, to verify them after the restore. */
export function loaderContexts(layout: Layout, plan: Plan, firmware: "bios" | "uefi"): LoaderContext[] {
  return planContexts(layout, plan.targets, { firmware, root: plan.root }, plan.names ?? {});
}

function uniqueFilesystems(layout: Layout): Pick<Plan, "uniqueFilesystems"> {
  const found = nodesOf(layout, "filesystem").flatMap(({ type, uuid }) =>
    uuid !== undefined && filesystemDriver(type)?.needsUniqueUuid === true ? [{ type, uuid }] : [],
  );
  return found.length === 0 ? {} : { uniqueFilesystems: found };
}

/** Warnings about images that move: a system inside one may depend on where its partition begins. */
function movedImages(saved: Layout, layout: Layout): string[] {
  const startOf = (of: Layout, id: NodeId) => {
    const node = nodeById(of, id);
    return node?.kind === "partition" ? node.startBytes : undefined;
  };
  return nodesOf(layout, "image").flatMap(({ on, path, what }) =>
    startOf(saved, on) === startOf(layout, on)
      ? []
      : [
          msg`${path} (${told(what)}) begins at another place on the disk: if a system starts from it, its boot loader may need repair`,
        ],
  );
}

/** A disk of the set, and the one that stands for it. */
interface DiskPair {
  readonly disk: Disk;
  readonly target: Candidate;
}

/** What warnings and phases of a plan are made of. */
interface Planning {
  readonly saved: Layout;
  readonly layout: Layout;
  /** With what is kept: control files name that, too. */
  readonly whole: Layout;
  readonly context: PlanContext;
  readonly pairs: readonly DiskPair[];
  readonly devices: Readonly<Record<NodeId, string>>;
  readonly names: Readonly<Record<string, string>>;
  readonly loaders: readonly LoaderContext[];
  readonly initramfs: readonly Action[];
  /** Of boot code that doesn't come back. */
  readonly lostCode: readonly string[];
}

/** Whether another disk stands for the one that was saved. */
const isAnother = ({ disk, target }: DiskPair) => disk.wwn !== target.disk.wwn || disk.serial !== target.disk.serial;

const keepsTables = ({ partition }: PlanContext) => partition === false;

function fitted(saved: Layout, targets: Targets, context: PlanContext): Pick<Plan, "layout" | "sizes"> {
  if (keepsTables(context)) {
    if (context.unedited) requireSamePartitions(context.unedited, saved);
    return adoptTables(saved, targets);
  }
  if (context.resize === false) return { layout: saved, sizes: [] };
  return fitLayout(saved, Object.fromEntries(Object.entries(targets.disks).map(([id, { disk }]) => [id, disk])));
}

function warningsOf({ saved, layout, whole, context, names, loaders, lostCode }: Planning): string[] {
  return [
    ...(context.warnings ?? []),
    ...(context.unedited ? editWarnings(context.unedited, whole) : []),
    ...lostMounts(saved).map(({ path, reason }) => msg`${path} stays empty: ${told(reason)}`),
    ...(keepsTables(context) ? lostPartitionNames(saved, layout) : []),
    ...loaders.flatMap((loader) => loaderDriver(loader.loader.type)?.warnings(loader) ?? []),
    ...lostCode,
    ...roomWarnings(layout),
    ...movedImages(saved, layout),
    ...swapFileWarnings(layout),
    ...volumeWarnings(layout),
    ...nameWarnings(whole, names),
  ];
}

function loaderActions({ saved, layout, whole, context, ...planning }: Planning): Action[] {
  const { pairs, devices, names, loaders, initramfs } = planning;
  const { root, firmware } = context;
  const movesVolumes = context.unedited !== undefined && movesPhysicalVolumes(context.unedited, whole);
  return [
    ...swapFileActions(layout, root),
    // Edits know lines and words as they were saved, before names in them change.
    ...(context.unedited ? editedActions(context.unedited, whole, root) : []),
    ...nameActions(whole, names, root),
    ...subvolumeActions(layout, root),
    ...volumeCompletions({ layout, devices, root, otherDisks: pairs.some(isAnother) || movesVolumes }),
    ...initramfs,
    ...loaders.flatMap((loader) => loaderDriver(loader.loader.type)?.plan(loader) ?? []),
    ...bootEntryActions({ saved, layout, devices, loaders, firmware }),
    ...completeActions(layout, devices, root),
  ];
}

function phasesOf(planning: Planning): Plan["phases"] {
  const { layout, context, pairs, devices } = planning;
  const { root, kept } = context;
  const tableActions = keepsTables(context) ? keptTableActions : partitionActions;
  const keeping = kept ? keepActions(kept) : [];
  return [
    ...(keeping.length === 0 ? [] : [{ phase: "keep", actions: keeping } as const]),
    {
      phase: "partition",
      actions: pairs.flatMap(({ disk, target }) => tableActions(layout, disk, target, devices)),
    },
    { phase: "volumes", actions: volumeActions(layout, devices) },
    { phase: "format", actions: [...formatActions(layout, devices, root), ...bootCodeActions(layout, devices)] },
    {
      phase: "mount",
      actions: [...mountActions(layout, devices, root), ...(kept ? mountPointActions(kept, root) : [])],
    },
    { phase: "files", actions: filesActions(layout, devices, root) },
    { phase: "loader", actions: loaderActions(planning) },
    { phase: "finish", actions: unmountActions(layout, root) },
  ];
}

/** The layout, fitted, with what stays as it was, and all disks that stand for disks of the set. */
function withKept(layout: Layout, targets: Targets, kept: Kept | undefined): { whole: Layout; named: Targets } {
  if (!kept || Object.keys(kept.disks).length === 0) return { whole: layout, named: targets };
  const whole = wholeLayout(kept, layout);
  return { whole, named: { ...targets, disks: { ...targets.disks, ...kept.disks } } };
}

/**
 * Plans the restore of a whole machine. Pure: the same input gives the same plan. Throws `unsupported` for a machine
 * without a root, and `no-space` for files that can't fit.
 */
export function planRestore(saved: Layout, targets: Targets, context: PlanContext): Plan {
  requireRoot(saved);
  const { layout: sized, sizes } = fitted(saved, targets, context);
  requireRoom(sized);
  const { layout, warnings: lostCode } = placeBootCode(saved, sized, targets, keepsTables(context));
  const devices = devicesOf(layout, targets);
  const pairs = nodesOf(layout, "disk").flatMap((disk) => {
    const target = targets.disks[disk.id];
    return target ? [{ disk, target }] : [];
  });
  const { whole, named } = withKept(layout, targets, context.kept);
  const names = changedNames(whole, devicesOf(whole, named), named.disks);
  const loaders = planContexts(layout, devices, context, names);
  const fresh = newStorageDrivers(
    nodesOf(layout, "hardware")[0],
    pairs.flatMap(({ target }) => target.storageDrivers),
  );
  const { unedited } = context;
  const edited = unedited !== undefined && changesRoot(unedited, whole);
  const modules = edited ? newRootModules(unedited, whole) : [];
  const drivers = [...rootDrivers(layout, targets), ...modules].sort();
  const initramfs = initramfsActions(whole, { fresh, drivers, names, edited }, context.root);
  const planning = { saved, layout, whole, context, pairs, devices, names, loaders, initramfs, lostCode };
  const kept = context.kept && keptPart(context.kept, targetDisk);
  return {
    ...{ version: 1, set: context.set, root: context.root, targets: devices },
    disks: pairs.map(({ target }) => targetDisk(target)),
    ...(kept ? { kept } : {}),
    volumes: plannedVolumes(layout),
    ...uniqueFilesystems(layout),
    ...(Object.keys(names).length === 0 ? {} : { names }),
    ...(fresh.length + initramfs.length === 0 ? {} : { rootDrivers: drivers }),
    ...{ layout, sizes, warnings: warningsOf(planning), phases: phasesOf(planning) },
  };
}
