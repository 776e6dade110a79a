import type * as v from "valibot";
import type { LayoutNode, NodeId } from "../types.ts";

/** What a node is in the graph, which decides what may lie on it. */
export type Role =
  /** A disk: nothing lies below it. */
  | "disk"
  | "table"
  | "partition"
  /** A device that a restore makes of other devices. */
  | "volume"
  /** A volume without a device of its own, of which volumes are made. */
  | "group"
  /** What lies on a device and is not a volume: a file system, swap, an image. */
  | "content"
  /** A part or a use of a content: a subvolume, a mount. */
  | "use"
  /** What stands beside the graph: firmware, /etc/fstab, notes. */
  | "machine";

/** Roles of nodes with a device file that something can lie on. */
export const DEVICES: readonly Role[] = ["disk", "partition", "volume"];

/** One line of the tree that `showLayout` draws; sizes are bytes. */
export interface TreeLine {
  readonly name: string;
  readonly sizeBytes?: number;
  readonly what: string;
}

/** Words on the line of the device that a content lies on: what it is, and what it is used for. */
export interface ContentWords {
  readonly what: readonly string[];
  readonly use?: readonly string[];
}

/** What udev makes links of in /dev/disk/by-TAG, and fstab takes as `TAG=`. */
export type Tags = Readonly<Partial<Record<"uuid" | "label" | "partuuid" | "partlabel", string | undefined>>>;

/** A schema for every field of a node besides its kind and id; one of an optional field is `v.exactOptional`. */
export type Fields<N extends LayoutNode> = {
  readonly [F in Exclude<keyof N, "kind" | "id">]-?: v.GenericSchema<unknown, Exclude<N[F], undefined>>;
};

/**
 * All that differs between kinds of nodes and is pure: what a new kind has to say. What takes knowledge of a format or
 * of a tool (how a volume is recognised, made, resized) is the driver's. A function that is absent means: nothing.
 */
export interface KindRow<N extends LayoutNode> {
  readonly role: Role;
  /** For sentences: "logical volume". */
  readonly noun: string;
  readonly fields: Fields<N>;
  /** What a sentence calls a node. Default: its path, or its id. */
  called?(node: N): string;

  /** The node that it lies on. */
  on?(node: N): NodeId | undefined;
  /** The nodes that a volume is made of; the further devices of a file system. */
  madeOf?(node: N): readonly NodeId[];
  /** Nodes that it names without lying on them. */
  mentions?(node: N): readonly NodeId[];
  /** Roles that `on` and `madeOf` may have. Default: those with a device. */
  readonly lowerRoles?: readonly Role[];
  /** The node without those of its mentions that are gone; undefined when nothing would be left. */
  withoutMentions?(node: N, gone: ReadonlySet<NodeId>): N | undefined;
  /** What is wrong with a node whose fields are each right; `find` gives the nodes before it. */
  defect?(node: N, find: (id: NodeId) => LayoutNode | undefined): string | undefined;
  /** Holds nothing of its own, so that it goes together with what it lies on. */
  readonly carries?: true;
  /** A partition table may lie on it. */
  readonly takesTable?: true;
  /** What lies on it is encrypted. */
  readonly encrypts?: true;
  /** Each of its members shows, from its first byte on, what lies on it. */
  isMirrorFromStart?(node: N): boolean;
  /** Made again without what was in it, unless that is mounted. */
  isCopy?(node: N): boolean;

  /** Its line in the tree. Kinds without one are shown on the line of what they lie on. */
  line?(node: N): TreeLine;
  /** Its words on the line of its device; `above` is what lies on the node itself. */
  words?(node: N, above: readonly LayoutNode[]): ContentWords;
  /** What a device is for that is a part of it: "volume group vg0". */
  memberWords?(node: N): string;
  /**
   * Mondo's mountlist: the word for size and whether it is listed at all; the mount point and format of its members.
   */
  mountlistSize?(node: N): string | undefined;
  readonly mountlistMember?: string;

  /** What names it, or, for what lies on a device, that device. */
  tags?(node: N): Tags;
  /** Further device files that lead to it. */
  aliases?(node: N): readonly string[];

  /** Fields that a restore makes the same again. */
  readonly compared?: readonly (keyof N & string)[];
  /** How a found one of the kind differs apart from these, a sentence each that begins with `name`. */
  differences?(wanted: N, found: N, name: string): readonly string[];
}
