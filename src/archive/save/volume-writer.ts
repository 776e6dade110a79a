import type { Codec } from "../../drivers/codec/codec.ts";
import { encodeSeekTable, type SeekEntry, seekTableBytes } from "../../formats/archive/zstd-seek-table.ts";
import type { FrameInfo } from "../entry.ts";
import { volumeName } from "../set/volume-name.ts";
import type { VolumeInfo } from "../set-files.ts";
import type { VolumeLimit } from "./archive-request.ts";
import type { VolumeSink } from "./volume-sink.ts";

/** A volume that is being written. */
interface Current {
  readonly name: string;
  readonly sha: InstanceType<typeof Bun.CryptoHasher>;
  readonly limit: number;
  readonly frames: SeekEntry[];
  size: number;
}

/**
 * Puts frames one behind the other into volumes; a frame is never cut. A volume of zstd frames ends in its seek table.
 */
export class VolumeWriter {
  readonly #sink: VolumeSink;
  readonly #codec: Codec;
  readonly #limitOf: VolumeLimit;
  readonly #finished: VolumeInfo[] = [];
  #current: Current | undefined;

  constructor(sink: VolumeSink, codec: Codec, volumeBytes: VolumeLimit = Number.POSITIVE_INFINITY) {
    this.#sink = sink;
    this.#codec = codec;
    this.#limitOf = volumeBytes;
  }

  /** Resolves when the frame's memory is the caller's again. */
  async write(frame: Uint8Array, tarBytes: number): Promise<FrameInfo> {
    if (this.#current && !this.#hasRoom(this.#current, frame.length)) await this.#close();
    this.#current ??= await this.#begin();
    const current = this.#current;
    const info = {
      volume: this.#finished.length,
      offset: current.size,
      storedBytes: frame.length,
      tarBytes,
    };
    await this.#put(current, frame);
    current.frames.push({ storedBytes: frame.length, contentBytes: tarBytes });
    return info;
  }

  async finish(): Promise<readonly VolumeInfo[]> {
    await this.#close();
    return this.#finished;
  }

  /** Removes every volume. */
  async discard(): Promise<void> {
    this.#current = undefined;
    await this.#sink.discard();
  }

  #hasRoom({ size, frames, limit }: Current, bytes: number): boolean {
    return frames.length === 0 || size + bytes + this.#tableBytes(frames.length + 1) <= limit;
  }

  async #begin(): Promise<Current> {
    const finished = this.#finished.map(({ sizeBytes }) => sizeBytes);
    const limit = typeof this.#limitOf === "number" ? this.#limitOf : this.#limitOf(finished);
    const name = volumeName(finished.length, this.#codec);
    await this.#sink.begin(name);
    return { name, sha: new Bun.CryptoHasher("sha256"), limit, frames: [], size: 0 };
  }

  async #put(current: Current, bytes: Uint8Array): Promise<void> {
    const written = this.#sink.write(bytes);
    current.sha.update(bytes);
    current.size += bytes.length;
    await written;
  }

  #tableBytes(frames: number): number {
    return this.#codec.type === "zstd" ? seekTableBytes(frames) : 0;
  }

  async #close(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    if (this.#tableBytes(0) > 0) await this.#put(current, encodeSeekTable(current.frames));
    const medium = await this.#sink.end();
    this.#current = undefined;
    const { name, size, sha } = current;
    this.#finished.push({
      ...{ name, sizeBytes: size, sha256: sha.digest("hex") },
      ...(medium === 1 ? {} : { medium }),
    });
  }
}
