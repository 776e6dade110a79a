import { toByteString } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import {
  AT_FDCWD,
  closeFd,
  openAt,
  startWriteback,
  syncFd,
  truncateFd,
  unlinkAt,
  writeFully,
} from "../host/fs-calls.ts";
import { OpenFlag, systemError } from "../host/syscalls.ts";
import type { VolumeInfo } from "./set-files.ts";

/** The disk gets work after every so many bytes, not all of it at the end when the file is synced. */
const WRITEBACK_BYTES = 16 << 20;

/**
 * A file that is written from start to end, or on from an offset of one that is there. Failures are MondoErrors
 * (`no-space` among them).
 */
export class OutputFile {
  readonly #path: string;
  readonly #fd: number;
  #size = 0;
  #handedOver = 0;
  #open = true;

  /** `from`: where writing goes on in a file that is there; what lies behind is cut off. Default: a new file. */
  constructor(directory: string, name: string, from?: number) {
    this.#path = `${directory}/${name}`;
    const isNew = from === undefined;
    const flags = OpenFlag.write | OpenFlag.noFollow | (isNew ? OpenFlag.create | OpenFlag.truncate : 0);
    this.#fd = openAt(AT_FDCWD, toByteString(this.#path), flags, 0o600);
    if (this.#fd < 0) throw systemError(isNew ? "create" : "open", this.#path, -this.#fd);
    if (isNew) return;
    try {
      this.resize(from);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The number of a file that is closed may be another file's by now. */
  get #openFd(): number {
    if (!this.#open) throw new MondoError("bug", msg`${this.#path} is closed`);
    return this.#fd;
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const error = writeFully(this.#openFd, bytes, 0, bytes.length, this.#size);
    if (error < 0) throw systemError(msg`write`, this.#path, -error);
    this.#size += bytes.length;
    if (this.#size - this.#handedOver < WRITEBACK_BYTES) return;
    startWriteback(this.#fd, this.#handedOver, this.#size - this.#handedOver);
    this.#handedOver = this.#size;
  }

  /** Writes over what is there. */
  patch(offset: number, bytes: Uint8Array): void {
    const error = writeFully(this.#openFd, bytes, 0, bytes.length, offset);
    if (error < 0) throw systemError(msg`write`, this.#path, -error);
  }

  /** Cuts the file off, or lengthens it by zeros; writing goes on there. */
  resize(size: number): void {
    const error = truncateFd(this.#openFd, size);
    if (error < 0) throw systemError(msg`write`, this.#path, -error);
    this.#size = size;
    this.#handedOver = size;
  }

  /** When it returns, what was written is on the disk for good. */
  sync(): void {
    const error = syncFd(this.#openFd);
    if (error < 0) throw systemError(msg`sync`, this.#path, -error);
  }

  /** On the disk for good. */
  finish(): void {
    const error = syncFd(this.#openFd);
    this.close();
    if (error < 0) throw systemError(msg`sync`, this.#path, -error);
  }

  /** Gone, with its space. */
  discard(): void {
    this.close();
    unlinkAt(AT_FDCWD, toByteString(this.#path));
  }

  /** Leaves the file as it is. */
  close(): void {
    if (this.#open) closeFd(this.#fd);
    this.#open = false;
  }
}

/** An OutputFile with the SHA-256 of what went into it. */
export class DigestedFile {
  readonly #name: string;
  readonly #file: OutputFile;
  readonly #sha = new Bun.CryptoHasher("sha256");

  constructor(directory: string, name: string) {
    this.#name = name;
    this.#file = new OutputFile(directory, name);
  }

  write(bytes: Uint8Array): void {
    this.#file.write(bytes);
    this.#sha.update(bytes);
  }

  /** On the disk for good. */
  finish(): VolumeInfo {
    this.#file.finish();
    return { name: this.#name, sizeBytes: this.#file.size, sha256: this.#sha.digest("hex") };
  }

  /** Gone, with its space. */
  discard(): void {
    this.#file.discard();
  }
}
