import { decodeText, textBeforeNul, uuidToText, viewOf } from "../../base/bytes.ts";

/** What the head of a swap area says. Source: include/linux/swap.h, union swap_header, version 1. */
export interface SwapHeader {
  readonly pageBytes: number;
  readonly sizeBytes: number;
  readonly uuid: string;
  readonly label: string;
  /** A machine has hibernated in it, and not woken up. */
  readonly isHibernated: boolean;
}

const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536];

/**
 * That of a swap area, and what hibernation writes over it until the machine has woken up; UUID and label stay. Source:
 * kernel/power/swap.c, and libblkid's list.
 */
const PLAIN = "SWAPSPACE2";
const MAGICS = new Set([PLAIN, "S1SUSPEND\0", "S2SUSPEND\0", "ULSUSPEND\0", "LINHIB0001"]);
const HEAD = 1024;
/** Byte offsets on the device, of 16 bytes each. */
export const SWAP_UUID_OFFSET = HEAD + 12;
export const SWAP_LABEL_OFFSET = HEAD + 28;

/** Looks for `SWAPSPACE2` at the end of the first page, whatever the page size; undefined when there is none. */
export function decodeSwapHeader(read: (offset: number, length: number) => Uint8Array): SwapHeader | undefined {
  for (const pageBytes of PAGE_SIZES) {
    const magic = read(pageBytes - 10, 10);
    if (magic.byteLength < 10 || !MAGICS.has(decodeText(magic))) continue;
    const head = read(HEAD, 44);
    const view = viewOf(head);
    if (view.getUint32(0, true) !== 1) return undefined;
    return {
      pageBytes,
      sizeBytes: (view.getUint32(4, true) + 1) * pageBytes,
      uuid: uuidToText(head.subarray(SWAP_UUID_OFFSET - HEAD, 28)),
      isHibernated: decodeText(magic) !== PLAIN,
      label: textBeforeNul(head.subarray(SWAP_LABEL_OFFSET - HEAD, 44)),
    };
  }
  return undefined;
}
