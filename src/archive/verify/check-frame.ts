/** Decompresses a frame and compares what lies in it with the catalog: the work of a Worker while a set is verified. */

import type { ByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { CodecName } from "../../drivers/codec/codec.ts";
import { contentDefect, readOrDefect } from "../catalog/content-defect.ts";
import { entriesOf } from "../catalog/entry-record.ts";
import { FrameReader } from "../catalog/frame-reader.ts";
import { type FrameInfo, type Piece, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import type { VolumePlace } from "../set-files.ts";

export interface CheckData {
  /** Of the frames; default: zstd. */
  readonly codec?: CodecName;
  /** The volumes, in the manifest's order. */
  readonly volumes: readonly VolumePlace[];
}

/** A frame and what the catalog says is in it. */
export interface CheckTask {
  /** Undefined: the entries stand before any frame. */
  readonly frame?: FrameInfo;
  /** Entry records. */
  readonly records: Uint8Array;
  /** Pieces of large files. */
  readonly pieces: readonly { readonly path: ByteString; readonly piece: Piece }[];
}

/** A file of which something in a frame is not what was written. */
export interface Damage {
  readonly path: ByteString;
  readonly reason: string;
}

export interface CheckResult {
  readonly damages: readonly Damage[];
  /** What is wrong with the frame as a whole. */
  readonly defect?: string;
  readonly bytes: number;
}

class FrameChecker implements Job<CheckTask, CheckResult> {
  readonly #frames: FrameReader;

  constructor({ volumes, codec }: CheckData) {
    this.#frames = new FrameReader(volumes, codec);
  }

  run({ frame, records, pieces }: CheckTask): Done<CheckResult> {
    const tar = readOrDefect(this.#frames, frame);
    const defect = typeof tar === "string" ? tar : undefined;
    const damages: Damage[] = [];
    for (const entry of entriesOf(records)) {
      const size = storedSize(entry);
      if (entry.kind !== "file" || size === 0) continue;
      const reason = contentDefect(tar, entry.dataOffset ?? 0, size, entry.hash);
      if (reason !== undefined) damages.push({ path: entry.path, reason });
    }
    for (const { path, piece } of pieces) {
      const reason = contentDefect(tar, piece.dataOffset, piece.length, piece.hash);
      if (reason !== undefined) damages.push({ path, reason: msg`a part of it: ${reason}` });
    }
    return { result: { damages, bytes: frame?.storedBytes ?? 0, ...(defect === undefined ? {} : { defect }) } };
  }

  close(): void {
    this.#frames.close();
  }
}

/** The work of the pool that verifies frames. */
export function checkWork(data: CheckData): Job<CheckTask, CheckResult> {
  return new FrameChecker(data);
}
