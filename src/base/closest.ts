/** How many letters must be added, dropped, replaced or swapped with their neighbour to make one word of the other. */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const costs = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1)];
      row.push(Math.min(...costs, swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY));
    }
  }
  return at(from.length, to.length);
}

/** The word of a list that somebody probably meant: the nearest one, if at most every third letter is wrong. */
export function closest(word: string, words: readonly string[]): string | undefined {
  const most = Math.floor(Math.max(word.length, 3) / 3);
  const ranked = words.map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }));
  ranked.sort((a, b) => a.far - b.far);
  const [best] = ranked;
  const begun = words.filter((candidate) => word.length > 2 && candidate.startsWith(word));
  if (best !== undefined && best.far <= most) return best.candidate;
  return begun.length === 1 ? begun[0] : undefined;
}
