import { toByteString } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { CodecName, Decompressor } from "../../drivers/codec/codec.ts";
import { codecNamed } from "../../drivers/codec/codecs.ts";
import { AT_FDCWD, closeFd, openAt, readFully } from "../../host/fs-calls.ts";
import { gunzipWithin } from "../../host/gunzip.ts";
import { errnoText } from "../../host/syscalls.ts";
import type { FrameInfo } from "../entry.ts";
import type { FileSpan, VolumePlace } from "../set-files.ts";
import { Copies, type Elsewhere } from "./copies.ts";
import { MOST_BYTES } from "./most-bytes.ts";

/** Frames kept decompressed: the catalog of a differential set goes to and fro between its own and its parents'. */
const KEPT_FRAMES = 3;

/** Volumes kept open, by each Worker: a set may have been cut into thousands. */
const OPEN_VOLUMES = 16;

/** Reads frames of a set by where the catalog says they are. */
export class FrameReader {
  readonly #volumes: readonly VolumePlace[];
  readonly #fds = new Map<string, number>();
  readonly #copies = new Copies();
  readonly #codec: CodecName | undefined;
  readonly #decompressors = new Map<CodecName | undefined, Decompressor>();
  /** Of a set with parents, by their places; the one used last at the end. */
  readonly #kept: Map<string, Uint8Array> | undefined;
  /** The frame that was read last, while its content is valid. */
  #last: { readonly key: string; readonly tar: Uint8Array } | undefined;
  #stored = new Uint8Array(0);
  #bytesRead = 0;

  /** Where the volumes lie, in the manifest's order. */
  constructor(volumes: readonly VolumePlace[], codec: CodecName | undefined) {
    this.#volumes = volumes;
    this.#codec = codec;
    this.#kept = volumes.some((volume) => typeof volume !== "string" && volume.codec !== undefined)
      ? new Map()
      : undefined;
  }

  /** Compressed bytes read since the last call. */
  takeBytesRead(): number {
    const bytes = this.#bytesRead;
    this.#bytesRead = 0;
    return bytes;
  }

  /** Volumes that were read from further servers, since the last call. */
  takeElsewhere(): readonly Elsewhere[] {
    return this.#copies.takeNews();
  }

  /** The tar bytes of a frame, valid until the next call. MondoError `damaged` gives volume and offset. */
  read(frame: FrameInfo): Uint8Array {
    const key = `${frame.volume}:${frame.offset}:${frame.storedBytes}:${frame.tarBytes}`;
    if (!this.#kept) {
      if (this.#last?.key === key) return this.#last.tar;
      this.#last = undefined;
      this.#last = { key, tar: this.#decompressed(frame) };
      return this.#last.tar;
    }
    const tar = this.#kept.get(key) ?? Uint8Array.prototype.slice.call(this.#decompressed(frame));
    this.#kept.delete(key);
    this.#kept.set(key, tar);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_FRAMES && oldest !== undefined) this.#kept.delete(oldest);
    return tar;
  }

  #decompressed(frame: FrameInfo): Uint8Array {
    const span = this.#volumes[frame.volume] ?? msg`the set has no volume ${frame.volume + 1}`;
    if (typeof span === "string") throw new MondoError("damaged", span, { data: { ...frame } });
    return span.copies
      ? this.#copies.read(frame.volume, span, (one) => this.#from(frame, one))
      : this.#from(frame, span);
  }

  /**
   * The tar bytes of a frame from the first server whose are good; undefined: none are, or there is but one. What was
   * read before is not valid any more.
   */
  readOther(frame: FrameInfo, isGood: (tar: Uint8Array) => boolean): Uint8Array | undefined {
    const span = this.#volumes[frame.volume];
    if (span === undefined || typeof span === "string" || !span.copies) return undefined;
    this.#last = undefined;
    try {
      return this.#copies.read(frame.volume, span, (one) => {
        const tar = this.#from(frame, one);
        if (isGood(tar)) return tar;
        throw new MondoError("damaged", msg`a file in the frame at byte ${frame.offset} of ${one.path} is damaged`);
      });
    } catch (error) {
      if (error instanceof MondoError) return undefined;
      throw error;
    }
  }

  #from(frame: FrameInfo, span: FileSpan): Uint8Array {
    const { path } = span;
    try {
      const stored = this.#read(frame, span);
      return this.#decompressor(span.codec ?? this.#codec).decompress(stored, frame.tarBytes);
    } catch (cause) {
      const where = msg`the frame at byte ${span.offset + frame.offset} of ${path}`;
      const errno = cause instanceof MondoError && cause.data.errno !== undefined ? { errno: cause.data.errno } : {};
      const data = { path, ...frame, ...errno };
      throw new MondoError("damaged", msg`${where} is damaged: ${messageOf(cause)}`, { cause, data });
    }
  }

  close(): void {
    for (const fd of this.#fds.values()) closeFd(fd);
    this.#fds.clear();
  }

  #decompressor(codec: CodecName | undefined): Decompressor {
    const known = this.#decompressors.get(codec) ?? codecNamed(codec).decompressor(gunzipWithin);
    this.#decompressors.set(codec, known);
    return known;
  }

  #read(frame: FrameInfo, span: FileSpan): Uint8Array {
    const announced = Math.max(frame.storedBytes, frame.tarBytes);
    if (announced > MOST_BYTES) throw new MondoError("damaged", msg`${announced} bytes are announced`);
    if (this.#stored.length < frame.storedBytes) this.#stored = new Uint8Array(Math.ceil(frame.storedBytes * 1.25));
    if (frame.offset + frame.storedBytes > span.sizeBytes) {
      throw new MondoError("damaged", msg`the volume ends before it`);
    }
    const at = span.offset + frame.offset;
    const got = readFully(this.#open(span.path), this.#stored, 0, frame.storedBytes, at);
    if (got < 0) throw new MondoError("damaged", errnoText(-got), { data: { errno: -got } });
    this.#bytesRead += got;
    if (got < frame.storedBytes) throw new MondoError("damaged", msg`the volume ends before it`);
    return this.#stored.subarray(0, frame.storedBytes);
  }

  #open(path: string): number {
    const known = this.#fds.get(path);
    if (known !== undefined) {
      // The one used last goes to the end.
      this.#fds.delete(path);
      this.#fds.set(path, known);
      return known;
    }
    const fd = openAt(AT_FDCWD, toByteString(path), 0);
    if (fd < 0) throw new MondoError("damaged", errnoText(-fd), { data: { errno: -fd } });
    this.#fds.set(path, fd);
    const [oldest] = this.#fds;
    if (this.#fds.size > OPEN_VOLUMES && oldest) {
      closeFd(oldest[1]);
      this.#fds.delete(oldest[0]);
    }
    return fd;
  }
}
