import { mountHolding } from "../layout/graph.ts";
import { placeSubvolumes } from "../layout/subvolumes.ts";
import type { Layout, LayoutNode, NodeId } from "../layout/types.ts";
import { nodeById } from "../layout/types.ts";
import { blockMapLoaders } from "./block-map-loaders.ts";
import { blockListNotes, nodesWithBootCode, readerOf, withoutClaimedCode } from "./boot-code-nodes.ts";
import { describeDisks, withWholeVolumes } from "./describe-volumes.ts";
import { detectLoaders } from "./detect-loaders.ts";
import { excludedNotes, excludedUses, withoutCacheDisks } from "./excluded.ts";
import type { Facts } from "./facts.ts";
import { firmwareFrom, withMissingFiles } from "./firmware-from.ts";
import { grubBootNodes } from "./grub-boot.ts";
import { imageNodes } from "./images.ts";
import { leftOutNodes } from "./left-out.ts";
import { crypttabNodes, fstabNode, hardwareNode } from "./machine-nodes-from.ts";
import { accountCovered, accountHidden } from "./mounts/account-hidden.ts";
import { type Accounting, accountMounts, type ChosenPaths } from "./mounts/account-mounts.ts";
import { accountSwaps, accountUnmounted } from "./mounts/account-unmounted.ts";
import { rootObstacle } from "./mounts/root-obstacle.ts";
import { foldMultipath } from "./multipath.ts";
import { deviceNamesNodes } from "./read-device-links.ts";
import { swapFileNodes } from "./read-swap-files.ts";
import { unknownMounted } from "./unknown-mounted.ts";
import { setUses } from "./uses.ts";
import { withUse } from "./with-use.ts";

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
  const { uses, disks: inUse, excluded: gone } = set;
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
    ...leftOutNodes(facts, inSet, set),
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
