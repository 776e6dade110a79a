import { codecNamed } from "../../drivers/codec/codecs.ts";
import { TAR_END } from "../../formats/archive/pax.ts";
import { CatalogWriter } from "../catalog/catalog-writer.ts";
import { peekEntry } from "../catalog/entry-record.ts";
import { RecordType } from "../catalog/records.ts";
import { type Entry, type FrameInfo, type Piece, storedSize } from "../entry.ts";
import { sharedBytesIn } from "../sharing/shared-bytes.ts";
import type { ArchiveRequest, ArchiveResult } from "./archive-request.ts";
import { readReturned } from "./batch.ts";
import type { KnownFile } from "./known-files.ts";
import type { PackResult } from "./pack-task.ts";
import { DirectorySink } from "./volume-sink.ts";
import { VolumeWriter } from "./volume-writer.ts";

/** Volumes and catalog of a set that is being written, with their totals. */
export class ArchiveOutput {
  readonly #directory: string;
  readonly #codec;
  readonly #volumes: VolumeWriter;
  readonly #catalog: CatalogWriter;
  /** Where the set's own volumes are counted from, behind its parents'. */
  readonly #firstVolume: number;
  #entries = 0;
  #frames = 0;
  /** Of all entries, whichever set holds it. */
  #contentBytes = 0;
  #storedBytes = 0;
  /** Whether a file says that it shares something. */
  #isShared = false;

  constructor({ codec, directory, sink, volumeBytes, parent }: ArchiveRequest) {
    this.#codec = codecNamed(codec);
    this.#directory = directory;
    this.#catalog = new CatalogWriter(directory);
    this.#volumes = new VolumeWriter(sink ?? new DirectorySink(directory), this.#codec, volumeBytes);
    this.#firstVolume = parent?.volumes ?? 0;
  }

  /** Content in the set's own volumes. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** Resolves when the frame's memory is the caller's again. */
  async frame(frame: Uint8Array, tarBytes: number): Promise<FrameInfo> {
    const own = await this.#volumes.write(frame, tarBytes);
    const info = { ...own, volume: this.#firstVolume + own.volume };
    this.#catalog.frame(info);
    this.#frames++;
    return info;
  }

  /** Counts entries that a Worker has packed, and their content. */
  count({ entries, contentBytes, isShared }: Pick<PackResult, "entries" | "contentBytes" | "isShared">): void {
    if (isShared) this.#isShared = true;
    this.#entries += entries;
    this.#contentBytes += contentBytes;
    this.#storedBytes += contentBytes;
  }

  /** The entry of a large file, before its pieces. */
  largeFile(entry: Entry): void {
    this.#catalog.entry(entry);
    this.#entries++;
    if (entry.shared) this.#isShared = true;
  }

  piece(piece: Piece): void {
    this.#catalog.piece(piece);
  }

  /** Records of a batch; content of its own files lies in `frame`, that of the known ones where it was. */
  records(records: Uint8Array, frame: FrameInfo | undefined, known: readonly KnownFile[]): void {
    if (known.length === 0) {
      this.#catalog.records(records);
      return;
    }
    for (const item of readReturned(records)) {
      if ("index" in item) {
        for (const file of known.slice(item.index, item.index + item.count)) this.#known(file, item.now);
      } else {
        if (frame && peekEntry(item.bytes).kind === "file") this.#catalog.inFrame(frame);
        this.#catalog.body(item.type, item.bytes);
      }
    }
  }

  /** Ends volumes and catalog. */
  async finish(): Promise<Omit<ArchiveResult, "removed" | "problems">> {
    await this.frame(this.#codec.compressor(0).compress(TAR_END), TAR_END.length);
    const volumes = await this.#volumes.finish();
    const [entries, contentBytes, storedBytes] = [this.#entries, this.#contentBytes, this.#storedBytes];
    const catalog = this.#catalog.finish({ entries, frames: this.#frames, contentBytes });
    const sharedBytes = this.#isShared ? sharedBytesIn(`${this.#directory}/${catalog.name}`) : 0;
    return { codec: this.#codec.type, entries, contentBytes, storedBytes, sharedBytes, volumes, catalog };
  }

  /** Removes all that was written. */
  async discard(): Promise<void> {
    this.#catalog.discard();
    await this.#volumes.discard();
  }

  /** A file whose content lies in a parent's frames; `now`: its record, where that has changed. */
  #known({ entry, record, frame, pieces }: KnownFile, now: Uint8Array | undefined): void {
    if (entry.shared) this.#isShared = true;
    if (frame && storedSize(entry) > 0) this.#catalog.inFrame(pieces[0]?.frame ?? frame);
    if (now) this.#catalog.records(now);
    else this.#catalog.body(RecordType.entry, record);
    for (const next of pieces) {
      this.#catalog.inFrame(next.frame);
      this.#catalog.piece(next.piece);
    }
    this.#entries++;
    this.#contentBytes += storedSize(entry);
  }
}
