import { MIB } from "../../base/units.ts";
import { memoryBytes } from "../../host/threads.ts";

/** Frames of files and blocks of catalogs have a few MiB; those with many large attributes had hundreds once. */
const USUAL = 64 * MIB;
const MOST = 1024 * MIB;

/**
 * Bytes that a frame or a block may have, compressed or not: what a set announces beyond that is damaged or hostile,
 * and would take the memory of a small machine.
 */
export const mostBytes = (): number => Math.max(USUAL, Math.min(MOST, memoryBytes() / 8));
