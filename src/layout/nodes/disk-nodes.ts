import type { Node, NodeId } from "./node.ts";

/** A whole disk. `path` is its name on the source machine, for people: matching uses wwn, serial and size. */
export interface Disk extends Node<"disk"> {
  readonly path: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly model?: string;
  readonly serial?: string;
  readonly wwn?: string;
  readonly transport?: string;
  readonly rotational: boolean;
  readonly removable: boolean;
  /** Code in its first sector and before its first partition that no loader's driver installs again. Default: none. */
  readonly bootCode?: readonly BootCode[];
}

/** Code that a boot loader left at the start of a disk or partition, outside of what a table or a file system uses. */
export interface BootCode {
  readonly offset: number;
  readonly base64: string;
}

/** A partition table on a disk or an array. */
export interface PartitionTable extends Node<"table"> {
  readonly on: NodeId;
  /** Of an array's table: the array's sectors. */
  readonly sectorBytes?: number;
  readonly scheme: "gpt" | "dos";
  /** GPT: disk GUID, upper case. DOS: the 32-bit signature as `0x` and 8 hex digits. */
  readonly uuid: string;
  /** GPT: number of entries in the array (128 as a rule). */
  readonly entries?: number;
  readonly firstUsableSector?: number;
  readonly lastUsableSector?: number;
  /** GPT: the entry of its protective MBR is marked active, which some BIOSes want before they start from the disk. */
  readonly protectiveActive?: true;
}

/** A partition. Numbers may have gaps. */
export interface Partition extends Node<"partition"> {
  readonly table: NodeId;
  readonly path: string;
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** GPT: type GUID, upper case. DOS: one byte as lower-case hex without prefix (`83`, `82`, `5`, `f`, `ef`). */
  readonly type: string;
  /** PARTUUID. GPT: upper-case GUID. DOS: signature and number, as the kernel writes it (`1234abcd-01`). */
  readonly uuid: string;
  readonly name?: string;
  /** GPT attribute bits as sfdisk names them, separated by blanks or commas (`RequiredPartition GUID:63`). */
  readonly attributes?: string;
  /** DOS active flag. */
  readonly bootable?: boolean;
  /** Code in its first sectors that no loader's driver installs again. Default: none. */
  readonly bootCode?: readonly BootCode[];
  readonly role: "primary" | "extended" | "logical";
}
