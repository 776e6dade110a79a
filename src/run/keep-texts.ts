import type { Host } from "../host/host.ts";
import { resolveParentBelow } from "./resolve-below.ts";

/** Menus and settings of boot loaders, as they are called. */
const MENU = /\.(conf|cfg)$|^(grubenv|cmdline|menu\.lst|grub\.lst|entries\.srel)$/i;
/** More than any menu has. */
const MOST_BYTES = 2 ** 20;
const MOST_LEVELS = 6;

/** Menus in a directory and below it; no symbolic link is followed. */
function menusBelow(host: Host, directory: string, levels: number): string[] {
  if (levels === 0) return [];
  return host.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    const stat = host.lstat(path);
    if (stat?.kind === "directory") return menusBelow(host, path, levels - 1);
    return stat?.kind === "file" && MENU.test(name) && stat.sizeBytes <= MOST_BYTES ? [path] : [];
  });
}

/** The files that are meant: those named, and menus in the directories named. */
function textsAt(host: Host, root: string, paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    const at = resolveParentBelow(host, root, path);
    const kind = host.lstat(at)?.kind;
    if (kind === "directory") return menusBelow(host, at, MOST_LEVELS);
    return kind === "file" ? [at] : [];
  });
  return [...new Set(found)];
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/**
 * Remembers files of a restored system and menus in directories of it. What it returns puts back what has changed or is
 * gone since, removes menus that are new, and names all these.
 */
export function keepTexts(host: Host, root: string, paths: readonly string[]): () => string[] {
  const kept = new Map(
    textsAt(host, root, paths).map((path) => [path, { bytes: host.read(path), mode: host.lstat(path)?.mode ?? 0o644 }]),
  );
  return () => {
    const now = new Set(textsAt(host, root, paths));
    const added = [...now].filter((path) => !kept.has(path));
    for (const path of added) host.remove(path);
    const changed = [...kept].filter(([path, { bytes }]) => !now.has(path) || !same(bytes, host.read(path)));
    for (const [path, { bytes, mode }] of changed) {
      host.makeDirectory(path.slice(0, path.lastIndexOf("/")));
      host.write(path, bytes, mode & 0o7777);
    }
    return [...added, ...changed.map(([path]) => path)].map((path) => path.slice(root.length));
  };
}
