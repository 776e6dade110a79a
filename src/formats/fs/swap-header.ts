import { decodeText, uuidToText, viewOf } from "../../base/bytes.ts";

/** What the head of a swap area says. Source: include/linux/swap.h, union swap_header, version 1. */
export interface SwapHeader {
  readonly pageBytes: number;
  readonly sizeBytes: number;
  readonly uuid: string;
  readonly label: string;
}

const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536];

/** Looks for `SWAPSPACE2` at the end of the first page, whatever the page size; undefined when there is none. */
export function decodeSwapHeader(read: (offset: number, length: number) => Uint8Array): SwapHeader | undefined {
  for (const pageBytes of PAGE_SIZES) {
    const magic = read(pageBytes - 10, 10);
    if (magic.byteLength < 10 || decodeText(magic) !== "SWAPSPACE2") continue;
    const head = read(1024, 44);
    const view = viewOf(head);
    if (view.getUint32(0, true) !== 1) return undefined;
    const name = head.subarray(28, 44);
    const end = name.indexOf(0);
    return {
      pageBytes,
      sizeBytes: (view.getUint32(4, true) + 1) * pageBytes,
      uuid: uuidToText(head.subarray(12, 28)),
      label: decodeText(end < 0 ? name : name.subarray(0, end)),
    };
  }
  return undefined;
}
