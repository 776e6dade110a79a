import { messageOf } from "../../base/errors.ts";
import type { FrameInfo } from "../entry.ts";
import type { FrameReader } from "./frame-reader.ts";

/** The tar bytes of a frame, or what is wrong with it: damage costs no more than what lies in the frame. */
export function readOrDefect(frames: FrameReader, frame: FrameInfo | undefined): Uint8Array | string {
  if (!frame) return "the catalog has no place for its content";
  try {
    return frames.read(frame);
  } catch (error) {
    return messageOf(error);
  }
}

/** Why the content at a place in a frame is not what the catalog promises; undefined when it is. */
export function contentDefect(
  tar: Uint8Array | string,
  at: number,
  size: number,
  hash: bigint | undefined,
): string | undefined {
  if (typeof tar === "string") return tar;
  if (at + size > tar.length) return "its content would pass the end of its frame";
  if (Bun.hash.xxHash64(tar.subarray(at, at + size)) !== hash) return "its content does not match its checksum";
  return undefined;
}
