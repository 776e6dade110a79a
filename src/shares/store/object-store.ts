import type { Host } from "../../host/host.ts";

/** What an object is to hold. It may have to be sent again from its start. */
export type ObjectBody =
  | { readonly bytes: Uint8Array }
  /** A file of this machine that nobody writes to. */
  | { readonly file: string; readonly sizeBytes: number };

/** Length of what an object is to hold. */
export const lengthOf = (body: ObjectBody): number => ("bytes" in body ? body.bytes.byteLength : body.sizeBytes);

/** The content in parts of a length. */
export function* partsOf(host: Pick<Host, "readAt">, body: ObjectBody, partBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < lengthOf(body); at += partBytes) {
    const length = Math.min(partBytes, lengthOf(body) - at);
    yield "bytes" in body ? body.bytes.subarray(at, at + length) : host.readAt(body.file, at, length);
  }
}

/** An object that is there. */
export interface StoredObject {
  /** Below the place that was listed. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** An object on its way. Nothing is there under its name before it is whole. */
export interface ObjectUpload {
  /** Memory is the caller's again when this is done. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing follows. The object is there when this is done, or when the next one ends, or by `settled`. */
  end(): Promise<void>;
  /** Nothing of it stays. `store` does that, whose patience may be shorter. */
  abort(store: ObjectStore): Promise<void>;
}

/** How a store is used. */
export interface StoreUse {
  /** How long a server that is away is tried again. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A place for whole objects, which can be neither cut nor patched: below a prefix of a bucket, or in a directory of a
 * server that takes a file in one piece. Paths are below it, without a slash at either end. Failures are MondoErrors.
 */
export interface ObjectStore {
  /** As a person writes it, without a password. */
  readonly name: string;
  /** Most bytes of a volume: what is lost when one is damaged, and for some what lies in memory meanwhile. */
  readonly volumeBytes: number;
  /** As many as a volume may have where there would be too many of them else. Default: any. */
  readonly mostVolumeBytes?: number;
  /** Whether the server compares a digest of each object that comes: it need not be read back then. */
  readonly comparesDigests: boolean;
  /** The same place for another time of waiting. */
  with(use: StoreUse): ObjectStore;
  /** `/DIR` in it, which need not be there. */
  below(path: string): ObjectStore;
  /** The place of that name, when it is below the same server's root, and for the same login. */
  at(name: string): ObjectStore | undefined;
  /**
   * Finds out whether it can be written to; nothing stays, and what does is named by `warn`. Throws one sentence within
   * some seconds.
   */
  tryOut(warn: (text: string) => void): Promise<void>;
  /** Begins an object that is written as its bytes come. One at a time. */
  begin(path: string): ObjectUpload;
  /** Everything that was ended is there. */
  settled(): Promise<void>;
  /** Writes an object. */
  put(path: string, body: ObjectBody): Promise<void>;
  /** Writes a small one, which must not be there yet. Throws `refused` when another one is. */
  putNew(path: string, bytes: Uint8Array): Promise<void>;
  /** Everything below it, which may be nothing. */
  list(): Promise<readonly StoredObject[]>;
  isEmpty(): Promise<boolean>;
  /** One that is not there is no failure. */
  remove(path: string): Promise<void>;
  /** What was begun below it and did not become an object. */
  dropUnfinished(): Promise<void>;
  /** Itself and the directories below it, where it has such and nothing is in them. */
  dropDirectories(): Promise<void>;
  /** Ends its connections, where it keeps such; further work makes new ones. */
  close?(): void;
}
