import { join } from "node:path";
import { CatalogWriter } from "../../../src/archive/catalog/catalog-writer.ts";
import type { Entry } from "../../../src/archive/entry.ts";
import { DigestedFile } from "../../../src/archive/output-file.ts";
import { volumeName } from "../../../src/archive/set/volume-name.ts";
import type { ArchiveSet } from "../../../src/archive/set-files.ts";
import { type ByteString, toByteString } from "../../../src/base/bytes.ts";
import { zstdCodec } from "../../../src/drivers/codec/zstd.ts";
import { encodeSeekTable } from "../../../src/formats/archive/zstd-seek-table.ts";

const CONTENT = new TextEncoder().encode("crafted");

/** A set whose catalog says whatever the test wants; every file holds "crafted". */
export function craftSet(directory: string, entries: readonly Entry[]): ArchiveSet {
  const frame = zstdCodec.compressor(3).compress(CONTENT);
  const volume = new DigestedFile(directory, volumeName(0, zstdCodec));
  volume.write(frame);
  volume.write(encodeSeekTable([{ storedBytes: frame.length, contentBytes: CONTENT.length }]));
  const catalog = new CatalogWriter(directory);
  catalog.frame({ volume: 0, offset: 0, storedBytes: frame.length, tarBytes: CONTENT.length });
  for (const entry of entries) catalog.entry(entry);
  const counts = { entries: entries.length, frames: 1, contentBytes: CONTENT.length };
  return { ...counts, volumes: [volume.finish()], catalog: catalog.finish(counts) };
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
