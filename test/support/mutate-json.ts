import type { Random } from "./seeded-random.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Node = Readonly<Record<string, Json>>;

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 1.5, 512, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40],
  ...["", "zz", "/", "/dev/sda", "4096", [], {}, [null], [[]], { a: 1 }, ["x", 7]],
];
const SCRAPS = [
  "\n",
  "\u001b[2J",
  '"',
  "'",
  "\\",
  "$(id)",
  "--force",
  "/../..",
  " ",
  "\0",
  ",",
  "a\nlabel: dos\n",
  "é",
  "#",
];

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !isList(value);

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

/** Another number: near, far, of another scale. */
function otherNumber(random: Random, value: number): number {
  return Math.floor(value * pick(random, [0.5, 2, 1000, 1e-3, 1])) + pick(random, [0, 1, -1, 512, -512, 4096]);
}

/** A text with something hostile in it, or without some of its letters or digits. */
function otherText(random: Random, value: string): string {
  const at = random(value.length + 1);
  if (random(2) === 0) return value.slice(0, at) + pick(random, SCRAPS) + value.slice(at);
  if (random(2) === 0) return value.slice(0, at) + value.slice(at + 1 + random(20));
  return value.slice(0, at) + value.slice(at).replace(/\d+/, (digits) => String(otherNumber(random, Number(digits))));
}

/** Another value in the place of a leaf: of a wrong type, extreme, a reference, or nearly the same. */
function otherLeaf(random: Random, value: Json, ids: readonly string[]): Json {
  const way = random(6);
  if (way === 0) return pick(random, ids);
  if (way === 1) return pick(random, VALUES) as Json;
  if (typeof value === "number") return otherNumber(random, value);
  if (typeof value === "string") return otherText(random, value);
  return typeof value === "boolean" ? !value : (pick(random, VALUES) as Json);
}

/** The value with one change somewhere inside. */
function changed(random: Random, value: Json, ids: readonly string[]): Json {
  if (isList(value) && value.length > 0 && random(4) > 0) {
    const at = random(value.length);
    const way = random(6);
    if (way === 0) return value.filter((_, index) => index !== at);
    if (way === 1) return [...value, value[at] as Json];
    return value.map((item, index) => (index === at ? changed(random, item, ids) : item));
  }
  if (isObject(value) && Object.keys(value).length > 0 && random(8) > 0) {
    const key = pick(random, Object.keys(value));
    if (random(6) > 0) return { ...value, [key]: changed(random, value[key] as Json, ids) };
    const { [key]: _, ...rest } = value;
    return rest;
  }
  return otherLeaf(random, value, ids);
}

/**
 * The nodes of a layout with one or two changes: of a field, of a kind, of a reference, of the order, of the number.
 */
export function mutatedNodes(random: Random, nodes: readonly Node[]): readonly Node[] {
  const ids = nodes.map(({ id }) => String(id));
  let now = nodes;
  for (let left = 1 + random(2); left > 0; left--) {
    const at = random(now.length);
    const node = now[at];
    if (!node) break;
    const way = random(24);
    if (way === 0) now = now.filter((_, index) => index !== at);
    else if (way === 1) now = [...now, { ...node, ...(random(2) === 0 ? {} : { id: `${node.id}+` }) }];
    else if (way === 2) now = [...now.slice(0, at), ...now.slice(at + 1), node];
    else if (way === 3) now = now.with(at, { ...node, kind: pick(random, now).kind ?? null });
    else now = now.with(at, changedNode(random, node, ids));
  }
  return now;
}

/** Any field but the kind, as a rule: most changes of that are refused for one reason. */
function changedNode(random: Random, node: Node, ids: readonly string[]): Node {
  const { kind, ...fields } = node;
  const next = changed(random, fields, ids);
  return isObject(next) ? { ...(kind === undefined ? {} : { kind }), ...next } : node;
}
