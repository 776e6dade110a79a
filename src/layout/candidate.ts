import { msg } from "../base/message.ts";
import { describeDiskShortly } from "./describe-disk-shortly.ts";
import { isPartitionPath } from "./graph.ts";
import type { HeldPart } from "./keep/held-part.ts";
import type { Disk, NodeId, Partition, PartitionTable } from "./types.ts";

/** A disk of this machine, and what speaks against writing to it. */
export interface Candidate {
  readonly disk: Disk;
  readonly readOnly: boolean;
  /** "mounted at /mnt", "used by md0": why it can't be written to now. */
  readonly busy?: string;
  /** Idle arrays and logical volumes that the kernel has made of it: stopped before it is written to. */
  readonly volumes?: readonly string[];
  /** What lies on it now, for people: "GPT with 3 partitions: ext4 root, swap". */
  readonly contents: string;
  /** Identifiers of the table, file systems and volumes on it: how a disk without a serial number is known again. */
  readonly identities?: readonly string[];
  /** Something lies on it that has no identifier, or that nobody knows. */
  readonly unidentified?: boolean;
  /** Of what was read of it, if something has no identifier: it tells disks apart that nobody knows. */
  readonly digest?: string;
  /** Where it is plugged in, as udev names it: `pci-0000:00:1f.2-ata-1`. */
  readonly place?: string;
  readonly storageDrivers: readonly string[];
  /** Its partition table and partitions, when it has one: what a restore that keeps them needs. */
  readonly table?: readonly (PartitionTable | Partition)[];
  /** What lies on it and on its partitions, one by one. */
  readonly parts?: readonly HeldPart[];
}

/** Which disk of this machine stands for which of the set. */
export interface Targets {
  readonly disks: Readonly<Record<NodeId, Candidate>>;
  /** How each was found, as a noun phrase: "the same serial number". */
  readonly because: Readonly<Record<NodeId, string>>;
}

const baseName = (path: string) => path.replace(/^\/dev\//, "");

/** `/dev/sda1` and `sda` name the same disk; a carrier may be given as disk or partition. */
export function carries(candidate: Candidate, carriers: readonly string[]): boolean {
  const own = baseName(candidate.disk.path);
  return carriers.some((carrier) => {
    const name = baseName(carrier);
    return name === own || isPartitionPath(own, name);
  });
}

/** The disks that may be written to at all, if a person says so: fixed, writable, idle, and no carriers. */
export function usableCandidates(candidates: readonly Candidate[], carriers: readonly string[]): Candidate[] {
  return candidates.filter((c) => !c.readOnly && !c.disk.removable && c.busy === undefined && !carries(c, carriers));
}

/**
 * A disk, where it is plugged in, and what is on it: enough for a person to tell equal disks apart. `before`: what was
 * on it before the first write, in a report.
 */
export function describeCandidate({ disk, place, contents }: Candidate, when: "now" | "before" = "now"): string {
  const slot = place === undefined ? undefined : msg`at ${place}`;
  const parts = [describeDiskShortly(disk), disk.transport, slot].filter((word) => word !== undefined);
  const words = parts.join(", ");
  return when === "now" ? msg`${words}; now: ${contents}` : msg`${words}; before: ${contents}`;
}
