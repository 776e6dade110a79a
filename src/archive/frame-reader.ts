import { toByteString } from "../base/bytes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { zstdCodec } from "../drivers/codec/zstd.ts";
import { AT_FDCWD, closeFd, openAt, readFully } from "../host/fs-calls.ts";
import { errnoText } from "../host/syscalls.ts";
import type { FrameInfo } from "./types.ts";

/** Reads frames of a set by where the catalog says they are. */
export class FrameReader {
  readonly #paths: readonly string[];
  readonly #fds = new Map<number, number>();
  readonly #decompressor = zstdCodec.decompressor();
  #stored = new Uint8Array(0);

  /** `paths` of the volumes, in the manifest's order. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** The tar bytes of a frame, valid until the next call. MondoError `damaged` names volume and offset. */
  read(frame: FrameInfo): Uint8Array {
    const path = this.#paths[frame.volume] ?? `volume ${frame.volume + 1}`;
    try {
      const stored = this.#read(frame);
      return this.#decompressor.decompress(stored, frame.tarBytes);
    } catch (cause) {
      const where = `the frame at byte ${frame.offset} of ${path}`;
      throw new MondoError("damaged", `${where} is damaged: ${messageOf(cause)}`, { cause, data: { path, ...frame } });
    }
  }

  close(): void {
    for (const fd of this.#fds.values()) closeFd(fd);
    this.#fds.clear();
  }

  #read(frame: FrameInfo): Uint8Array {
    if (frame.storedBytes > 1 << 30) throw new MondoError("damaged", `${frame.storedBytes} bytes are announced`);
    if (this.#stored.length < frame.storedBytes) this.#stored = new Uint8Array(Math.ceil(frame.storedBytes * 1.25));
    const got = readFully(this.#volume(frame.volume), this.#stored, 0, frame.storedBytes, frame.offset);
    if (got < 0) throw new MondoError("damaged", errnoText(-got));
    if (got < frame.storedBytes) throw new MondoError("damaged", "the volume ends before it");
    return this.#stored.subarray(0, frame.storedBytes);
  }

  #volume(index: number): number {
    const known = this.#fds.get(index);
    if (known !== undefined) return known;
    const path = this.#paths[index];
    if (path === undefined) throw new MondoError("damaged", "the set has no such volume");
    const fd = openAt(AT_FDCWD, toByteString(path), 0);
    if (fd < 0) throw new MondoError("damaged", errnoText(-fd));
    this.#fds.set(index, fd);
    return fd;
  }
}
