import { MondoError } from "../../base/errors.ts";
import { isBelow } from "../../base/mount-path.ts";
import { filesystemDriver } from "../../drivers/fs/filesystem-drivers.ts";
import { type MountLine, parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import type { Facts, HiddenFacts } from "../facts.ts";

/** Enough to say that it is much; a backup must not wait for a forgotten archive to be counted. */
const LIMIT = { entries: 20_000, ms: 1000 } as const;

/** What lies below a directory, without following links. */
function countBelow(host: Host, directory: string): Omit<HiddenFacts, "under"> {
  const end = host.nowMs() + LIMIT.ms;
  const todo = [directory];
  let [files, bytes, seen] = [0, 0, 0];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const name of host.list(at)) {
      seen += 1;
      if (seen > LIMIT.entries || host.nowMs() > end) return { files, bytes, more: true };
      const stat = host.lstat(`${at}/${name}`);
      if (stat?.kind === "directory") todo.push(`${at}/${name}`);
      else if (stat) {
        files += 1;
        bytes += stat.kind === "file" ? stat.sizeBytes : 0;
      }
    }
  }
  return { files, bytes };
}

/** The mount that a mount point lies in. */
function holderOf(lines: readonly MountLine[], { path }: MountLine): MountLine | undefined {
  return lines
    .filter((line) => line.path !== path && isBelow(path, line.path))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** What lies below the mount points on one file system; undefined: it can't be looked at. */
function hiddenOn(host: Host, holder: MountLine, paths: readonly string[]): [string, HiddenFacts][] | undefined {
  const clone = host.cloneTree(holder.path);
  if (!clone) return undefined;
  try {
    return paths.flatMap((path): [string, HiddenFacts][] => {
      const below = holder.path === "/" ? path : path.slice(holder.path.length);
      const directory = `${clone.path}${below}`;
      const stat = host.lstat(directory);
      if (!stat) return [];
      // A file can be mounted over a file, and /dev/null over one that nobody is to see.
      if (stat.kind !== "directory") {
        const bytes = stat.kind === "file" ? stat.sizeBytes : 0;
        return [[path, { under: holder.path, files: 1, bytes }]];
      }
      if (host.listWhole(directory).length === 0) return [];
      return [[path, { under: holder.path, ...countBelow(host, directory) }]];
    });
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  } finally {
    clone.close();
  }
}

/**
 * What lies on file systems that can be saved below the points where others are mounted: files that nobody sees, and no
 * walk through the tree meets. By mount point; `unseen` are file systems on which that can't be told. Changes nothing.
 */
export function readHidden(host: Host, mountinfo: string): Required<Pick<Facts, "hidden" | "unseen">> {
  const lines = parseMountinfo(mountinfo);
  const paths = new Map<MountLine, string[]>();
  for (const line of lines) {
    const holder = holderOf(lines, line);
    if (!holder || filesystemDriver(holder.type) === undefined) continue;
    paths.set(holder, [...(paths.get(holder) ?? []), line.path]);
  }
  const looked = [...paths].map(([holder, below]) => ({ holder, found: hiddenOn(host, holder, below) }));
  return {
    hidden: Object.fromEntries(looked.flatMap(({ found }) => found ?? [])),
    unseen: looked.flatMap(({ holder, found }) => (found === undefined ? [holder.path] : [])),
  };
}
