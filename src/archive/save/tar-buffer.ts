import { encodeTarHeader, paddedLength, type TarHeader, tarHeaderBound } from "../../formats/archive/pax.ts";
import { ContentBuffer } from "../tree/content-buffer.ts";

/** The tar bytes of one frame while it is filled. */
export class TarBuffer extends ContentBuffer {
  constructor(room = 6 << 20) {
    super(room);
  }

  header(header: TarHeader): void {
    this.reserve(tarHeaderBound(header));
    this.length = encodeTarHeader(this.bytes, this.length, header);
  }

  /** Zeros up to the next tar block after `length` bytes of content that were put here. */
  pad(length: number): void {
    const padding = paddedLength(length) - length;
    this.reserve(padding);
    this.bytes.fill(0, this.length, this.length + padding);
    this.length += padding;
  }
}
