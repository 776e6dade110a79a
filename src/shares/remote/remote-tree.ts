import { MondoError } from "../../base/errors.ts";

/** A file or directory on a server. */
export interface RemoteStat {
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}

/**
 * A directory on a server. Paths are below it, without a slash at either end; "" is the directory itself. A server that
 * goes away is waited for. Failures are MondoErrors with `data.errno`.
 */
export interface RemoteTree {
  /** `undefined`: there is no such thing. */
  stat(path: string): Promise<RemoteStat | undefined>;
  list(path: string): Promise<readonly string[]>;
  /** What the range holds; fewer bytes at the end of the file. */
  read(path: string, offset: number, length: number): Promise<Uint8Array>;
  /** Absent: nothing can be written there. */
  readonly writer?: RemoteWriter;
}

/** What writes into a directory on a server. Each is done when its promise is kept. */
export interface RemoteWriter {
  /** An empty file that only its owner may read, in place of one that may be there. */
  create(path: string): Promise<void>;
  write(path: string, offset: number, bytes: Uint8Array): Promise<void>;
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** On the server's disk, where the server can do that. */
  flush(path: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  removeDirectory(path: string): Promise<void>;
  /** In place of what has the new name. */
  rename(from: string, to: string): Promise<void>;
  space(): Promise<{ readonly totalBytes: number; readonly freeBytes: number }>;
}

/** Numbers of what can be wrong, as the kernel has them. */
export const REMOTE_ERRNO = {
  notPermitted: 1,
  notFound: 2,
  io: 5,
  denied: 13,
  exists: 17,
  noSpace: 28,
  readOnly: 30,
  notSupported: 95,
  away: 110,
  stale: 116,
} as const;

/** A failure that the kernel gets as a number, and a log as a sentence. */
export function remoteError(
  errno: keyof typeof REMOTE_ERRNO,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
): MondoError {
  const code = errno === "notFound" ? "not-found" : errno === "noSpace" ? "no-space" : "system";
  return new MondoError(code, message, { data: { ...data, errno: REMOTE_ERRNO[errno] } });
}

/** The kernel's number of a failure. */
export function errnoOf(error: unknown): number {
  const number = error instanceof MondoError ? error.data.errno : undefined;
  return typeof number === "number" ? number : REMOTE_ERRNO.io;
}
