/** Files of a set that are to be had from several servers: where each frame is read. */

import { toByteString } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { AT_FDCWD, closeFd, openAt, readFully } from "../../host/fs-calls.ts";
import { pauseThread } from "../../host/pause.ts";
import { Errno, errnoText } from "../../host/syscalls.ts";
import type { FileCopy, FileSpan } from "../set-files.ts";

/** A volume of which frames came from a further server, and why. */
export interface Elsewhere {
  /** Its position in the manifest. */
  readonly volume: number;
  readonly place: string;
  readonly reason: string;
}

/** What a server answers that may come back: nothing else passes by itself. */
const AWAY: ReadonlySet<unknown> = new Set([
  ...[Errno.ETIMEDOUT, Errno.EHOSTDOWN, Errno.EHOSTUNREACH, Errno.ENETUNREACH],
  ...[Errno.ENOTCONN, Errno.ECONNRESET, Errno.ECONNREFUSED],
]);

/** Whether a failure is that a server is away (`data.errno`), not that what it holds is wrong. Pure. */
export const isAway = (error: MondoError): boolean => AWAY.has(error.data.errno);

const GONE = msg`the server that was read from is away`;
const ROUND_MS = 5000;
const CHUNK_BYTES = 4 << 20;

type Place = FileSpan | FileCopy;
const placeOf = (one: Place): string | undefined => ("place" in one ? one.place : undefined);

/** Reads a file through; throws `damaged` when it doesn't have the checksum. Holds this thread up. */
function requireSum({ path, offset, sizeBytes, place }: FileCopy, sha256: string): void {
  const failed = (error: number) => {
    return new MondoError("damaged", msg`${path} can't be read: ${errnoText(error)}`, { data: { errno: error } });
  };
  const fd = openAt(AT_FDCWD, toByteString(path), 0);
  if (fd < 0) throw failed(-fd);
  try {
    const sha = new Bun.CryptoHasher("sha256");
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, sizeBytes)));
    for (let at = 0; at < sizeBytes; ) {
      const got = readFully(fd, buffer, 0, Math.min(buffer.length, sizeBytes - at), offset + at);
      if (got <= 0) throw failed(got === 0 ? Errno.EIO : -got);
      sha.update(buffer.subarray(0, got));
      at += got;
    }
    if (sha.digest("hex") !== sha256) throw new MondoError("damaged", msg`${path} on ${place} is not what was signed`);
  } finally {
    closeFd(fd);
  }
}

/**
 * Chooses among the copies of files. The server that gave something last, after others were away, is asked first.
 */
export class Copies {
  readonly #pause: (ms: number) => void;
  readonly #verified = new Set<string>();
  readonly #told = new Set<string>();
  #preferred: string | undefined;
  #news: Elsewhere[] = [];

  constructor(pause = pauseThread) {
    this.#pause = pause;
  }

  /** What came from further servers, since the last call: each volume once for each server. */
  takeNews(): readonly Elsewhere[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /**
   * What `read` gives of the first copy for which it doesn't throw. Waits, however long, while all of them are away.
   * Throws what was wrong first where at least one was not.
   */
  read<T>(volume: number, file: FileSpan, read: (one: FileSpan) => T): T {
    for (;;) {
      const failures: MondoError[] = [];
      for (const one of this.#inOrder(file)) {
        try {
          this.#verify(one);
          const got = read(one);
          this.#note(volume, one, failures);
          return got;
        } catch (error) {
          if (!(error instanceof MondoError)) throw error;
          failures.push(error);
        }
      }
      const final = failures.find((failure) => !isAway(failure));
      if (final) throw final;
      this.#pause(ROUND_MS);
    }
  }

  #inOrder(file: FileSpan): readonly Place[] {
    const all: readonly Place[] = [file, ...(file.copies ?? [])];
    const first = all.find((one) => placeOf(one) === this.#preferred);
    return first ? [first, ...all.filter((one) => one !== first)] : all;
  }

  #verify(one: Place): void {
    const sum = "place" in one ? one.sha256 : undefined;
    const key = `${one.path}:${one.offset}`;
    if (sum === undefined || !("place" in one) || this.#verified.has(key)) return;
    requireSum(one, sum);
    this.#verified.add(key);
  }

  #note(volume: number, one: Place, failures: readonly MondoError[]): void {
    const place = placeOf(one);
    if (failures.some(isAway)) this.#preferred = place;
    const key = `${volume}:${place ?? ""}`;
    if (place === undefined || this.#told.has(key)) return;
    this.#told.add(key);
    const damage = failures.find((failure) => !isAway(failure));
    this.#news.push({ volume, place, reason: damage ? messageOf(damage) : GONE });
  }
}
