/** Sets whose catalog or manifest is damaged or gone, as a salvage can still use them. */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { zstdCodec } from "../../drivers/codec/zstd.ts";
import type { Host } from "../../host/host.ts";
import { type CatalogPlace, openCatalog } from "../catalog/catalog.ts";
import { CATALOG_NAME } from "../catalog/catalog-writer.ts";
import { cutShort, isIsoOfSet, spansOf } from "../set/iso-medium.ts";
import type { Manifest } from "../set/manifest.ts";
import type { OpenSet } from "../set/open-set.ts";
import { volumeName } from "../set/volume-name.ts";
import type { FileSpan, VolumeInfo } from "../set-files.ts";
import { rebuildCatalog } from "./rebuild-catalog.ts";

/** Whether a catalog can be read to its end. */
function isSound(place: CatalogPlace | undefined): boolean {
  if (place === undefined) return false;
  try {
    openCatalog(place).end();
    return true;
  } catch (error) {
    if (error instanceof MondoError) return false;
    throw error;
  }
}

/**
 * A set whose catalog can be read: its own, or one that is made of its volumes in `directory` (empty, the caller's).
 * `defects` says what of the volumes could not be used for it. With parents a catalog that is there stays: only it
 * tells what of theirs belongs to the set.
 */
export async function withSoundCatalog(
  set: OpenSet,
  directory: string,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<{ readonly set: OpenSet; readonly defects: readonly string[] }> {
  const { parents: _, removed: __, ...manifest } = set.manifest;
  const { catalog, codec = "zstd", volumes, parents = [] } = set.manifest;
  const span = set.locate(catalog.name);
  if (codec !== "zstd" || (span && parents.length > 0) || isSound(span)) return { set, defects: [] };
  reporter.step(msg`The catalog of ${set.name} can't be used: making one of what its volumes hold`);
  const request = { volumes, directory, locate: set.locate };
  const { defects, ...made } = await rebuildCatalog(request, reporter, signal);
  const path = `${directory}/${made.catalog.name}`;
  const locate = (name: string): FileSpan | undefined =>
    name === made.catalog.name ? { path, offset: 0, sizeBytes: made.catalog.sizeBytes } : set.locate(name);
  return { set: { ...set, manifest: { ...manifest, ...made }, locate }, defects };
}

/** What lies in a directory, in the directory `mondo` below it, or in that of an image. */
function filesAt(host: Host, place: string): ReadonlyMap<string, FileSpan> {
  const stat = host.stat(place);
  if (stat?.kind === "file" || stat?.kind === "block")
    return isIsoOfSet(host, place) ? spansOf(host, place) : new Map();
  const directory = host.stat(`${place}/mondo`)?.kind === "directory" ? `${place}/mondo` : place;
  const spans = host.list(directory).map((name): [string, FileSpan] => {
    const path = `${directory}/${name}`;
    return [name, { path, offset: 0, sizeBytes: host.stat(path)?.sizeBytes ?? 0 }];
  });
  return new Map(spans);
}

const NOBODY: Pick<
  Manifest,
  "format" | "version" | "set" | "created" | "tool" | "host" | "prefix" | "layout" | "options"
> = {
  ...{ format: "mondo-set", version: 1, set: "00000000-0000-4000-8000-000000000000", created: 0, prefix: "" },
  tool: { version: "", commit: "" },
  host: { name: "", os: "", kernel: "", arch: "" },
  layout: { version: 1, nodes: [] },
  options: { restoreByDefault: false, eject: false, excluded: [] },
};

/**
 * The volumes that lie somewhere without a manifest, as a set with nothing but them; undefined where there are none
 * that can be salvaged.
 */
export function openLooseSet(host: Host, place: string): OpenSet | undefined {
  const files = filesAt(host, place);
  const numbers = [...files.keys()].map((name) => Number(/^volume-(\d{4,})\.tar\.zst$/.exec(name)?.[1] ?? 0));
  const last = numbers.reduce((most, number) => Math.max(most, number), 0);
  if (last === 0) return undefined;
  // Gaps in the numbers are missing volumes: what goes on from one to the next must not be joined to another.
  const names = Array.from({ length: last }, (_, index) => volumeName(index, zstdCodec));
  const info = (name: string): VolumeInfo => ({ name, sizeBytes: files.get(name)?.sizeBytes ?? 0, sha256: "" });
  const manifest: Manifest = {
    ...NOBODY,
    volumes: names.map(info),
    catalog: info(CATALOG_NAME),
    ...{ entries: 0, contentBytes: 0, problems: [] },
  };
  return {
    ...{ name: place, directory: place, manifest },
    defects: host.stat(place)?.kind === "file" ? cutShort(host, place) : [],
    media: [{ number: 1, place }],
    // Whose volumes a catalog counts stands in the manifest: without that it is of no use.
    locate: (name) => (name === CATALOG_NAME ? undefined : files.get(name)),
  };
}
