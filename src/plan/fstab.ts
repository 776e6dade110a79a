import { mountPath } from "../base/mount-path.ts";
import { type Filesystem, type Layout, nodesOf } from "../layout/types.ts";

type FstabLine = { readonly spec: string; readonly path: string; readonly options: string };

/** The file system of a line of fstab, by its mount point or by the UUID or label in the line. */
function filesystemOf(layout: Layout, line: FstabLine): Filesystem | undefined {
  const filesystems = nodesOf(layout, "filesystem");
  const mount = nodesOf(layout, "mount").find((one) => one.path === mountPath(line.path));
  const [key, value = ""] = line.spec.replaceAll('"', "").split("=");
  return (
    filesystems.find((fs) => fs.id === mount?.of) ??
    filesystems.find((fs) => (key === "UUID" && fs.uuid === value) || (key === "LABEL" && fs.label === value))
  );
}

/** Path of a subvolume by its number on the source machine, as `subvol=` takes it. */
function subvolumePath(layout: Layout, fs: Filesystem, number: number): string | undefined {
  if (number === 5 || number === 0) return "/";
  const found = nodesOf(layout, "subvolume").find((one) => one.of === fs.id && one.number === number);
  return found && `/${found.path}`;
}

/** Replaces `subvolid=` by the subvolume's path: a restored subvolume has another number. */
function withoutNumbers(layout: Layout, fs: Filesystem, options: string): string {
  const words = options.split(",");
  const named = words.some((word) => word.startsWith("subvol="));
  return words
    .flatMap((word) => {
      const number = /^subvolid=(?:0x)?([0-9a-f]+)$/i.exec(word) ? Number(word.slice("subvolid=".length)) : undefined;
      if (number === undefined || Number.isNaN(number)) return [word];
      const path = subvolumePath(layout, fs, number);
      if (path === undefined) return [word];
      return named ? [] : [`subvol=${path}`];
    })
    .join(",");
}

/** Words of the kernel's command line that give the root's subvolume by number, and their replacements. */
export function changedRootFlags(layout: Layout): Record<string, string> {
  const root = nodesOf(layout, "mount").find((mount) => mount.path === "/");
  const fs = nodesOf(layout, "filesystem").find((one) => one.id === root?.of);
  const named = nodesOf(layout, "loader").flatMap(({ details }) => details.references?.subvolumes ?? []);
  return Object.fromEntries(
    named.flatMap((number) => {
      const path = fs && subvolumePath(layout, fs, Number(number));
      return path === undefined ? [] : [[`subvolid=${number}`, `subvol=${path}`]];
    }),
  );
}

/** Options of fstab lines that must change for the restored system. */
export function changedFstabOptions(layout: Layout): { path: string; from: string; to: string }[] {
  return nodesOf(layout, "fstab").flatMap(({ entries }) =>
    entries.flatMap((line) => {
      const fs = line.options.includes("subvolid=") ? filesystemOf(layout, line) : undefined;
      const to = fs ? withoutNumbers(layout, fs, line.options) : line.options;
      return to === line.options ? [] : [{ path: line.path, from: line.options, to }];
    }),
  );
}
