import { encodeSparseMap, encodeTarHeader, paddedLength, tarHeaderBound } from "../../formats/archive/pax.ts";
import { headerOf } from "../catalog/tar-entry.ts";
import type { Entry } from "../entry.ts";
import { ContentBuffer } from "../tree/content-buffer.ts";

/** The tar bytes of one frame while it is filled. */
export class TarBuffer extends ContentBuffer {
  constructor(room = 6 << 20) {
    super(room);
  }

  /** All that stands before the content of an entry: its headers, and the sparse map of a file with holes. */
  head(entry: Entry): void {
    const map = entry.extents ? encodeSparseMap(entry.extents, entry.size) : undefined;
    const header = headerOf(entry, map?.length);
    this.reserve(tarHeaderBound(header));
    this.length = encodeTarHeader(this.bytes, this.length, header);
    if (map) this.append(map);
  }

  /** Zeros up to the next tar block after `length` bytes of content that were put here. */
  pad(length: number): void {
    const padding = paddedLength(length) - length;
    this.reserve(padding);
    this.bytes.fill(0, this.length, this.length + padding);
    this.length += padding;
  }
}
