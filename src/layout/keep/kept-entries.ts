import { type ByteString, toByteString } from "../../base/bytes.ts";
import { hiddenTree } from "../hidden-places.ts";
import { type Layout, nodesOf } from "../types.ts";

/** What of a set a restore leaves alone. */
export interface KeptPlaces {
  /** Mount points of file systems that stay as they are. */
  readonly mounts: readonly string[];
  /** Entries of images whose devices stay as they are. */
  readonly images: readonly string[];
}

const inArchive = (path: string): ByteString => toByteString(path.replace(/^\/+/, ""));
const isIn = (path: ByteString, directory: ByteString) =>
  directory === "" || path === directory || (path.startsWith(directory) && path[directory.length] === "/");

/** Tells of each entry of a set's archive whether it lies on what stays as it is. */
export function keptEntries(layout: Layout, { mounts, images }: KeptPlaces): (path: ByteString) => boolean {
  const kept = new Set(mounts.map(inArchive));
  const trees = mounts.map((path) => inArchive(hiddenTree(path)));
  const entries = new Set(images.map(toByteString));
  const all = nodesOf(layout, "mount").map(({ path }) => inArchive(path));
  // The first that holds a path is the one that is mounted over all others that do.
  const deepest = all.sort((a, b) => b.length - a.length);
  return (path) => {
    if (entries.has(path) || trees.some((tree) => isIn(path, tree))) return true;
    if (![...kept].some((mount) => isIn(path, mount))) return false;
    const holder = deepest.find((mount) => isIn(path, mount));
    return holder !== undefined && kept.has(holder);
  };
}
