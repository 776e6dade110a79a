import { openCatalog } from "../archive/catalog/catalog.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import type { Locate } from "../archive/set-files.ts";

/** Where a set's files are. */
export interface SetPlace {
  readonly manifest: Pick<Manifest, "catalog">;
  readonly directory: string;
  readonly locate?: Locate | undefined;
}

/** Of these paths those that a set holds, as its catalog has them. Throws what a damaged catalog does. */
export function savedFiles({ manifest, directory, locate }: SetPlace, paths: Iterable<string>): Set<string> {
  const { name } = manifest.catalog;
  const wanted = new Map([...paths].map((path) => [path.replace(/^\/+/, ""), path]));
  const found = new Set<string>();
  for (const { path } of openCatalog(locate?.(name) ?? `${directory}/${name}`).names()) {
    const known = wanted.get(path.replace(/^\/+/, ""));
    if (known === undefined) continue;
    found.add(known);
    if (found.size === wanted.size) break;
  }
  return found;
}
