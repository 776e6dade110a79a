/** Which ranges of files become, or stay, the blocks of files made before them. */
import type { ByteString } from "../../base/bytes.ts";
import { MIB } from "../../base/units.ts";
import { memoryBytes } from "../../host/threads.ts";
import type { Entry, SharedRanges } from "../entry.ts";
import { NumberTable } from "./number-table.ts";

/** A file with shared ranges, by its place among such files. */
export interface Sharer {
  readonly path: ByteString;
  /** Its place among the entries of the catalog. */
  readonly ordinal: number;
}

/** A range of a file that is to be had from another file, or from an earlier part of itself. Bytes. */
export interface Share {
  readonly offset: number;
  readonly length: number;
  /** Place of the other one among the sharers. */
  readonly from: number;
  readonly fromOffset: number;
}

/** How many ranges are kept in mind: about 100 bytes each. */
const mostRanges = (): number => Math.max(64 * 1024, Math.min(8 * MIB, Math.floor(memoryBytes() / 1024)));

const Claim = { space: 0, place: 1, order: 2, offset: 3, length: 4, sharer: 5 } as const;
const Found = { sharer: 0, offset: 1, length: 2, from: 3, fromOffset: 4 } as const;

/** Where claims begin and end, and which one comes first. */
interface Active {
  readonly row: number;
  readonly end: number;
}

/** Takes up what the files of a catalog claim to have in common. */
export class ShareClaims {
  readonly #claims = new NumberTable(6);
  readonly #sharers: Sharer[] = [];
  readonly #most: number;
  /** Shorter ranges are passed over. */
  #least = 1;

  constructor(most = mostRanges()) {
    this.#most = most;
  }

  /** Whether nothing claims anything. */
  get isEmpty(): boolean {
    return this.#claims.rows === 0;
  }

  /**
   * Adds a file. `group`: tells apart file systems that the files go to, which share nothing with each other. `round`:
   * files of a later one are made after all of an earlier one, whatever their order.
   */
  add(entry: Pick<Entry, "path" | "shared">, ordinal: number, group = 0, round = 0): void {
    const sharer = this.#sharers.length;
    const order = round * 2 ** 32 + sharer;
    this.#sharers.push({ path: entry.path, ordinal });
    for (const { space, ranges } of entry.shared ?? []) this.#addRanges({ space, ranges }, group, order, sharer);
  }

  /** What comes of it. */
  plan(): SharePlan {
    return new SharePlan(this.#sharers, sharesOf(this.#claims, this.#most));
  }

  #addRanges({ space, ranges }: SharedRanges, group: number, order: number, sharer: number): void {
    for (let i = 0; i < ranges.length; i += 3) {
      const [offset = 0, length = 0, place = 0] = [ranges[i], ranges[i + 1], ranges[i + 2]];
      if (length < this.#least) continue;
      this.#claims.add(group * 2 ** 32 + space, place, order, offset, length, sharer);
      if (this.#claims.rows >= this.#most) this.#thin();
    }
  }

  /** In a small memory the short ones go: they are many and matter least. */
  #thin(): void {
    while (this.#claims.rows >= this.#most / 2) {
      this.#least *= 4;
      this.#claims.keep((row) => this.#claims.at(row, Claim.length) >= this.#least);
    }
  }
}

/** Goes along the places: of the claims to one, the first is the source of the others. */
function sharesOf(claims: NumberTable, most: number): NumberTable {
  const found = new NumberTable(5);
  const order = claims.sorted([Claim.space, Claim.place, Claim.order, Claim.offset]);
  let active: Active[] = [];
  let [space, at] = [-1, 0];
  for (let next = 0; next < order.length || active.length > 0; ) {
    const row = order[next];
    const isHere = row !== undefined && claims.at(row, Claim.space) === space;
    const place = isHere ? claims.at(row, Claim.place) : Number.POSITIVE_INFINITY;
    const until = active.reduce((least, { end }) => Math.min(least, end), place);
    if (active.length > 1 && until > at) addSegment(found, claims, active, at, until);
    // Only what was made to cost time has so many different overlaps.
    if (found.rows > 2 * most) return found;
    active = active.filter(({ end }) => end > until);
    at = until;
    if (row === undefined || until < place) continue;
    if (!isHere) {
      [space, at] = [claims.at(row, Claim.space), claims.at(row, Claim.place)];
    }
    next = addBeginning(active, claims, order, next);
  }
  return found;
}

/** Adds the claims that begin at one place; returns where the next ones are. */
function addBeginning(active: Active[], claims: NumberTable, order: Uint32Array, from: number): number {
  const [first, place, space] = [order[from] ?? 0, Claim.place, Claim.space];
  let next = from;
  for (let row = order[next]; row !== undefined; row = order[next]) {
    if (claims.at(row, place) !== claims.at(first, place) || claims.at(row, space) !== claims.at(first, space)) break;
    active.push({ row, end: claims.at(row, place) + claims.at(row, Claim.length) });
    next++;
  }
  return next;
}

/** Adds what lies from one place to another in each file that claims it, but for the first. */
function addSegment(
  found: NumberTable,
  claims: NumberTable,
  active: readonly Active[],
  from: number,
  to: number,
): void {
  const offsetIn = (row: number) => claims.at(row, Claim.offset) + from - claims.at(row, Claim.place);
  const isBefore = (a: number, b: number) => {
    const difference = claims.at(a, Claim.order) - claims.at(b, Claim.order);
    return difference === 0 ? offsetIn(a) < offsetIn(b) : difference < 0;
  };
  const source = active.map(({ row }) => row).reduce((first, row) => (isBefore(row, first) ? row : first));
  for (const { row } of active) {
    if (row === source) continue;
    found.add(
      ...[claims.at(row, Claim.sharer), offsetIn(row), to - from],
      ...[claims.at(source, Claim.sharer), offsetIn(source)],
    );
  }
}

/** Ranges of files that are to be had from files made before. */
export class SharePlan {
  readonly sharers: readonly Sharer[];
  readonly #shares: NumberTable;
  /** Rows by file and offset. */
  readonly #order: Uint32Array;
  readonly #byOrdinal = new Map<number, number>();
  readonly #sources = new Set<number>();
  /** Bytes in all of them. */
  readonly bytes: number;

  constructor(sharers: readonly Sharer[], shares: NumberTable) {
    this.sharers = sharers;
    this.#shares = shares;
    this.#order = shares.sorted([Found.sharer, Found.offset]);
    let bytes = 0;
    for (let row = 0; row < shares.rows; row++) {
      bytes += shares.at(row, Found.length);
      this.#sources.add(shares.at(row, Found.from));
      this.#byOrdinal.set(sharers[shares.at(row, Found.sharer)]?.ordinal ?? -1, shares.at(row, Found.sharer));
      const from = shares.at(row, Found.from);
      this.#byOrdinal.set(sharers[from]?.ordinal ?? -1, from);
    }
    this.bytes = bytes;
  }

  /** Bytes that a file has from others: called for each such range. */
  count(add: (sharer: number, bytes: number) => void): void {
    for (let row = 0; row < this.#shares.rows; row++) {
      add(this.#shares.at(row, Found.sharer), this.#shares.at(row, Found.length));
    }
  }

  /** The file that an entry is, by its place in the catalog; undefined: it shares nothing. */
  sharerOf(ordinal: number): number | undefined {
    return this.#byOrdinal.get(ordinal);
  }

  /** Whether others are made of it. */
  isSource(sharer: number): boolean {
    return this.#sources.has(sharer);
  }

  /** What of a file from one offset to another is to be had elsewhere, by offset. */
  within(sharer: number, from: number, to: number): Share[] {
    const found: Share[] = [];
    for (let i = this.#firstEndingAfter(sharer, from); i < this.#order.length; i++) {
      const row = this.#order[i] ?? 0;
      const offset = this.#shares.at(row, Found.offset);
      if (this.#shares.at(row, Found.sharer) !== sharer || offset >= to) break;
      const start = Math.max(offset, from);
      const end = Math.min(offset + this.#shares.at(row, Found.length), to);
      const fromOffset = this.#shares.at(row, Found.fromOffset) + start - offset;
      const share = { offset: start, length: end - start, from: this.#shares.at(row, Found.from), fromOffset };
      if (share.length > 0) addShare(found, share);
    }
    return found;
  }

  /** By halving: ranges of one file don't overlap. */
  #firstEndingAfter(sharer: number, from: number): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.#order[middle] ?? 0;
      const difference = this.#shares.at(row, Found.sharer) - sharer;
      const end = this.#shares.at(row, Found.offset) + this.#shares.at(row, Found.length);
      if (difference < 0 || (difference === 0 && end <= from)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Adds a share, or makes the last one longer that it continues. */
function addShare(shares: Share[], next: Share): void {
  const last = shares.at(-1);
  const continues =
    last?.from === next.from &&
    last.offset + last.length === next.offset &&
    last.fromOffset + last.length === next.fromOffset;
  if (last && continues) shares[shares.length - 1] = { ...last, length: last.length + next.length };
  else shares.push(next);
}
