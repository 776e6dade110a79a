/** A set as what another one builds on. */
import type { CatalogPlace } from "../catalog/catalog.ts";
import type { ParentRequest } from "../entry.ts";
import type { Manifest, ParentInfo } from "./manifest.ts";

/** The parents of a set that builds on this one, oldest first. */
export function parentsFrom({ parents = [], set, created, prefix, level = 0, codec, volumes }: Manifest): ParentInfo[] {
  return [...parents, { set, created, prefix, level, ...(codec ? { codec } : {}), volumes }];
}

/** What the archive's writer needs of it. */
export function parentRequest(manifest: Manifest, catalog: CatalogPlace, content: boolean): ParentRequest {
  const changed = manifest.problems.filter(({ severity }) => severity === "changed").map(({ path }) => path);
  const volumes = parentsFrom(manifest).reduce((sum, parent) => sum + parent.volumes.length, 0);
  return { catalog, volumes, created: manifest.created, troubled: new Set(changed), content };
}
