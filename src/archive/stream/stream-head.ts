import * as v from "valibot";
import { encodeText } from "../../base/bytes.ts";
import { MOST_BLOCK_BYTES } from "../../formats/archive/stream-piece.ts";
import type { Manifest } from "../set/manifest.ts";

/** The first file of a stream. */
export const HEAD_NAME = "head.json";
/** The image that boots the rescue system, in a stream of a machine. */
export const BOOT_IMAGE_NAME = "boot.iso";

const headSchema = v.object({
  format: v.literal("mondo-stream"),
  version: v.literal(1),
  set: v.pipe(v.string(), v.uuid()),
  created: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e12)),
  host: v.string(),
  prefix: v.string(),
  level: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9)),
  /** Number of the tape, from 1. */
  tape: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9999)),
  blockBytes: v.pipe(v.number(), v.integer(), v.minValue(512), v.maxValue(MOST_BLOCK_BYTES)),
  /** As in the manifest: what a person can still read when the end is lost. */
  layout: v.exactOptional(v.unknown()),
});

/** What a stream, or each tape of a set, begins with. */
export type StreamHead = v.InferOutput<typeof headSchema>;

/** The head of a set whose files are not saved yet. */
export function headOf(
  manifest: Pick<Manifest, "set" | "created" | "prefix" | "layout"> & { readonly level?: number },
  host: string,
  blockBytes: number,
  tape = 1,
): StreamHead {
  const { set, created, prefix, layout, level = 0 } = manifest;
  return { format: "mondo-stream", version: 1, set, created, host, prefix, level, tape, blockBytes, layout };
}

/** As the file of a stream. */
export const encodeHead = (head: StreamHead): Uint8Array => encodeText(`${JSON.stringify(head, null, 1)}\n`);

/** Reads one; undefined: it is none that this version knows. */
export function decodeHead(text: string): StreamHead | undefined {
  try {
    const result = v.safeParse(headSchema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
