import { type Layout, nodesOf } from "../../layout/types.ts";

const HEX = 16;

/** A number of 32 bits out of text; small changes change all of it. Source: MurmurHash3, fmix32. */
function mixed(text: string, seed: number): number {
  let hash = seed | 0;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const identities = (layout: Layout) =>
  nodesOf(layout, "table")
    .map(({ uuid }) => uuid)
    .concat(nodesOf(layout, "filesystem").map(({ uuid = "" }) => uuid))
    .join(" ");

/**
 * 32 hexadecimal digits for something that an edit makes: the same for the same edit of the same machine, as a restore
 * of the same set must be; others for all else.
 */
export function digitsFor(layout: Layout, what: string): string {
  const text = `${what} ${identities(layout)}`;
  const words = [1, 2, 3, 4].map((seed) => mixed(text, Math.imul(seed, 0x9e3779b1)));
  return words.map((word) => word.toString(HEX).padStart(8, "0")).join("");
}

/** A UUID (version 8: of one's own making). */
export function uuidFor(layout: Layout, what: string): string {
  const d = digitsFor(layout, what);
  return `${d.slice(0, 8)}-${d.slice(8, 12)}-8${d.slice(13, 16)}-a${d.slice(17, 20)}-${d.slice(20)}`;
}

const LVM_GROUPS = [6, 4, 4, 4, 4, 4, 6];
const LVM_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** An identifier as LVM writes it. */
export function lvmIdFor(layout: Layout, what: string): string {
  let at = 0;
  const letter = () => LVM_LETTERS[mixed(digitsFor(layout, what), at++ + 7) % LVM_LETTERS.length] ?? "0";
  return LVM_GROUPS.map((length) => Array.from({ length }, letter).join("")).join("-");
}

/** A name that no node has yet: `vda5`, `vda5-2`. */
export function freeId(layout: Layout, id: string): string {
  const taken = new Set(layout.nodes.map((node) => node.id));
  for (let count = 1; ; count++) {
    const wanted = count === 1 ? id : `${id}-${count}`;
    if (!taken.has(wanted)) return wanted;
  }
}
