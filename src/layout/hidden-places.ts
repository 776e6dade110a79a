import { byteStringToBytes, toByteString } from "../base/bytes.ts";
import { msg } from "../base/message.ts";
import { isBelow } from "../base/mount-path.ts";
import { formatBytes } from "../base/units.ts";
import { type Hidden, type Layout, nodesOf } from "./types.ts";

/** Directory of an archive for what lies below mounts of the set: what they show has the usual place. */
export const HIDDEN = "mondo-hidden";

/** A place below a mount, and where the archive has it. Paths begin with a slash. */
export interface HiddenPlace {
  /** The mount point. */
  readonly path: string;
  /** Mount point of the file system that it lies on. */
  readonly under: string;
  /** Where the archive has the root of that file system; undefined: the archive has the place by its own path. */
  readonly tree?: string;
}

/**
 * A mount point as one name: `/` is `-`, `/srv/data` is `srv-data`. As `systemd-escape --path` has it. Source:
 * systemd.unit(5), "String Escaping for Inclusion in Unit Names".
 */
export function escapedPath(path: string): string {
  const inner = toByteString(path.split("/").filter(Boolean).join("/"));
  if (inner === "") return "-";
  const escaped = [...byteStringToBytes(inner)].map((byte, at) => {
    const char = String.fromCharCode(byte);
    if (char === "/") return "-";
    const isPlain = /[0-9A-Za-z:_]/.test(char) || (char === "." && at > 0);
    return isPlain ? char : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return escaped.join("");
}

/** Where an archive has the root of a file system, for what mounts of the set hide on it. */
export const hiddenTree = (under: string): string => `/${HIDDEN}/${escapedPath(under)}`;

/** The places below mounts that are saved, as far as the layout makes sense. */
export function hiddenPlaces(layout: Layout): HiddenPlace[] {
  const mounts = new Set(nodesOf(layout, "mount").map(({ path }) => path));
  return nodesOf(layout, "hidden").flatMap(({ path, under }): HiddenPlace[] => {
    if (path === under || !isBelow(path, under) || !mounts.has(under)) return [];
    // What is mounted there again by a restore has the path itself.
    return [{ path, under, ...(mounts.has(path) ? { tree: hiddenTree(under) } : {}) }];
  });
}

/** Where the archive has what lies below a mount point. */
export function hiddenEntry({ path, under, tree }: HiddenPlace): string {
  if (tree === undefined) return path;
  return `${tree}${path.slice(under === "/" ? 0 : under.length)}`;
}

/** "hides 3 files, 12 MiB, which are saved": for people. */
export function hiddenWords({ files, sizeBytes }: Hidden): string {
  return msg`hides ${files} file${files === 1 ? "" : "s"}, ${formatBytes(sizeBytes)}, saved as well`;
}
