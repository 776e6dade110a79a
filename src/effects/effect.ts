import type { NodeId } from "../layout/types.ts";

/** Names a secret without holding it: `luks:UUID`. */
export type SecretId = string;

/** The primitives that a restore is made of. A plan holds them as data; only `run/` carries them out. */
export type Effect =
  | {
      readonly do: "run";
      readonly argv: readonly string[];
      readonly input?: string;
      /** Which secret is fed to standard input instead: known only while the plan is carried out. */
      readonly secret?: SecretId;
      /** Inside the restored system (with /proc, /sys, /dev, /run bound). */
      readonly chroot?: boolean;
      readonly timeoutMs?: number;
      /** Exit codes that count as success; `[0]` when absent. */
      readonly accept?: readonly number[];
      /** The restore goes on when it fails; the failure is reported at the end. */
      readonly optional?: boolean;
    }
  | {
      readonly do: "wipe";
      readonly path: string;
      readonly ranges: readonly (readonly [offsetBytes: number, lengthBytes: number])[];
    }
  | { readonly do: "writeAt"; readonly path: string; readonly offset: number; readonly base64: string }
  /** Stops the arrays and logical volumes that the kernel has made of a disk and its partitions; fails when one is in use. */
  | { readonly do: "release"; readonly path: string }
  /** Tells md how to treat a member of a running array. */
  | {
      readonly do: "raidHabits";
      readonly path: string;
      readonly member: string;
      readonly habits: readonly ("writemostly" | "failfast")[];
    }
  /** Makes a file of zeros that occupies all of its blocks; `inPlace`: exempt from copy-on-write (btrfs). */
  | {
      readonly do: "fill";
      readonly path: string;
      readonly sizeBytes: number;
      readonly mode: number;
      readonly inPlace?: boolean;
    }
  | { readonly do: "mkdir"; readonly path: string; readonly mode?: number }
  | { readonly do: "write"; readonly path: string; readonly text: string; readonly mode?: number }
  | {
      readonly do: "mount";
      readonly source: string;
      readonly path: string;
      readonly type: string;
      readonly options: string;
    }
  | { readonly do: "unmount"; readonly path: string }
  /** Waits until the block device exists and has the size (the kernel re-reads the table by itself). */
  | { readonly do: "await"; readonly path: string; readonly sizeBytes?: number; readonly timeoutMs: number }
  /** Makes the kernel forget what it knew of a disk and take the table; it is told of `partitions` that it doesn't find itself. */
  | { readonly do: "rereadTable"; readonly path: string; readonly partitions?: readonly KernelPartition[] }
  | { readonly do: "swap"; readonly path: string; readonly on: boolean }
  /** Renames a file that was restored, so that nothing reads it any more; nothing happens when it isn't there. */
  | { readonly do: "setAside"; readonly path: string; readonly to: string }
  /** Replaces whole device names in a text file that was restored (fstab, grub.cfg); nothing happens when it has none of them. */
  | { readonly do: "renameDevices"; readonly path: string; readonly names: Readonly<Record<string, string>> }
  /** Replaces whole words (what stands between blanks, commas, quotes) in a text file; one that isn't there is passed over. */
  | { readonly do: "replaceWords"; readonly path: string; readonly words: Readonly<Record<string, string>> }
  /** Gives lines of an fstab other options, each found by its path and the options that it has. */
  | {
      readonly do: "fstabOptions";
      readonly path: string;
      readonly changes: readonly { readonly path: string; readonly from: string; readonly to: string }[];
    }
  /** Makes a UEFI boot entry unless the firmware has one for the same file and partition. */
  | {
      readonly do: "efiEntry";
      readonly disk: string;
      readonly partition: number;
      readonly partitionUuid: string;
      readonly label: string;
      readonly file: string;
    }
  /** Puts the firmware's boot entries in the order of the source, as far as it has them; others keep theirs, behind. */
  | { readonly do: "efiOrder"; readonly order: readonly EfiChoice[] }
  /** Makes the start of a device read as zeros, before an image with gaps goes there. */
  | { readonly do: "zero"; readonly path: string; readonly sizeBytes: number }
  /** Unpacks the set's files below the root, and images onto their devices. */
  | { readonly do: "unpack"; readonly root: string; readonly images?: readonly PlacedImage[] };

/** An entry of the archive that is no file, but the content of a device. */
export interface PlacedImage {
  readonly entry: string;
  readonly device: string;
  /** Whether what is not stored must read as zeros. */
  readonly gaps: "zeros" | "unused";
}

/** A boot entry by what it starts; one of the firmware's own by its label alone. */
export interface EfiChoice {
  readonly label: string;
  readonly partitionUuid?: string;
  readonly file?: string;
}

/** A partition as the kernel knows it. */
export interface KernelPartition {
  readonly number: number;
  readonly path: string;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/** One step: shown to people by `say`, journalled by `id`. */
export interface Action {
  /** Unique in the plan and the same whenever the plan is made again from the same input. */
  readonly id: string;
  readonly node: NodeId;
  /** Imperative, present tense: "Make an ext4 file system on /dev/vda2 (label root)". */
  readonly say: string;
  /** What is lost, as noun phrases with the device in them. Empty for harmless steps. */
  readonly destroys: readonly string[];
  readonly effects: readonly Effect[];
}
