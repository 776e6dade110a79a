/** How much a difference matters, by Mondo's rules: 1 expected to change, 2 worth a look, 3 should not differ. */
export type Severity = 1 | 2 | 3;

/** First match wins. Paths are absolute. */
const RULES: readonly (readonly [RegExp, Severity])[] = [
  [/^\/etc\/(mtab|adjtime)$/, 1],
  [/\.Xauthority|\.ICEauthority|\.serverauth/, 1],
  [/slocate|mlocate|plocate/, 1],
  [/^\/var\/lib\/rpm\//, 3],
  [/^\/var\/(spool\/)?mail\//, 2],
  [/^\/(var\/)?(run|lock)(\/|$)/, 1],
  [/~$|cache|^\/var\/(log|spool)(\/|$)|\.log$/i, 1],
  [/^\/root\/\.[^/]*/, 2],
  [/^\/(var|home)(\/|$)/, 2],
];

/** The severity of a difference at a path. */
export function severityOf(path: string): Severity {
  return RULES.find(([pattern]) => pattern.test(path))?.[1] ?? 3;
}
