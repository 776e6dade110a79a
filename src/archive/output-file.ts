import { toByteString } from "../base/bytes.ts";
import { AT_FDCWD, closeFd, openAt, startWriteback, syncFd, unlinkAt, writeFully } from "../host/fs-calls.ts";
import { OpenFlag, systemError } from "../host/syscalls.ts";
import type { VolumeInfo } from "./set-files.ts";

/** The disk gets work after every so many bytes, not all of it at the end when the file is synced. */
const WRITEBACK_BYTES = 16 << 20;

/** A file that is written from start to end. Failures are MondoErrors (`no-space` among them). */
export class OutputFile {
  readonly #path: string;
  readonly #fd: number;
  #size = 0;
  #handedOver = 0;
  #open = true;

  constructor(directory: string, name: string) {
    this.#path = `${directory}/${name}`;
    const flags = OpenFlag.write | OpenFlag.create | OpenFlag.truncate | OpenFlag.noFollow;
    this.#fd = openAt(AT_FDCWD, toByteString(this.#path), flags, 0o600);
    if (this.#fd < 0) throw systemError("create", this.#path, -this.#fd);
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const error = writeFully(this.#fd, bytes, 0, bytes.length, this.#size);
    if (error < 0) throw systemError("write", this.#path, -error);
    this.#size += bytes.length;
    if (this.#size - this.#handedOver < WRITEBACK_BYTES) return;
    startWriteback(this.#fd, this.#handedOver, this.#size - this.#handedOver);
    this.#handedOver = this.#size;
  }

  /** On the disk for good. */
  finish(): void {
    const error = syncFd(this.#fd);
    this.#close();
    if (error < 0) throw systemError("sync", this.#path, -error);
  }

  /** Gone, with its space. */
  discard(): void {
    this.#close();
    unlinkAt(AT_FDCWD, toByteString(this.#path));
  }

  #close(): void {
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
