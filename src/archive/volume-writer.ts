import { toByteString } from "../base/bytes.ts";
import { AT_FDCWD, unlinkAt } from "../host/fs-calls.ts";
import { OutputFile } from "./output-file.ts";
import type { FrameInfo, VolumeInfo } from "./types.ts";

/** `volume-0001.tar.zst`. */
export function volumeName(index: number): string {
  return `volume-${String(index + 1).padStart(4, "0")}.tar.zst`;
}

/** Puts frames one behind the other into volumes; a frame is never cut. */
export class VolumeWriter {
  readonly #directory: string;
  readonly #limit: number;
  readonly #finished: VolumeInfo[] = [];
  #current: OutputFile | undefined;
  #bytes = 0;

  constructor(directory: string, volumeBytes = Number.POSITIVE_INFINITY) {
    this.#directory = directory;
    this.#limit = volumeBytes;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(frame: Uint8Array, tarBytes: number): FrameInfo {
    const full = this.#current && this.#current.size > 0 && this.#current.size + frame.length > this.#limit;
    if (full) this.#close();
    this.#current ??= new OutputFile(this.#directory, volumeName(this.#finished.length));
    const info = {
      volume: this.#finished.length,
      offset: this.#current.size,
      storedBytes: frame.length,
      tarBytes,
    };
    this.#current.write(frame);
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

  #close(): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    try {
      this.#finished.push(current.finish());
    } catch (error) {
      current.discard();
      throw error;
    }
  }
}
