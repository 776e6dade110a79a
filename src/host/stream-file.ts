/** Pipes, files and devices that are written or read once, from front to back, without holding up anything else. */

import { close, constants, fstatSync, fsync, open, read, readFileSync, statSync, write } from "node:fs";
import { isatty } from "node:tty";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Errno, errnoText } from "./syscalls.ts";

/** Standard input or output in the place of a name. */
export const STANDARD_STREAM = "-";

type Failure = Error & { readonly code?: string; readonly errno?: number };

const isAgain = ({ code }: Failure): boolean => code === "EAGAIN" || code === "EINTR";
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
const reasonOf = ({ errno = 0 }: Failure): string => errnoText(Math.abs(errno));

/** What a stream is, as far as it matters to whoever writes one. */
export type StreamKind = "file" | "pipe" | "device" | "terminal";

function kindOf(fd: number): StreamKind {
  const stat = fstatSync(fd);
  if (stat.isFile()) return "file";
  if (stat.isFIFO() || stat.isSocket()) return "pipe";
  return isatty(fd) ? "terminal" : "device";
}

function opened(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags, 0o600, (error, fd) => {
      if (!error) return resolve(fd);
      const isBusy = (error as Failure).code === "EBUSY";
      const what = isBusy ? msg`it is in use: mounted, or part of an array or volume` : reasonOf(error as Failure);
      reject(
        new MondoError("system", msg`${path} can't be opened: ${what}`, { hint: msg`Name another file or device.` }),
      );
    });
  });
}

/** Something that takes a stream. */
export interface StreamOut {
  readonly kind: StreamKind;
  readonly fd: number;
  /** Writes all of it. Throws one sentence: the other end is gone, there is no room. */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything is where it belongs; closes it. */
  finish(): Promise<void>;
  close(): void;
}

class OpenStream implements StreamOut {
  readonly kind: StreamKind;
  readonly fd: number;
  readonly #name: string;
  #isOpen = true;

  constructor(fd: number, name: string) {
    this.fd = fd;
    this.#name = name;
    this.kind = kindOf(fd);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) done += await this.#writeOnce(bytes, done);
  }

  async finish(): Promise<void> {
    const failure = await new Promise<Failure | null>((resolve) => fsync(this.fd, (error) => resolve(error)));
    this.close();
    // A pipe has nothing to be flushed.
    if (failure && Math.abs(failure.errno ?? 0) !== Errno.EINVAL && failure.code !== "EROFS") throw this.#told(failure);
  }

  close(): void {
    if (this.#isOpen && this.fd > 2) close(this.fd, () => {});
    this.#isOpen = false;
  }

  #writeOnce(bytes: Uint8Array, from: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.fd, bytes, from, bytes.byteLength - from, null, (error, count) => {
        if (!error) resolve(count);
        else if (isAgain(error as Failure)) void soon().then(() => resolve(0));
        else reject(this.#told(error as Failure));
      });
    });
  }

  #told(error: Failure): MondoError {
    const name = this.#name;
    if (error.code === "EPIPE")
      return new MondoError("system", msg`the program that reads ${name} has ended: the stream is not complete`, {
        hint: msg`What it said stands above. Start the backup again.`,
        cause: error,
      });
    const isFull = error.code === "ENOSPC" || error.code === "EDQUOT";
    if (isFull)
      return new MondoError("no-space", msg`${name} is full: the stream is not complete`, {
        hint: msg`Give more room, or leave trees out with -E.`,
        cause: error,
      });
    return new MondoError("system", msg`${name} can't be written to: ${reasonOf(error)}`, {
      hint: msg`Look after the device or share, and start the backup again.`,
      cause: error,
    });
  }
}

/**
 * Whether nobody gave this process a standard output. The runtime then opens /dev/null in its place, for reading and
 * writing, which no shell does for ">/dev/null".
 */
function isOutputClosed(): boolean {
  const ACCESS_MODE = 3;
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync("/proc/self/fdinfo/1", "utf8"))?.[1] ?? "0";
  return (
    fstatSync(1).rdev === statSync("/dev/null").rdev && (Number.parseInt(flags, 8) & ACCESS_MODE) === constants.O_RDWR
  );
}

/** Standard output. MondoError `usage`: it is closed, so all of it would be lost. */
export function standardStreamOut(): StreamOut {
  if (isOutputClosed()) {
    throw new MondoError("usage", msg`standard output is closed: the stream would be lost`, {
      hint: msg`Send it to a program (|) or into a file (>).`,
    });
  }
  return new OpenStream(1, msg`standard output`);
}

/**
 * A file, FIFO or device. Nobody else must use a block device: one that is mounted, or part of something, is refused.
 * `truncate`: what a file held goes.
 */
export async function openStreamOut(path: string, about: { readonly isBlock: boolean }): Promise<StreamOut> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_EXCL, O_NOCTTY } = constants;
  const flags = O_WRONLY | O_NOCTTY | (about.isBlock ? O_EXCL : O_CREAT | O_TRUNC);
  return new OpenStream(await opened(path, flags), path);
}

/** Something that a stream comes from. */
export interface StreamIn {
  /** The next bytes, valid until the next call; undefined at the end. Throws `system` where it can't be read. */
  read(): Promise<Uint8Array | undefined>;
  close(): void;
}

/** Opens a file, FIFO or device, or standard input (`-`). */
export async function openStreamIn(path: string): Promise<StreamIn> {
  const isStandard = path === STANDARD_STREAM;
  const fd = isStandard ? 0 : await opened(path, constants.O_RDONLY | constants.O_NOCTTY);
  const name = isStandard ? msg`standard input` : path;
  const buffer = new Uint8Array(1 << 20);
  const once = (): Promise<number> =>
    new Promise((resolve, reject) => {
      read(fd, buffer, 0, buffer.byteLength, null, (error, count) => {
        if (!error) resolve(count);
        else if (isAgain(error as Failure)) void soon().then(() => resolve(once()));
        else
          reject(new MondoError("system", msg`${name} can't be read: ${reasonOf(error as Failure)}`, { cause: error }));
      });
    });
  return {
    async read() {
      const count = await once();
      return count === 0 ? undefined : buffer.subarray(0, count);
    },
    close() {
      if (!isStandard) close(fd, () => {});
    },
  };
}
