import { encodeTarHeader, paddedLength, type TarHeader, tarHeaderBound } from "../../formats/archive/pax.ts";

/** Tar bytes of one frame while it is filled: memory is kept from frame to frame and grows when an entry needs it. */
export class TarBuffer {
  #bytes: Uint8Array;
  length = 0;

  constructor(room = 6 << 20) {
    this.#bytes = new Uint8Array(room);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What has been written, as a view. */
  filled(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.ceil((this.length + more) * 1.25));
    bigger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bigger;
  }

  header(header: TarHeader): void {
    this.reserve(tarHeaderBound(header));
    this.length = encodeTarHeader(this.#bytes, this.length, header);
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Zeros up to the next tar block after `length` bytes of content that were put here. */
  pad(length: number): void {
    const padding = paddedLength(length) - length;
    this.reserve(padding);
    this.#bytes.fill(0, this.length, this.length + padding);
    this.length += padding;
  }
}
