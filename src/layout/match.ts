import { MondoError } from "../base/errors.ts";
import { formatBytes } from "../base/units.ts";
import { describeDiskShortly } from "./describe-disk-shortly.ts";
import { requiredBytes, sectorsFit } from "./fit.ts";
import { isPartitionPath } from "./graph.ts";
import { identitiesOn } from "./identities.ts";
import { type Score, scoreDisk } from "./score.ts";
import type { Disk, Layout, NodeId, Partition, PartitionTable } from "./types.ts";
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
  /** Identifiers of the table, file systems and volumes on it: how a disk without a serial number is known again. */
  readonly identities?: readonly string[];
  readonly storageDrivers: readonly string[];
  /** Its partition table and partitions, when it has one: what a restore that keeps them needs. */
  readonly table?: readonly (PartitionTable | Partition)[];
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
    return name === own || isPartitionPath(own, name);
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

/**
 * How small a disk may be for what is on another: `requiredBytes` keeps every size, a fitting one shrinks what can be
 * shrunk.
 */
export type LeastBytes = (layout: Layout, disk: Disk) => number;

/** One pair that could be, with what speaks for it. */
interface Pair {
  readonly source: Disk;
  readonly candidate: Candidate;
  readonly score: Score;
}

function fits(layout: Layout, source: Disk, target: Disk, least: LeastBytes): boolean {
  return target.sizeBytes >= least(layout, source) && sectorsFit(layout, source, target.logicalSectorBytes);
}

function pairsOf(
  layout: Layout,
  sources: readonly Disk[],
  free: readonly Candidate[],
  least: LeastBytes,
): readonly Pair[] {
  const identities = new Map(free.map((candidate) => [candidate, new Set(candidate.identities ?? [])]));
  return sources.flatMap((source) => {
    const [own, needed] = [identitiesOn(layout, source.id), requiredBytes(layout, source)];
    const smallest = least(layout, source);
    return free
      .filter((candidate) => fits(layout, source, candidate.disk, () => smallest))
      .map((candidate): Pair => {
        const here = identities.get(candidate) ?? new Set();
        const roomy = candidate.disk.sizeBytes >= needed;
        return { source, candidate, score: scoreDisk(source, own, candidate.disk, here, roomy) };
      });
  });
}

/** The best pair of each side; undefined where two are equally good. */
function bestBy<T>(pairs: readonly Pair[], side: (pair: Pair) => T): ReadonlyMap<T, Pair | undefined> {
  const most = new Map<T, number>();
  const best = new Map<T, Pair | undefined>();
  for (const pair of pairs) {
    const [key, { points }] = [side(pair), pair.score];
    const before = most.get(key) ?? Number.NEGATIVE_INFINITY;
    if (points >= before) best.set(key, points > before ? pair : undefined);
    most.set(key, Math.max(before, points));
  }
  return best;
}

/** Pairs that are best on both sides, with nothing that would be as good. */
function clearPairs(pairs: readonly Pair[]): readonly Pair[] {
  const sources = bestBy(pairs, ({ source }) => source);
  const candidates = bestBy(pairs, ({ candidate }) => candidate);
  return pairs.filter((pair) => sources.get(pair.source) === pair && candidates.get(pair.candidate) === pair);
}

/**
 * Where exactly as many disks are best as are needed, all alike and each good for all: whichever becomes which, the
 * same disks are erased and the result is the same.
 */
function alikePairs(pairs: readonly Pair[]): readonly Pair[] {
  const most = pairs.reduce((points, pair) => Math.max(points, pair.score.points), 0);
  const best = pairs.filter((pair) => pair.score.points === most);
  const sources = [...new Set(pairs.map((pair) => pair.source))];
  const candidates = [...new Set(best.map((pair) => pair.candidate))];
  const [first] = candidates;
  const alike = candidates.every(
    ({ disk }) => disk.sizeBytes === first?.disk.sizeBytes && disk.logicalSectorBytes === first.disk.logicalSectorBytes,
  );
  if (!alike || sources.length < 2 || sources.length !== candidates.length) return [];
  if (best.length !== sources.length * candidates.length) return [];
  return sources.flatMap((source, at) => {
    const pair = best.find((one) => one.source === source && one.candidate === candidates[at]);
    return pair ? [{ ...pair, score: { ...pair.score, because: "as many equal disks as are needed" } }] : [];
  });
}

function whyNot(candidate: Candidate, carriers: readonly string[], layout: Layout): string {
  if (candidate.busy !== undefined) return candidate.busy;
  if (candidate.readOnly) return "read-only";
  if (carries(candidate, carriers)) return "carries the backup or the rescue";
  if (isStranger(layout, candidate)) return "was in the machine and is not part of the set";
  return candidate.disk.removable ? "removable" : "stands for another disk of the set";
}

/** The set's disk, and what it needs here. */
interface Wanted {
  readonly source: Disk;
  readonly layout: Layout;
  readonly least: LeastBytes;
}

function shortOf({ source, layout, least }: Wanted, target: Disk, what: string): MondoError {
  const [needed, full] = [least(layout, source), requiredBytes(layout, source)];
  const shrunk = needed < full ? ` even with everything shrunk to what its files need` : "";
  const text = `the disk ${describeDiskShortly(source)} needs ${exact(needed)}${shrunk}, but ${what}, ${describeDiskShortly(target)}, has only ${exact(target.sizeBytes)}`;
  return new MondoError("no-match", text, {
    hint: "Put in a disk of at least that size.",
    data: { disk: source.path, lacking: [source.id], neededBytes: needed, largestBytes: target.sizeBytes },
  });
}

function wrongSectors({ source }: Wanted, target: Disk): MondoError {
  const text = `${target.path} has sectors of ${target.logicalSectorBytes} bytes, which its partitions or file systems don't fit`;
  return new MondoError("no-match", `the disk ${describeDiskShortly(source)} has no counterpart here: ${text}`, {
    hint: "Put in a disk with smaller sectors.",
    data: { disk: source.path, lacking: [source.id] },
  });
}

/**
 * Disks of the set of which at least one is without a counterpart; none where there are enough, and a person has to
 * choose.
 */
function lackingOf(open: readonly Wanted[], fitting: readonly Candidate[], free: readonly Candidate[]): NodeId[] {
  const [first] = open;
  if (first && fitting.length === 0) return [first.source.id];
  const of = open.filter(({ source, layout, least }) => fitting.some((c) => fits(layout, source, c.disk, least)));
  const good = free.filter((c) => of.some(({ source, layout, least }) => fits(layout, source, c.disk, least)));
  return good.length < of.length ? of.map(({ source }) => source.id) : [];
}

/** `open` are all disks of the set without a counterpart; the error is about the first. */
function noMatch(
  open: readonly [Wanted, ...Wanted[]],
  all: readonly Candidate[],
  free: readonly Candidate[],
  carriers: readonly string[],
): MondoError {
  const [wanted] = open;
  const { source, layout, least } = wanted;
  const fitting = free.filter((c) => fits(layout, source, c.disk, least));
  const lacking = lackingOf(open, fitting, free);
  const data = {
    disk: source.path,
    lacking,
    neededBytes: least(layout, source),
    candidates: all.map((c) => c.disk.path),
  };
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
  const [only] = fitting;
  if (only) {
    return new MondoError("no-match", `${name} and others of the set could all be ${describeDiskShortly(only.disk)}`, {
      hint: "Choose interactive mode and name the disk, or put in another one.",
      data,
    });
  }
  const largest = [...free].sort((a, b) => b.disk.sizeBytes - a.disk.sizeBytes)[0];
  if (largest && largest.disk.sizeBytes < least(layout, source)) {
    return shortOf(wanted, largest.disk, "the largest free disk");
  }
  if (largest) return wrongSectors(wanted, largest.disk);
  const others = all.filter((c) => !free.includes(c)).map((c) => `${c.disk.path}: ${whyNot(c, carriers, layout)}`);
  const rest = others.length > 0 ? ` (${others.join("; ")})` : "";
  return new MondoError("no-match", `${name} has no counterpart: this machine has no free disk${rest}`, {
    hint: "Put in a disk, or load the driver of its controller.",
    data,
  });
}

/** What the operator named, as far as it can be; throws `no-match` for a disk that can't be what it shall become. */
function chosenPairs(
  layout: Layout,
  usable: readonly Candidate[],
  chosen: Readonly<Record<NodeId, string>>,
  least: LeastBytes,
): [Disk, Candidate][] {
  return nodesOf(layout, "disk").flatMap((source): [Disk, Candidate][] => {
    const named = chosen[source.id] === undefined ? undefined : usable.find((c) => c.disk.path === chosen[source.id]);
    if (!named) return [];
    const wanted = { source, layout, least };
    if (named.disk.sizeBytes < least(layout, source)) throw shortOf(wanted, named.disk, "the disk that was chosen");
    if (!fits(layout, source, named.disk, least)) throw wrongSectors(wanted, named.disk);
    return [[source, named]];
  });
}

/**
 * Finds the best disk for each of the set (`scoreDisk`). Never guesses: `no-match` when several disks match equally
 * well, or none does; the error names them with their sizes. Carriers (devices with the backup or the rescue),
 * read-only, removable, mounted and held disks are never taken; a disk with data that the set knows and left out, only
 * when `chosen` names it. `chosen` (disk node → path) are answers of the operator and come before all else. `least`
 * says how small a disk may be.
 */
export function matchDisks(
  layout: Layout,
  candidates: readonly Candidate[],
  carriers: readonly string[],
  chosen: Readonly<Record<NodeId, string>> = {},
  least: LeastBytes = requiredBytes,
): Targets {
  const usable = usableCandidates(candidates, carriers);
  const found: Record<NodeId, Candidate> = {};
  const because: Record<NodeId, string> = {};
  for (const [disk, candidate] of chosenPairs(layout, usable, chosen, least)) {
    if (Object.values(found).includes(candidate)) continue;
    found[disk.id] = candidate;
    because[disk.id] = "your choice";
  }
  const open = () => nodesOf(layout, "disk").filter((disk) => found[disk.id] === undefined);
  const free = () => usable.filter((c) => !Object.values(found).includes(c) && !isStranger(layout, c));
  for (;;) {
    const pairs = pairsOf(layout, open(), free(), least);
    const clear = clearPairs(pairs);
    const best = clear.length > 0 ? clear : alikePairs(pairs);
    if (best.length === 0) break;
    for (const { source, candidate, score } of best) {
      found[source.id] = candidate;
      because[source.id] = score.because;
    }
  }
  const [left, ...others] = open().map((source): Wanted => ({ source, layout, least }));
  if (left) throw noMatch([left, ...others], candidates, free(), carriers);
  return { disks: found, because };
}
