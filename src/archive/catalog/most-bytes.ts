import { MIB } from "../../base/units.ts";

/**
 * Bytes that a frame or a block of a catalog may have, compressed or not. The writer keeps within that, whatever a file
 * has: attributes, ranges and a full frame (or block) before them take less. What a set announces beyond it is damaged
 * or hostile, and would take the memory of a small machine.
 */
export const MOST_BYTES = 64 * MIB;

/** Ranges with data, or shared ones, that an entry has at most: each takes up to 24 bytes in records and headers. */
export const MOST_RANGES = 512 * 1024;
