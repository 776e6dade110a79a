import type { Secret } from "../base/secret.ts";
import type { Action, Effect } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import type { MemberRole } from "../layout/keep/held-part.ts";
import type { Rank } from "../layout/spread.ts";
import type { Layout, LayoutNode, NodeId } from "../layout/types.ts";
import type { DeviceReader, Needs } from "./contracts.ts";

/** What a superblock says about the volume that its device is a part of. */
export interface VolumeMember<Details = unknown> {
  /** What all members have in common: UUID of the array or volume group. */
  readonly group: string;
  /** Name of the volume. */
  readonly name: string;
  /** A noun phrase for people: "a physical volume of the volume group vg0". */
  readonly what: string;
  /** How many members it should have. */
  readonly expected: number;
  /** Its data begins at the device's first byte: what seems to lie on the device may lie on the volume. */
  readonly fromStart?: true;
  /** Which of the members it is. Default: there is one alone. */
  readonly role?: MemberRole;
  /** For the driver alone. */
  readonly details: Details;
}

/** Something that could become a member of a volume, and is made again as that. */
export interface SpareMember {
  /** A noun phrase: "a physical volume of LVM that no volume group has taken". */
  readonly what: string;
  readonly uuid: string;
  /** What it is in a layout. */
  node(place: { readonly on: NodeId; readonly name: string; readonly path: string }): LayoutNode;
}

/** A member where it was found. */
export interface PlacedMember<Details = unknown> {
  readonly on: NodeId;
  /** Kernel name and path of its device. */
  readonly device: string;
  readonly path: string;
  readonly member: VolumeMember<Details>;
}

/** A device that the kernel has made of others. */
export interface KernelVolume {
  /** `md0`, `dm-3`. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly slaves: readonly string[];
  /** Device mapper's identifier: `LVM-…`, `CRYPT-LUKS2-…`. */
  readonly dmUuid?: string;
  /** Its name below /dev/mapper. */
  readonly dmName?: string;
  readonly readOnly?: boolean;
}

/** What members add up to. */
export interface AssembledVolume {
  readonly nodes: readonly LayoutNode[];
  /** Kernel names of those nodes that may hold something. */
  readonly devices: ReadonlyMap<NodeId, string>;
}

/** Something that a volume can do without, and nothing that was saved is missing: a cache. */
export interface Dispensable {
  /** A noun phrase: "the cache fast of /dev/vg0/data". */
  readonly what: string;
  /** How an administrator gets it again: "lvconvert makes a new one". */
  readonly again: string;
  /** Devices that it lies on. */
  readonly on: readonly NodeId[];
  /** Pure: the layout without it. */
  readonly remove: (layout: Layout) => Layout;
}

/** Bytes by which devices change, by node. */
export type SizeChanges = Readonly<Record<NodeId, number>>;

/** What a device must offer to what lies on it. */
export interface Demand {
  /** Bytes that it may lose. */
  readonly slackBytes: number;
  readonly rank: Rank;
}

/** What a driver may ask when sizes have to change. */
export interface FitContext {
  readonly layout: Layout;
  /** How far a device of this size can shrink, and whether what lies on it has a use for more. */
  demandOf(device: NodeId, sizeBytes: number): Demand;
}

/** A volume on devices of other sizes. */
export interface ResizedVolume {
  /** Its nodes that are not as they were: itself, volumes of a group. */
  readonly nodes: readonly LayoutNode[];
  /** Bytes by which the devices change that it gives. */
  readonly changes: SizeChanges;
}

/** A volume that takes a key to be opened. */
export interface LockedVolume {
  readonly path: string;
  readonly uuid: string;
}

/** Gets the key of a volume: a person's pass phrase, or a key file. `failed`: the last one did not open it. */
export type GiveKey = (volume: LockedVolume, failed: boolean) => Promise<Secret>;

/** The machine's devices as they are at one moment. */
export interface DevicesSeen {
  readonly devices: readonly KernelVolume[];
  /** The device on which a member of this group lies, and of which nothing is made yet. */
  idleMember(group: string): KernelVolume | undefined;
}

/** What a driver has at hand to start a volume. */
export interface VolumeStart {
  readonly host: Host;
  readonly layout: Layout;
  /** Reads the machine's devices. Changes nothing. */
  look(): Promise<DevicesSeen>;
  /** Stops all volumes that are made of a device, those on top first. Throws `refused` where one is in use. */
  release(path: string): Promise<void>;
  /** Default: a locked volume is an error. */
  readonly give?: GiveKey;
  /** What is started is to be written to. Default: it is started read-only. */
  readonly writable?: boolean;
}

/** What a driver may look at when it plans what comes after the files. */
export interface VolumeRestore {
  readonly layout: Layout;
  /** Device on the target machine by node. */
  readonly devices: Readonly<Record<NodeId, string>>;
  /** Where the restored system is mounted. */
  readonly root: string;
  /** A disk of the set is replaced by another one. */
  readonly otherDisks: boolean;
}

/** The making of a volume as far as a file can show it, without the kernel's part. */
export interface VolumeTrial {
  /** Of the device that the volume lies on. */
  readonly sizeBytes: number;
  readonly effects: readonly Effect[];
  /** What the effects ask for: not the volume's own. */
  readonly secrets?: ReadonlyMap<string, Secret>;
  /** Pure: what came out different, as sentences that begin with the volume's path. */
  differences(read: DeviceReader): readonly string[];
}

/** How a volume is made again. */
export interface VolumeMaking {
  /** Imperative: "Make the RAID array /dev/md0 (raid1) of /dev/sda1 and /dev/sdb1". */
  readonly say: string;
  readonly effects: readonly Effect[];
}

/**
 * One kind of volume: devices that are made of other devices. All that takes knowledge of its format or tools is behind
 * this; what is plain from its node is in the kind's row (src/layout/kinds.ts). It only gets nodes of its kind, and
 * members that it recognised.
 */
export interface VolumeDriver<Node extends LayoutNode = LayoutNode, Details = unknown> {
  readonly type: string;
  /** Kind of the node that `make` makes. */
  readonly kind: Node["kind"];
  readonly needs: Needs;
  /** Kernel modules that this one needs besides: those of its level or of its volumes' types. */
  modulesFor?(node: Node): readonly string[];

  /** Pure: whether the device is a member, and of what. Throws nothing. */
  recognise(read: DeviceReader, sizeBytes: number): VolumeMember<Details> | undefined;
  /**
   * Pure: what a device is that has the mark of a member and doesn't say of what, if the members on other devices name
   * it.
   */
  adopt?(read: DeviceReader, others: () => readonly VolumeMember<Details>[]): VolumeMember<Details> | undefined;
  /** Pure: what a device is that has the mark of a member, and that no volume has taken. */
  spare?(read: DeviceReader): SpareMember | undefined;
  /**
   * Pure: the volume that these members of one group form; `Unsupported` nodes for what can't be rebuilt. What is made
   * of it can be left out where its device is `excluded` (by path).
   */
  assemble(
    members: readonly PlacedMember<Details>[],
    kernel: readonly KernelVolume[],
    excluded?: ReadonlySet<string>,
  ): AssembledVolume;

  /** Pure: what of it can be given up where a disk is missing. */
  dispensables?(node: Node): readonly Dispensable[];
  /** Pure: the volume without one of its members; undefined when something lies there. */
  withoutMember?(node: Node, on: NodeId): LayoutNode | undefined;

  /** Pure: what one of its members must offer. Default: its size. */
  demand?(node: Node, member: NodeId, context: FitContext): Demand;
  /** Pure: members that are used alike, so that none grows further than the one that grows least. Default: none. */
  equalMembers?(node: Node): readonly NodeId[];
  /**
   * Pure: it on members that change by so many bytes; undefined when it stays as it is, as all do without this. Throws
   * `no-match` when they get too small.
   */
  resized?(node: Node, changes: SizeChanges, context: FitContext): ResizedVolume | undefined;

  /** Makes it again; `devices` are those of the target machine by node. */
  make(node: Node, layout: Layout, devices: Readonly<Record<NodeId, string>>): VolumeMaking;
  /** How its making is tried on a file at a path. Default: that shows nothing. */
  trial?(node: Node, path: string): VolumeTrial | undefined;
  /** What has to be done for the volumes of this kind when all files are back. */
  complete?(nodes: readonly Node[], restore: VolumeRestore): readonly Action[];
  /** Said before the first write: what will not be as it was. */
  warnings?(node: Node, layout: Layout): readonly string[];
  /** Pure: how the node that was found differs from the wanted one, in what the kind's row can't compare. */
  differences?(wanted: Node, found: Node): readonly string[];

  /**
   * Starts it read-only, so that it can be looked at; false when it runs already. Writes nothing but what its own
   * programs note in any case. Throws `not-found` when it can't be had, `refused` without a key.
   */
  start?(node: Node, start: VolumeStart): Promise<boolean>;
  /** Pure: the command that stops a device of this kind; undefined when it is none. */
  stopCommand?(device: Pick<KernelVolume, "name" | "path" | "dmUuid" | "dmName">): readonly string[] | undefined;
}
