/**
 * When sizes have to change: `gap` (free space) goes first, `data` next, `keep` (swap, /boot, the ESP) last, `fixed`
 * never. Only `data` grows.
 */
export type Rank = "gap" | "data" | "keep" | "fixed";

/** Something that has a size among others in one space; sizes in whole units. */
export interface Share {
  readonly units: number;
  readonly minimum: number;
  /** Growth beyond it would be of no use. */
  readonly maximum?: number;
  readonly rank: Rank;
}

/** `amount` whole units over places with these weights, no place above its limit; what no place takes is left over. */
function allot(amount: number, weights: readonly number[], limits: readonly number[]): number[] {
  const given = weights.map(() => 0);
  let left = amount;
  while (left > 0) {
    const open = weights.map((weight, at) => ((given[at] ?? 0) < (limits[at] ?? 0) ? weight : 0));
    const total = open.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) break;
    const round = left;
    for (const [at, weight] of open.entries()) {
      const part = Math.min(Math.floor((round * weight) / total), (limits[at] ?? 0) - (given[at] ?? 0), left);
      given[at] = (given[at] ?? 0) + part;
      left -= part;
    }
    // What rounding left goes to the heaviest place that has room.
    if (left === round) {
      const most = Math.max(...open);
      const at = open.indexOf(most);
      const part = Math.min(left, (limits[at] ?? 0) - (given[at] ?? 0));
      given[at] = (given[at] ?? 0) + part;
      left -= part;
    }
  }
  return given;
}

function shrink(shares: readonly Share[], amount: number): number[] | undefined {
  const change = shares.map(() => 0);
  let left = amount;
  for (const rank of ["gap", "data", "keep"] as const) {
    const slack = shares.map((share) => (share.rank === rank ? Math.max(0, share.units - share.minimum) : 0));
    const cut = allot(left, slack, slack);
    for (const [at, units] of cut.entries()) {
      change[at] = (change[at] ?? 0) - units;
      left -= units;
    }
  }
  return left > 0 ? undefined : change;
}

/**
 * By how many units each share grows or shrinks when the space does by `amount` in all: in proportion to what each can
 * spare, or to its size. Growth that nobody can use is left over; undefined when it can't shrink so far.
 */
export function spread(shares: readonly Share[], amount: number): number[] | undefined {
  if (amount < 0) return shrink(shares, -amount);
  const weights = shares.map((share) => (share.rank === "data" ? Math.max(1, share.units) : 0));
  const limits = shares.map((share) =>
    share.rank === "data" ? Math.max(0, (share.maximum ?? Number.MAX_SAFE_INTEGER) - share.units) : 0,
  );
  return allot(amount, weights, limits);
}
