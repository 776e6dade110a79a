import { MondoError } from "../base/errors.ts";
import { formatBytes } from "../base/units.ts";
import { describeDiskShortly } from "./describe-disk.ts";
import { requiredBytes, sectorsFit } from "./fit.ts";
import type { Disk, Layout, NodeId } from "./types.ts";
import { nodesOf } from "./types.ts";

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
  readonly storageDrivers: readonly string[];
}

/** Which disk of this machine stands for which of the set. */
export interface Targets {
  readonly disks: Readonly<Record<NodeId, Candidate>>;
  /** How each was found, as a noun phrase: "the same serial number". */
  readonly because: Readonly<Record<NodeId, string>>;
}

const exact = (bytes: number) => `${formatBytes(bytes)} (${bytes} bytes)`;
const baseName = (path: string) => path.replace(/^\/dev\//, "");

/** `/dev/sda1` and `sda` name the same disk; a carrier may be given as disk or partition. */
function carries(candidate: Candidate, carriers: readonly string[]): boolean {
  const own = baseName(candidate.disk.path);
  return carriers.some((carrier) => {
    const name = baseName(carrier);
    return name === own || (name.startsWith(own) && /^p?\d+$/.test(name.slice(own.length)));
  });
}

/** A disk with data that was in the machine and stayed out of the set: somebody wants to keep it. */
function isStranger(layout: Layout, candidate: Candidate): boolean {
  const { wwn, serial } = candidate.disk;
  return nodesOf(layout, "left-out").some(
    (left) =>
      left.holdsData &&
      ((left.wwn !== undefined && left.wwn === wwn) || (left.serial !== undefined && left.serial === serial)),
  );
}

/** The disks that may be written to at all, if a person says so: fixed, writable, idle, and no carriers. */
export function usableCandidates(candidates: readonly Candidate[], carriers: readonly string[]): Candidate[] {
  return candidates.filter((c) => !c.readOnly && !c.disk.removable && c.busy === undefined && !carries(c, carriers));
}

interface Rule {
  readonly because: string;
  readonly holds: (source: Disk, target: Disk) => boolean;
}

const same = (a: string | undefined, b: string | undefined) => a !== undefined && a !== "" && a === b;
/** Strongest first. The last rule is only "large enough". */
const RULES: readonly Rule[] = [
  { because: "the same WWN", holds: (a, b) => same(a.wwn, b.wwn) },
  { because: "the same serial number", holds: (a, b) => same(a.serial, b.serial) },
  { because: "the same model and size", holds: (a, b) => same(a.model, b.model) && a.sizeBytes === b.sizeBytes },
  { because: "the same size", holds: (a, b) => a.sizeBytes === b.sizeBytes },
  { because: "being the only one that is large enough", holds: () => true },
];

/** Pairs under one rule: only where exactly one candidate answers, and only to this disk. */
function pairsOf(layout: Layout, rule: Rule, open: readonly Disk[], free: readonly Candidate[]): [Disk, Candidate][] {
  const answers = (disk: Disk) => free.filter((c) => rule.holds(disk, c.disk) && fits(layout, disk, c.disk));
  return open.flatMap((disk): [Disk, Candidate][] => {
    const [only, another] = answers(disk);
    if (!only || another) return [];
    return open.some((other) => other !== disk && answers(other).includes(only)) ? [] : [[disk, only]];
  });
}

/**
 * Where exactly as many disks are free as are needed, all alike and each large enough for all: whichever becomes which, the same
 * disks are erased and the result is the same.
 */
function alikePairs(layout: Layout, open: readonly Disk[], free: readonly Candidate[]): [Disk, Candidate][] {
  const useful = free.filter((c) => open.some((disk) => fits(layout, disk, c.disk)));
  const [first] = useful;
  const alike = useful.every(
    ({ disk }) =>
      disk.sizeBytes === first?.disk.sizeBytes &&
      disk.logicalSectorBytes === first.disk.logicalSectorBytes &&
      open.every((source) => fits(layout, source, disk)),
  );
  if (useful.length !== open.length || !alike) return [];
  return open.flatMap((disk, at): [Disk, Candidate][] => (useful[at] ? [[disk, useful[at]]] : []));
}

function fits(layout: Layout, source: Disk, target: Disk): boolean {
  return target.sizeBytes >= requiredBytes(layout, source) && sectorsFit(layout, source, target.logicalSectorBytes);
}

function whyNot(candidate: Candidate, carriers: readonly string[], layout: Layout): string {
  if (candidate.busy !== undefined) return candidate.busy;
  if (candidate.readOnly) return "read-only";
  if (carries(candidate, carriers)) return "carries the backup or the rescue";
  return isStranger(layout, candidate) ? "was in the machine and is not part of the set" : "removable";
}

function noMatch(
  layout: Layout,
  source: Disk,
  all: readonly Candidate[],
  free: readonly Candidate[],
  carriers: readonly string[],
): MondoError {
  const needed = requiredBytes(layout, source);
  const fitting = free.filter((c) => fits(layout, source, c.disk));
  const data = { disk: source.path, neededBytes: needed, candidates: all.map((c) => c.disk.path) };
  const name = `the disk ${describeDiskShortly(source)}`;
  if (fitting.length > 1) {
    const list = fitting.map((c) => describeDiskShortly(c.disk)).join("; ");
    return new MondoError(
      "no-match",
      `${name} could be any of ${fitting.length} disks here, and none has its WWN or serial: ${list}`,
      {
        hint: "Choose interactive mode and name the disk, or take out those that must not be erased.",
        data,
      },
    );
  }
  const largest = [...free].sort((a, b) => b.disk.sizeBytes - a.disk.sizeBytes)[0];
  if (largest && largest.disk.sizeBytes < needed) {
    return new MondoError(
      "no-match",
      `${name} needs ${exact(needed)}, but the largest free disk, ${describeDiskShortly(largest.disk)}, has only ${exact(largest.disk.sizeBytes)}`,
      { hint: "Put in a disk of at least that size.", data: { ...data, largestBytes: largest.disk.sizeBytes } },
    );
  }
  if (largest) {
    const text = `${largest.disk.path} has sectors of ${largest.disk.logicalSectorBytes} bytes, which its partitions or file systems don't fit`;
    return new MondoError("no-match", `${name} has no counterpart here: ${text}`, {
      hint: "Put in a disk with smaller sectors.",
      data,
    });
  }
  const others = all.filter((c) => !free.includes(c)).map((c) => `${c.disk.path}: ${whyNot(c, carriers, layout)}`);
  const rest = others.length > 0 ? ` (${others.join("; ")})` : "";
  return new MondoError("no-match", `${name} has no counterpart: this machine has no free disk${rest}`, {
    hint: "Put in a disk, or load the driver of its controller.",
    data,
  });
}

/**
 * Finds a disk for each of the set, by WWN, serial, model and size, exact size, enough size, in this order, and then where as
 * many equal disks are free as are needed. Never guesses: `no-match` when several disks would do equally, or none; the error
 * names them with their sizes. Carriers (devices with the backup or the rescue), read-only, removable, mounted and held disks
 * are never taken; a disk with data that the set knows and left out, only when `chosen` names it. `chosen` (disk node → path)
 * are answers of the operator and come before all rules.
 */
export function matchDisks(
  layout: Layout,
  candidates: readonly Candidate[],
  carriers: readonly string[],
  chosen: Readonly<Record<NodeId, string>> = {},
): Targets {
  const usable = usableCandidates(candidates, carriers);
  const found: Record<NodeId, Candidate> = {};
  const because: Record<NodeId, string> = {};
  const sources = nodesOf(layout, "disk");
  const take = (disk: Disk, candidate: Candidate, reason: string) => {
    found[disk.id] = candidate;
    because[disk.id] = reason;
  };
  const open = () => sources.filter((disk) => found[disk.id] === undefined);
  const untaken = () => usable.filter((candidate) => !Object.values(found).includes(candidate));
  const free = () => untaken().filter((candidate) => !isStranger(layout, candidate));
  for (const disk of sources) {
    const named = chosen[disk.id] === undefined ? undefined : untaken().find((c) => c.disk.path === chosen[disk.id]);
    if (named && fits(layout, disk, named.disk)) take(disk, named, "your choice");
  }
  for (const rule of RULES) for (const [disk, c] of pairsOf(layout, rule, open(), free())) take(disk, c, rule.because);
  for (const [disk, c] of alikePairs(layout, open(), free())) take(disk, c, "as many equal disks as are needed");
  const [left] = open();
  if (left) throw noMatch(layout, left, candidates, free(), carriers);
  return { disks: found, because };
}
