/** Whether a character is in a bracket expression (`[0-9a-f]`, `[!x]`); `at` is the index behind `[`. */
function matchBracket(pattern: string, at: number, char: string): { readonly matches: boolean; readonly next: number } {
  let index = at;
  const negated = pattern[index] === "!" || pattern[index] === "^";
  if (negated) index += 1;
  let matches = false;
  const first = index;
  while (index < pattern.length && (pattern[index] !== "]" || index === first)) {
    const low = pattern[index] ?? "";
    const isRange = pattern[index + 1] === "-" && index + 2 < pattern.length && pattern[index + 2] !== "]";
    const high = isRange ? (pattern[index + 2] ?? "") : low;
    if (low <= char && char <= high) matches = true;
    index += isRange ? 3 : 1;
  }
  return { matches: matches !== negated, next: index + 1 };
}

/**
 * fnmatch(3) with flags 0, which is how module aliases match: `*`, `?`, brackets. Goes back only to the last `*`, so a
 * hostile pattern costs at most the product of both lengths.
 */
export function matchPattern(pattern: string, text: string): boolean {
  let [p, t, starPattern, starText] = [0, 0, -1, 0];
  while (t < text.length) {
    const char = pattern[p];
    if (char === "*") {
      [starPattern, starText] = [p, t];
      p += 1;
      continue;
    }
    const bracket = char === "[" ? matchBracket(pattern, p + 1, text[t] ?? "") : undefined;
    if (bracket ? bracket.matches : char === "?" || char === text[t]) {
      p = bracket ? bracket.next : p + 1;
      t += 1;
      continue;
    }
    if (starPattern < 0) return false;
    starText += 1;
    [p, t] = [starPattern + 1, starText];
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

/** `-` and `_` mean the same in module names and aliases, except inside brackets. */
export function normalizeAlias(alias: string): string {
  return alias.includes("[")
    ? alias.replace(/\[[^\]]*\]|-/g, (part) => (part === "-" ? "_" : part))
    : alias.replaceAll("-", "_");
}
