import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { FrameInfo } from "../entry.ts";
import type { FrameReader } from "./frame-reader.ts";

/** The tar bytes of a frame, or what is wrong with it: damage costs no more than what lies in the frame. */
export function readOrDefect(frames: FrameReader, frame: FrameInfo | undefined): Uint8Array | string {
  if (!frame) return msg`the catalog has no place for its content`;
  try {
    return frames.read(frame);
  } catch (error) {
    return messageOf(error);
  }
}

/** Where content lies in a frame, and the checksum that it must have. */
export interface ContentPlace {
  readonly at: number;
  readonly size: number;
  readonly hash: bigint | undefined;
}

/** A frame that is read when its content is first asked for. */
export class FrameContent {
  readonly #frames: FrameReader;
  readonly #frame: FrameInfo | undefined;
  #tar: Uint8Array | string | undefined;

  constructor(frames: FrameReader, frame: FrameInfo | undefined) {
    this.#frames = frames;
    this.#frame = frame;
  }

  /**
   * The tar bytes, in which what lies at a place is what the catalog promises; otherwise what is wrong. Valid until the
   * next call.
   */
  sound({ at, size, hash }: ContentPlace): Uint8Array | string {
    this.#tar ??= readOrDefect(this.#frames, this.#frame);
    const defect = contentDefect(this.#tar, at, size, hash);
    if (defect === undefined || !this.#frame) return defect ?? this.#tar;
    // Damage that the codec doesn't see.
    const other = this.#frames.readOther(this.#frame, (tar) => contentDefect(tar, at, size, hash) === undefined);
    this.#tar = other;
    return other ?? defect;
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
  if (at + size > tar.length) return msg`its content would pass the end of its frame`;
  if (Bun.hash.xxHash64(tar.subarray(at, at + size)) !== hash) return msg`its content does not match its checksum`;
  return undefined;
}
