/** Reads files, makes tar of them and compresses it: the work of a Worker while an archive is written. */
import type { Compressor } from "../../drivers/codec/codec.ts";
import { codecNamed } from "../../drivers/codec/codecs.ts";
import { syncFileSystem } from "../../host/fs-calls.ts";
import { FRAME_BYTES } from "../catalog/frame-bytes.ts";
import type { Done, Job } from "../pool.ts";
import { readRanges } from "../tree/read-ranges.ts";
import { type BatchRest, readBatch } from "./batch.ts";
import { FrameDraft } from "./frame-draft.ts";
import { BatchPacker } from "./pack-batch.ts";
import type { HashTask, PackData, PackResult, PackTask, PieceTask, ReadPiece } from "./pack-task.ts";

/** Nobody knows beforehand how large attributes and long names make a batch: one that has grown so is cut. */
const MOST_TAR_BYTES = 2 * FRAME_BYTES;

class Packer implements Job<PackTask, PackResult> {
  readonly #compressor: Compressor;
  readonly #draft = new FrameDraft();
  readonly #batch: BatchPacker;
  #rest: BatchRest | undefined;

  constructor({ level, codec, ...tree }: PackData) {
    this.#compressor = codecNamed(codec).compressor(level);
    this.#batch = new BatchPacker(tree, this.#draft);
  }

  run(task: PackTask): Done<PackResult> {
    this.#draft.clear();
    this.#rest = undefined;
    const piece = this.#read(task);
    const frame = this.#frame(task.room, piece);
    const more = { ...(piece ? { piece } : {}), ...(this.#rest ? { rest: this.#rest } : {}) };
    return { result: { frame, ...this.#draft.result(), ...more }, transfer: [frame.buffer] };
  }

  close(): void {
    this.#batch.close();
  }

  #read(task: PackTask): ReadPiece | undefined {
    if (task.kind === "piece") return this.#piece(task);
    if (task.kind === "hash") return this.#hash(task);
    if (task.kind === "batch") this.#rest = readBatch(task, this.#batch, () => this.#draft.tar.length > MOST_TAR_BYTES);
    // Whether it succeeds doesn't matter: what is saved comes from memory.
    else syncFileSystem(task.fd);
    return undefined;
  }

  #frame(room?: ArrayBuffer, piece?: ReadPiece): Uint8Array<ArrayBuffer> {
    const { tar } = this.#draft;
    if (tar.length === 0) return room ? new Uint8Array(room, 0, 0) : new Uint8Array(0);
    // With neither headers nor padding the frame's checksum is the piece's.
    const isWhole = piece !== undefined && piece.length === tar.length;
    const aid = { ...(room ? { room } : {}), ...(isWhole ? { xxh64: piece.hash } : {}) };
    return this.#compressor.compress(tar.filled(), aid);
  }

  #piece({ fd, head, ranges, storedBefore, last }: PieceTask): ReadPiece {
    const { tar } = this.#draft;
    if (head) tar.append(head);
    const dataOffset = tar.length;
    const unread = readRanges(fd, ranges, tar);
    const length = tar.length - dataOffset;
    const hash = Bun.hash.xxHash64(tar.bytes.subarray(dataOffset, tar.length));
    if (last) tar.pad(storedBefore + length);
    this.#draft.contentBytes = length;
    return { dataOffset, length, hash, ...(unread ? { unread } : {}) };
  }

  #hash({ fd, ranges }: HashTask): ReadPiece {
    const { tar } = this.#draft;
    const unread = readRanges(fd, ranges, tar);
    const [length, hash] = [tar.length, Bun.hash.xxHash64(tar.filled())];
    tar.length = 0;
    return { dataOffset: 0, length, hash, ...(unread ? { unread } : {}) };
  }
}

/** The work of the pool that writes archives. */
export function packWork(data: PackData): Job<PackTask, PackResult> {
  return new Packer(data);
}
