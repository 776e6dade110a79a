import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { parseFstab } from "../formats/fs/mount-tables.ts";
import { parseCrypttab } from "../formats/storage/crypttab.ts";
import { calledOf, contentOf, mountHolding } from "../layout/graph.ts";
import { initramfsMakers } from "../layout/initramfs-makers.ts";
import { kindOf } from "../layout/kinds.ts";
import { placeSubvolumes } from "../layout/subvolumes.ts";
import type { Filesystem, Fstab, Hardware, Layout, LayoutNode, Mount, NodeId, Note } from "../layout/types.ts";
import { nodeById, nodesOf } from "../layout/types.ts";
import { blockMapLoaders } from "./block-map-loaders.ts";
import { blockListNotes, nodesWithBootCode, readerOf, withoutClaimedCode } from "./boot-code-nodes.ts";
import { commandLineOf } from "./command-line.ts";
import { type Description, describeDisks, withWholeVolumes } from "./describe-volumes.ts";
import { detectLoaders } from "./detect-loaders.ts";
import { excludedNotes, excludedUses, withoutCacheDisks } from "./excluded.ts";
import type { DeviceFacts, Facts } from "./facts.ts";
import { firmwareFrom, withMissingFiles } from "./firmware-from.ts";
import { grubBootNodes } from "./grub-boot.ts";
import { imageNodes, pathOf } from "./images.ts";
import { leftOutNodes } from "./left-out.ts";
import { accountCovered, accountHidden } from "./mounts/account-hidden.ts";
import { type Accounting, accountMounts, type ChosenPaths } from "./mounts/account-mounts.ts";
import { accountSwaps, accountUnmounted } from "./mounts/account-unmounted.ts";
import { rootObstacle } from "./mounts/root-obstacle.ts";
import { foldMultipath } from "./multipath.ts";
import { deviceNamesNodes } from "./read-device-links.ts";
import { swapFileNodes } from "./read-swap-files.ts";
import { setUses, type Use } from "./uses.ts";

/** What the operator chose about the machine. */
export interface LayoutChoices {
  /** Root of the set: `/`, or a directory that is looked at as one. */
  readonly root: string;
  /** Devices (`/dev/sdb`, `/dev/sda3`) that don't belong to the set. */
  readonly excludedDevices: readonly string[];
  /** Directories that the backup is written to: their disks stay out, unless they carry the system too. */
  readonly outputs?: readonly string[];
  /** Read-only snapshots of btrfs are saved, too. */
  readonly snapshots?: boolean;
  /** Devices (`/dev/sda3`, `/dev/dm-2`) whose content is saved as an image. */
  readonly images?: readonly string[];
  /** Paths that are saved and that are not: what lies beside them is not missed. Default: everything. */
  readonly paths?: ChosenPaths;
}

const EVERYTHING: ChosenPaths = { include: ["/"], exclude: [] };

const BLOCK_SPEC = /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=|ID=)/;

function note(id: string, text: string): Note {
  return { kind: "note", id: `note:${id}`, text };
}

/**
 * Mounts of one file system: one of its whole tree counts, and one of each subvolume; further ones are binds that fstab
 * or somebody makes again.
 */
function mountsOf(
  fs: Filesystem,
  device: DeviceFacts,
  path: string,
  subvolumes: ReadonlySet<string>,
  uses: readonly Use[],
): LayoutNode[] {
  const lines = uses.flatMap((use) => (use.device.name === device.name && use.mount ? [use.mount] : []));
  const wholes = lines
    .filter((line) => line.root === "/" || subvolumes.has(line.root))
    .sort((a, b) => a.path.length - b.path.length)
    .filter((line, index, all) => all.findIndex((other) => other.root === line.root) === index);
  if (wholes.length > 0) {
    return wholes.map((line): Mount => {
      const { path: at, options, root } = line;
      return { kind: "mount", id: `mount:${at}`, of: fs.id, path: at, options, root };
    });
  }
  const [part] = lines;
  // Of the root its own sentence says more.
  if (part?.path === "/") return [];
  if (part) {
    const what = `a file system of which only the directory ${part.root} is mounted (at ${part.path})`;
    return [{ kind: "unsupported", id: `unsupported:${device.name}`, on: fs.id, path, what }];
  }
  return [
    note(
      device.name,
      `${path} holds a file system (${fs.type}) that isn't mounted: a restore makes it again, but empty`,
    ),
  ];
}

function usageOf(facts: Facts, fs: Filesystem, mount: Mount, root: string): Partial<Filesystem> {
  const path = root === "/" ? mount.path : `${root.replace(/\/+$/, "")}${mount.path === "/" ? "" : mount.path}`;
  const [free, inodes] = [facts.freeBytes[path], facts.usedInodes?.[path]];
  return {
    ...(free === undefined ? {} : { usedBytes: Math.max(0, fs.sizeBytes - free) }),
    ...(inodes === undefined || inodes === 0 ? {} : { usedInodes: inodes }),
  };
}

function filesystemWithUse(
  facts: Facts,
  fs: Filesystem,
  described: Description,
  uses: readonly Use[],
  root: string,
): LayoutNode[] {
  const device = described.devices.get(fs.on);
  if (!device) return [fs];
  const volume = described.nodes.find((node) => node.id === fs.on);
  const isCopy = volume !== undefined && kindOf(volume).isCopy?.(volume) === true;
  if (isCopy && !uses.some((use) => use.device.name === device.name)) {
    // A file system with the UUID of its origin, and empty, could be mounted in its place.
    return [
      note(device.name, `${calledOf(volume)} is a snapshot that isn't mounted: it is made again without content`),
    ];
  }
  const own = described.nodes.flatMap((node) =>
    node.kind === "subvolume" && node.of === fs.id ? [`/${node.path}`] : [],
  );
  const nodes = mountsOf(fs, device, pathOf(described, fs.on, device), new Set(own), uses);
  const [mount] = nodes;
  if (mount?.kind !== "mount") return [fs, ...nodes];
  // For one on several devices statfs says what still fits, not what is used.
  return [fs.alsoOn === undefined ? { ...fs, ...usageOf(facts, fs, mount, root) } : fs, ...nodes];
}

/** Adds to bare contents how the running system uses them. */
function withUse(facts: Facts, described: Description, uses: readonly Use[], root: string): LayoutNode[] {
  const active = (on: NodeId) => uses.some((use) => !use.mount && use.device === described.devices.get(on));
  return described.nodes.flatMap((node): LayoutNode[] => {
    if (node.kind === "swap") return [{ ...node, active: active(node.on) }];
    return node.kind === "filesystem" ? filesystemWithUse(facts, node, described, uses, root) : [node];
  });
}

const STANDS_FOR: ReadonlySet<string> = new Set(["unsupported", "image"]);

/** Something mounted whose content no decoder knows is refused like a known foreign volume. */
function unknownMounted(layout: Layout, described: Description, uses: readonly Use[]): LayoutNode[] {
  const nodeOf = new Map([...described.devices].map(([id, device]) => [device.name, id]));
  return uses.flatMap(({ device, mount }): LayoutNode[] => {
    const on = nodeOf.get(device.name);
    if (!mount) return [];
    if (on === undefined) return unmadeMounted(layout, device, mount.path);
    const known =
      contentOf(layout, on) ?? layout.nodes.find((node) => STANDS_FOR.has(node.kind) && "on" in node && node.on === on);
    if (known) return [];
    const odd = filesystemDriver(mount.type) === undefined ? "" : ", with a superblock that is not understood";
    const what = `a file system of type ${mount.type} (mounted at ${mount.path}${odd})`;
    return [{ kind: "unsupported", id: `unsupported:${device.name}`, on, path: pathOf(described, on, device), what }];
  });
}

/** A mounted logical volume that isn't made again (a snapshot): its content would lack a place. */
function unmadeMounted(layout: Layout, device: DeviceFacts, path: string): LayoutNode[] {
  const group = nodesOf(layout, "volume-group").find((node) =>
    device.dmUuid?.startsWith(`LVM-${node.uuid.replaceAll("-", "")}`),
  );
  if (!group) return [];
  const what = `a snapshot, or another volume that is not made again (mounted at ${path})`;
  const name = device.dmName ?? device.name;
  return [{ kind: "unsupported", id: `unsupported:${device.name}`, on: group.id, path: `/dev/mapper/${name}`, what }];
}

function hardwareNode(facts: Facts, disks: readonly DeviceFacts[]): Hardware {
  const rebuild = initramfsMakers.find(({ paths }) => paths.some((path) => facts.files.includes(path)))?.argv;
  return {
    kind: "hardware",
    id: "hardware",
    kernel: facts.kernel,
    ...commandLineOf(facts),
    storageDrivers: [...new Set(disks.flatMap((disk) => disk.drivers))].sort(),
    ...(rebuild === undefined ? {} : { rebuild }),
  };
}

function fstabNode(text: string): Fstab {
  const entries = parseFstab(text)
    .filter((entry) => BLOCK_SPEC.test(entry.spec))
    .map(({ spec, path, type, options }) => ({ spec, path, type, options }));
  return { kind: "fstab", id: "fstab", entries };
}

function crypttabNodes(facts: Facts): LayoutNode[] {
  const text = facts.texts["/etc/crypttab"];
  const entries = text === undefined ? [] : parseCrypttab(text);
  return entries.length === 0 ? [] : [{ kind: "crypttab", id: "crypttab", entries }];
}

/** Everything that is mounted, or is to be, is saved, nobody's data, or in here. */
function accountsOf(account: Accounting): LayoutNode[] {
  const { facts, layout, root } = account;
  return [
    ...rootObstacle(facts, layout, root),
    ...accountMounts(account),
    ...accountUnmounted(account),
    ...accountHidden(account),
    ...accountCovered(account),
    ...accountSwaps(account),
  ];
}

/** The layout without what is excluded; each device goes by the path that the facts have. */
function describe(facts: Facts, choices: LayoutChoices): Layout {
  const [excluded, images] = [new Set(choices.excludedDevices), new Set(choices.images)];
  const set = setUses(facts, choices, excluded);
  const { uses, disks: inUse, left, excluded: gone } = set;
  const inSet = withWholeVolumes(facts, inUse, new Set([...excluded, ...images]));
  const disks = facts.devices.filter((device) => inSet.has(device.name));
  const described = describeDisks(facts, disks, excluded, images);
  const used = withUse(facts, described, uses, choices.root);
  const imaged = imageNodes(facts, described, images);
  const bare = placeSubvolumes({ version: 1, nodes: [...used, ...imaged] }, choices.snapshots ?? false);
  const rest: LayoutNode[] = [
    ...unknownMounted(bare, described, uses),
    ...swapFileNodes(facts).filter((file) => mountHolding(bare, file.path) !== undefined),
    fstabNode(facts.fstab),
    ...crypttabNodes(facts),
    ...deviceNamesNodes(facts, bare),
    withMissingFiles(firmwareFrom(facts.efi), bare, facts.files),
    hardwareNode(facts, disks),
    ...leftOutNodes(facts, inSet, left),
    ...excludedNotes(excluded, described),
    ...excludedUses(gone, disks.length),
  ];
  const told: Layout = { version: 1, nodes: [...bare.nodes, ...rest] };
  const { root, paths: chosen = EVERYTHING, outputs = [] } = choices;
  const accounts = accountsOf({ facts, layout: told, root, uses: set, chosen, outputs });
  const layout: Layout = { version: 1, nodes: [...told.nodes, ...accounts] };
  const bootSector = (id: NodeId) => readerOf(facts, nodeById(layout, id))(0, 512);
  const coded = nodesWithBootCode(layout);
  const looked = { layout, files: facts.files, texts: facts.texts, bootSector, coded };
  const loaders = detectLoaders(looked, disks.length);
  const unmade = blockMapLoaders(facts, layout, loaders);
  if (unmade.length > 0) return { version: 1, nodes: [...layout.nodes, ...unmade] };
  const nodes = withoutClaimedCode(layout.nodes, loaders, bootSector);
  const beside = [...blockListNotes(nodes, bootSector), ...grubBootNodes(layout, loaders, facts.texts)];
  return { version: 1, nodes: [...nodes, ...loaders, ...beside] };
}

/** Describes the machine from what was read. Pure: the same facts and choices give the same layout. */
export function layoutFrom(read: Facts, choices: LayoutChoices = { root: "/", excludedDevices: [] }): Layout {
  const facts = foldMultipath(read);
  // Of a multipath device the choice has the kernel's name.
  const named = (paths: readonly string[] = []) =>
    paths.map((path) => facts.devices.find((device) => `/dev/${device.name}` === path)?.path ?? path);
  const [excludedDevices, images] = [named(choices.excludedDevices), named(choices.images)];
  return withoutCacheDisks(facts, excludedDevices, (excluded) =>
    describe(facts, { ...choices, images, excludedDevices: excluded }),
  );
}
