/** A set as what another one builds on. */
import type { CatalogPlace } from "../catalog/catalog.ts";
import type { FileSpan } from "../set-files.ts";
import type { Manifest, ParentInfo } from "./manifest.ts";

/** The set that a differential one builds on. */
export interface ParentRequest {
  /** A file, or where in an image it lies. */
  readonly catalog: string | FileSpan;
  /** Volumes of the parent's parents and its own: the new set's are counted behind them. */
  readonly volumes: number;
  /** Seconds since 1970, when it was begun. */
  readonly created: number;
  /** Paths (`/etc/x`) that changed while the parent was saved. */
  readonly troubled: ReadonlySet<string>;
  /** Read every file and compare its content, whatever its inode says. */
  readonly content: boolean;
}

/** The parents of a set that builds on this one, oldest first. */
export function parentsFrom({ parents = [], set, created, prefix, level = 0, codec, volumes }: Manifest): ParentInfo[] {
  return [...parents, { set, created, prefix, level, ...(codec ? { codec } : {}), volumes }];
}

/** What the archive's writer needs to know of a set to build on it. */
export function parentRequest(manifest: Manifest, catalog: CatalogPlace, content: boolean): ParentRequest {
  const changed = manifest.problems.filter(({ severity }) => severity === "changed").map(({ path }) => path);
  const volumes = parentsFrom(manifest).reduce((sum, parent) => sum + parent.volumes.length, 0);
  return { catalog, volumes, created: manifest.created, troubled: new Set(changed), content };
}
