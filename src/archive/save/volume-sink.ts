import { OutputFile } from "../output-file.ts";

/** What may be done at once, or later. */
export type Soon<T> = T | Promise<T>;

/**
 * Takes the volumes of a set as they come, one after the other: a directory, an image that grows, a tape, a bucket, a
 * pipe. The next call comes when the one before is done; memory given to `write` is the caller's again then. Failures
 * are MondoErrors (`no-space` among them).
 */
export interface VolumeSink {
  begin(name: string): Soon<void>;
  write(bytes: Uint8Array): Soon<void>;
  /** The volume is complete, and on the medium for good. Returns the number of the medium it begins on, from 1. */
  end(): Soon<number>;
  /** The file that all of it goes into, open here, where it is one: no part of what is saved, by whatever path. */
  readonly outputFd?: number;
  /** What was taken is of no use: it goes, with its space, where the medium gives it back. */
  discard(): Soon<void>;
}

/** Volumes as files of a directory. */
export class DirectorySink implements VolumeSink {
  readonly #directory: string;
  readonly #written: OutputFile[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  begin(name: string): void {
    this.#written.push(new OutputFile(this.#directory, name));
  }

  write(bytes: Uint8Array): void {
    this.#written.at(-1)?.write(bytes);
  }

  end(): number {
    this.#written.at(-1)?.finish();
    return 1;
  }

  discard(): void {
    for (const file of this.#written.splice(0)) file.discard();
  }
}
