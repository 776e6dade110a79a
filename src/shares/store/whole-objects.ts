import { GIB, MIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import type { ObjectBody, ObjectUpload } from "./object-store.ts";

/** Two volumes lie in memory: one is filled while the other one is sent, and may have to be sent again. */
const [LEAST_BYTES, MOST_BYTES] = [32 * MIB, 128 * MIB];
const PART_OF_MEMORY = 32;
/** Of a backup that is too large for so many of them, they are longer. */
const MOST_PART_OF_MEMORY = 8;

function memoryBytes(host: Pick<Host, "tryReadText">): number {
  const kilobytes = /^MemTotal:\s+(\d+) kB$/m.exec(host.tryReadText("/proc/meminfo") ?? "")?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Length of volumes that this machine has the memory for. */
export function wholeVolumeBytes(host: Pick<Host, "tryReadText">): number {
  const wanted = memoryBytes(host) / PART_OF_MEMORY;
  return Math.min(MOST_BYTES, Math.max(LEAST_BYTES, Math.floor(wanted / MIB) * MIB));
}

/** Of the longest ones that it can have the memory for. */
export const mostWholeVolumeBytes = (host: Pick<Host, "tryReadText">): number =>
  Math.min(GIB, Math.max(wholeVolumeBytes(host), Math.floor(memoryBytes(host) / MOST_PART_OF_MEMORY / MIB) * MIB));

/** Objects of a server that takes each in one piece: the bytes are collected, and sent while the next ones come. */
export class WholeObjects {
  readonly #usualBytes: number;
  #spare: Uint8Array | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(usualBytes: number) {
    this.#usualBytes = usualBytes;
  }

  /** An object; `put` sends it when it is whole, and the one before it is there. */
  begin(put: (body: ObjectBody) => Promise<void>): ObjectUpload {
    let bytes = this.#spare ?? new Uint8Array(this.#usualBytes);
    this.#spare = undefined;
    let length = 0;
    return {
      write: async (piece) => {
        if (length + piece.byteLength > bytes.byteLength) bytes = larger(bytes, length + piece.byteLength);
        bytes.set(piece, length);
        length += piece.byteLength;
      },
      end: async () => {
        await this.#sending;
        this.#sending = put({ bytes: bytes.subarray(0, length) }).then(() => {
          this.#spare = bytes;
        });
        // Whoever waits for it next learns of a failure.
        this.#sending.catch(() => {});
      },
      abort: () => this.#sending.catch(() => {}),
    };
  }

  /** All that ended are there. Throws why one is not. */
  settled(): Promise<void> {
    return this.#sending;
  }
}

/** The same content with room for so much. */
function larger(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const grown = new Uint8Array(Math.ceil((sizeBytes * 5) / 4));
  grown.set(bytes);
  return grown;
}
