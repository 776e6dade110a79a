import { msg } from "../base/message.ts";
import { type Candidate, type Targets, usableCandidates } from "./candidate.ts";
import { fits, type LeastBytes, requiredBytes } from "./fit.ts";
import { identitiesOn } from "./identities.ts";
import { noMatch, shortOf, type Wanted, wrongSectors } from "./no-match.ts";
import { type Score, scoreDisk } from "./score.ts";
import { isFree, standingIn } from "./standing.ts";
import type { Disk, Layout, NodeId } from "./types.ts";
import { nodesOf } from "./types.ts";

/** One pair that could be, with what speaks for it. */
interface Pair {
  readonly source: Disk;
  readonly candidate: Candidate;
  readonly score: Score;
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
    return pair ? [{ ...pair, score: { ...pair.score, because: msg`as many equal disks as are needed` } }] : [];
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
    if (named.disk.sizeBytes < least(layout, source)) throw shortOf(wanted, named.disk, msg`the disk that was chosen`);
    if (!fits(layout, source, named.disk, least)) throw wrongSectors(wanted, named.disk);
    return [[source, named]];
  });
}

/**
 * Finds the best disk for each of the set (`scoreDisk`). Never guesses: `no-match` when several disks match equally
 * well, or none does; the error names them with their sizes. Carriers (devices with the backup or the rescue),
 * read-only, removable, mounted and busy disks are never taken; one that holds what is not of the set only when
 * `chosen` names it (`standingIn`). `chosen` (disk node → path) are answers of the operator and come before all else.
 * `least` says how small a disk may be, `tablesStay` that nothing is lost but what is in the set's partitions.
 */
export function matchDisks(
  layout: Layout,
  candidates: readonly Candidate[],
  carriers: readonly string[],
  chosen: Readonly<Record<NodeId, string>> = {},
  least: LeastBytes = requiredBytes,
  tablesStay = false,
): Targets {
  const usable = usableCandidates(candidates, carriers);
  const standing = standingIn(layout, usable, tablesStay);
  const found: Record<NodeId, Candidate> = {};
  const because: Record<NodeId, string> = {};
  for (const [disk, candidate] of chosenPairs(layout, usable, chosen, least)) {
    if (Object.values(found).includes(candidate)) continue;
    found[disk.id] = candidate;
    because[disk.id] = msg`your choice`;
  }
  const open = () => nodesOf(layout, "disk").filter((disk) => found[disk.id] === undefined);
  const idle = () => usable.filter((c) => !Object.values(found).includes(c));
  const free = () => idle().filter((c) => isFree(standing(c)));
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
  if (left) {
    const held = idle().filter((c) => !isFree(standing(c)));
    throw noMatch([left, ...others], { all: candidates, free: free(), held, carriers, standing });
  }
  return { disks: found, because };
}
