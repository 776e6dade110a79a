import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Piece } from "../../formats/archive/stream-piece.ts";
import { readCatalog } from "../catalog/catalog.ts";
import { decodeEntry } from "../catalog/entry-record.ts";
import { storedSize } from "../entry.ts";
import type { Manifest } from "../set/manifest.ts";
import type { FileSpan } from "../set-files.ts";
import { shown } from "../tree/paths.ts";
import type { Findings } from "../verify/verify-set.ts";
import type { PieceReader } from "./piece-reader.ts";
import { Spooler } from "./spool.ts";
import { allMissing, type ContentTaker, cutShort, filesOf, type MissingRange, readStream } from "./stream-contents.ts";
import { BOOT_IMAGE_NAME } from "./stream-head.ts";

/** SHA-256 of each file that comes without a gap. */
class Digests implements ContentTaker {
  readonly #hashes = new Map<string, InstanceType<typeof Bun.CryptoHasher>>();
  readonly #then: ContentTaker;

  constructor(then: ContentTaker) {
    this.#then = then;
  }

  take(piece: Piece): void | Promise<void> {
    const hash = this.#hashes.get(piece.file) ?? new Bun.CryptoHasher("sha256");
    this.#hashes.set(piece.file, hash);
    hash.update(piece.content);
    return this.#then.take(piece);
  }

  of(file: string): string | undefined {
    return this.#hashes.get(file)?.digest("hex");
  }
}

/** Files of a backup whose content lies in ranges of volumes that are missing, with the reason; and all its frames. */
function filesIn(
  catalog: FileSpan,
  { parents = [], volumes }: Pick<Manifest, "parents" | "volumes">,
  missing: readonly MissingRange[],
): Pick<Findings, "damaged" | "frames"> {
  const before = parents.reduce((sum, parent) => sum + parent.volumes.length, 0);
  const places = new Map(volumes.map(({ name }, index) => [before + index, name]));
  const hit = (volume: number, offset: number, length: number) =>
    missing.find(
      (range) =>
        range.file === places.get(volume) && offset < range.offset + range.length && range.offset < offset + length,
    );
  const damaged = new Map<string, string>();
  let [range, path, frames] = [undefined as MissingRange | undefined, "", 0];
  for (const record of readCatalog(catalog, true)) {
    if (record.type === "frame") {
      range = hit(record.frame.volume, record.frame.offset, record.frame.storedBytes);
      frames += 1;
    } else if (record.type === "entry") {
      const entry = decodeEntry(record.bytes);
      path = shown(entry.path);
      const isHere = entry.kind === "file" && entry.pieces === undefined && storedSize(entry) > 0;
      if (range && isHere) damaged.set(path, msg`it lies in a part of ${range.file} that is missing`);
    } else if (record.type === "piece" && range) {
      damaged.set(path, msg`a part of it lies in a part of ${range.file} that is missing`);
    }
  }
  return { damaged: [...damaged].map(([name, reason]) => ({ path: name, reason })), frames };
}

/** What a check of a stream has shown, and where the catalog is. */
export interface CheckedStream {
  readonly findings: Findings;
  readonly manifest: Manifest;
  readonly catalog: FileSpan;
}

/**
 * Reads a stream to its end and compares every file of the set with its SHA-256. Catalog and manifest are put into a
 * directory (empty, the caller's), and the rest is kept nowhere. Throws `damaged` when the stream ends before its set.
 */
export async function verifyStream(
  reader: PieceReader,
  name: string,
  directory: string,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<CheckedStream> {
  const spooler = new Spooler(directory, (file) => !file.startsWith("volume-") && file !== BOOT_IMAGE_NAME);
  const digests = new Digests({
    take(piece) {
      reporter.progress({ label: msg`stream`, done: reader.position, total: 0, unit: "bytes" });
      return spooler.take(piece);
    },
  });
  let contents: Awaited<ReturnType<typeof readStream>>;
  try {
    contents = await readStream(reader, name, digests, signal);
  } finally {
    spooler.close();
  }
  const { manifest } = contents;
  if (!manifest) throw cutShort(name, contents);
  const missing = allMissing(contents, manifest);
  const defects = [
    ...[...reader.unreadable].map((text) => `${name}: ${text}`),
    ...(manifest.state?.flaws ?? []),
    ...missing.map(({ file, offset, length }) => msg`${length} bytes of ${file} are missing, from byte ${offset} on`),
  ];
  const files = filesOf(manifest);
  for (const { name: file, sha256 } of files) {
    if (missing.some((range) => range.file === file) || digests.of(file) === sha256) continue;
    defects.push(msg`${file} does not have the checksum that the manifest names`);
  }
  const { catalog, entries } = manifest;
  const span = { path: `${directory}/${catalog.name}`, offset: 0, sizeBytes: catalog.sizeBytes };
  const isCatalogThere = !missing.some(({ file }) => file === catalog.name);
  const found = isCatalogThere ? filesIn(span, manifest, missing) : { damaged: [], frames: 0 };
  return { findings: { defects, ...found, uncovered: [], entries }, manifest, catalog: span };
}
