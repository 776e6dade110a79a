import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/** What is at one path of the image. */
export type TreeNode =
  | { readonly kind: "directory"; readonly mode: number }
  /** Content of a file of the live system, read when needed; `packed`: it is decompressed on the way. */
  | { readonly kind: "file"; readonly source: string; readonly mode: number; readonly packed?: "gz" | "xz" | "zst" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "char"; readonly major: number; readonly minor: number; readonly mode: number };

/** Symbolic links of a merged /usr: every path through them lands below usr/. */
const MERGED_USR: readonly (readonly [string, string])[] = [
  ["bin", "usr/bin"],
  ["lib", "usr/lib"],
  ["lib32", "usr/lib32"],
  ["lib64", "usr/lib64"],
  ["libx32", "usr/libx32"],
  ["sbin", "usr/sbin"],
];

function sameNode(a: TreeNode, b: TreeNode): boolean {
  if (a.kind === "bytes" && b.kind === "bytes") return a.mode === b.mode && Buffer.compare(a.bytes, b.bytes) === 0;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** `/a/./b/../c` → `a/c`; leading slashes go, `..` stops at the root. */
function cleanPath(path: string): string {
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return out.join("/");
}

/**
 * The image's content by path, without leading slashes. /bin, /sbin and /lib* are links into /usr as on a merged
 * system, and paths through them are stored below usr/, so one file has one path. Adding the same thing twice is fine;
 * adding something else at a path is a `bug` error.
 */
export class Tree {
  readonly #nodes = new Map<string, TreeNode>();

  /** The one path under which something at `path` is stored. */
  static placeOf(path: string): string {
    const clean = cleanPath(path);
    const [link, target] = MERGED_USR.find(([from]) => clean.startsWith(`${from}/`)) ?? [];
    return link === undefined ? clean : `${target}${clean.slice(link.length)}`;
  }

  add(path: string, node: TreeNode): void {
    const place = Tree.placeOf(path);
    if (place === "") return;
    const there = this.#nodes.get(place);
    if (there?.kind === "directory" && node.kind === "directory") {
      this.#nodes.set(place, node);
      return;
    }
    if (there) {
      if (sameNode(there, node)) return;
      throw new MondoError("bug", msg`two different things for /${place} of the rescue image`, {
        data: { there: describe(there), wanted: describe(node) },
      });
    }
    this.#addParents(place);
    this.#nodes.set(place, node);
  }

  #addParents(place: string): void {
    const at = place.lastIndexOf("/");
    if (at < 0) return;
    const parent = place.slice(0, at);
    const there = this.#nodes.get(parent);
    if (there && there.kind !== "directory") {
      throw new MondoError(
        "bug",
        msg`/${parent} of the rescue image is not a directory, but /${place} is needed in it`,
      );
    }
    if (!there) {
      this.#addParents(parent);
      this.#nodes.set(parent, { kind: "directory", mode: 0o755 });
    }
  }

  /** The links of a merged /usr, for the directories that are used. */
  addMergedUsr(): void {
    for (const [link, target] of MERGED_USR) {
      if (this.#nodes.has(target)) this.#nodes.set(link, { kind: "link", target });
    }
  }

  get(path: string): TreeNode | undefined {
    return this.#nodes.get(Tree.placeOf(path));
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  /** By path, so that directories come before what is in them and the order is always the same. */
  entries(): [path: string, node: TreeNode][] {
    return [...this.#nodes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  get size(): number {
    return this.#nodes.size;
  }
}

/** A node in words, for messages. */
function describe(node: TreeNode): string {
  if (node.kind === "file") return msg`a copy of ${node.source}`;
  if (node.kind === "link") return msg`a link to ${node.target}`;
  if (node.kind === "bytes") return msg`a file of ${node.bytes.byteLength} bytes`;
  return msg`a ${node.kind}`;
}
