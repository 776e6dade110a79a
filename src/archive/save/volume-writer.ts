import { toByteString } from "../../base/bytes.ts";
import type { Codec } from "../../drivers/codec/codec.ts";
import { encodeSeekTable, type SeekEntry, seekTableBytes } from "../../formats/archive/zstd-seek-table.ts";
import { AT_FDCWD, unlinkAt } from "../../host/fs-calls.ts";
import type { FrameInfo } from "../entry.ts";
import { OutputFile } from "../output-file.ts";
import { volumeName } from "../set/volume-name.ts";
import type { VolumeInfo } from "../set-files.ts";
import type { VolumeLimit } from "./archive-request.ts";

/**
 * Puts frames one behind the other into volumes; a frame is never cut. A volume of zstd frames ends in its seek table.
 */
export class VolumeWriter {
  readonly #directory: string;
  readonly #codec: Codec;
  readonly #limitOf: VolumeLimit;
  #limit = 0;
  readonly #finished: VolumeInfo[] = [];
  #current: OutputFile | undefined;
  /** Frames of the current volume. */
  #frames: SeekEntry[] = [];
  #bytes = 0;

  constructor(directory: string, codec: Codec, volumeBytes: VolumeLimit = Number.POSITIVE_INFINITY) {
    this.#directory = directory;
    this.#codec = codec;
    this.#limitOf = volumeBytes;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(frame: Uint8Array, tarBytes: number): FrameInfo {
    const after = (this.#current?.size ?? 0) + frame.length + this.#tableBytes(this.#frames.length + 1);
    if (this.#frames.length > 0 && after > this.#limit) this.#close();
    this.#current ??= this.#begin();
    const info = {
      volume: this.#finished.length,
      offset: this.#current.size,
      storedBytes: frame.length,
      tarBytes,
    };
    this.#current.write(frame);
    this.#frames.push({ storedBytes: frame.length, contentBytes: tarBytes });
    this.#bytes += frame.length;
    return info;
  }

  finish(): readonly VolumeInfo[] {
    this.#close();
    return this.#finished;
  }

  /** Removes every volume. */
  discard(): void {
    this.#current?.discard();
    this.#current = undefined;
    for (const { name } of this.#finished) unlinkAt(AT_FDCWD, toByteString(`${this.#directory}/${name}`));
  }

  #begin(): OutputFile {
    const finished = this.#finished.map(({ sizeBytes }) => sizeBytes);
    this.#limit = typeof this.#limitOf === "number" ? this.#limitOf : this.#limitOf(finished);
    return new OutputFile(this.#directory, volumeName(finished.length, this.#codec));
  }

  #tableBytes(frames: number): number {
    return this.#codec.type === "zstd" ? seekTableBytes(frames) : 0;
  }

  #close(): void {
    const current = this.#current;
    this.#current = undefined;
    const frames = this.#frames;
    this.#frames = [];
    if (!current) return;
    try {
      if (this.#tableBytes(0) > 0) current.write(encodeSeekTable(frames));
      this.#finished.push(current.finish());
    } catch (error) {
      current.discard();
      throw error;
    }
  }
}
