import { join } from "node:path";
import { CatalogWriter } from "../../../src/archive/catalog/catalog-writer.ts";
import type { Entry } from "../../../src/archive/entry.ts";
import { VolumeWriter } from "../../../src/archive/save/volume-writer.ts";
import type { ArchiveSet } from "../../../src/archive/set-files.ts";
import { type ByteString, toByteString } from "../../../src/base/bytes.ts";
import { zstdCodec } from "../../../src/drivers/codec/zstd.ts";

const CONTENT = new TextEncoder().encode("crafted");

/** A set whose catalog says whatever the test wants; every file holds "crafted". */
export function craftSet(directory: string, entries: readonly Entry[]): ArchiveSet {
  const volumes = new VolumeWriter(directory, zstdCodec);
  const catalog = new CatalogWriter(directory);
  catalog.frame(volumes.write(zstdCodec.compressor(3).compress(CONTENT), CONTENT.length));
  for (const entry of entries) catalog.entry(entry);
  const counts = { entries: entries.length, frames: 1, contentBytes: CONTENT.length };
  return { ...counts, volumes: volumes.finish(), catalog: catalog.finish(counts) };
}

/** An entry with sensible defaults; paths and targets as plain text. */
export function craft(path: string, kind: Entry["kind"], more: Partial<Entry> & { readonly to?: string } = {}): Entry {
  const { to, ...rest } = more;
  return {
    path: toByteString(path) as ByteString,
    kind,
    mode: kind === "directory" ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: kind === "file" ? CONTENT.length : 0,
    mtimeSec: 1_000_000_000,
    mtimeNsec: 0,
    ...(to === undefined ? {} : { target: toByteString(to) }),
    ...(kind === "file" ? { hash: Bun.hash.xxHash64(CONTENT), dataOffset: 0 } : {}),
    ...rest,
  };
}

export function catalogPath(directory: string, set: ArchiveSet): string {
  return join(directory, set.catalog.name);
}
