import { toByteString } from "../base/bytes.ts";
import { AT_FDCWD, closeFd, openAt, startWriteback, syncFd, unlinkAt, writeFully } from "../host/fs-calls.ts";
import { OpenFlag, systemError } from "../host/syscalls.ts";
import type { VolumeInfo } from "./set-files.ts";

/** The disk gets work after every so many bytes, not all of it at the end when the file is synced. */
const WRITEBACK_BYTES = 16 << 20;

/**
 * A file that is written from start to end, with the SHA-256 of what went into it. Failures are MondoErrors (`no-space`
 * among them).
 */
export class OutputFile {
  readonly #path: string;
  readonly #name: string;
  readonly #fd: number;
  readonly #sha = new Bun.CryptoHasher("sha256");
  #size = 0;
  #handedOver = 0;
  #open = true;

  constructor(directory: string, name: string) {
    this.#name = name;
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
    this.#sha.update(bytes);
    this.#size += bytes.length;
    if (this.#size - this.#handedOver < WRITEBACK_BYTES) return;
    startWriteback(this.#fd, this.#handedOver, this.#size - this.#handedOver);
    this.#handedOver = this.#size;
  }

  /** On the disk for good. */
  finish(): VolumeInfo {
    const error = syncFd(this.#fd);
    this.#close();
    if (error < 0) throw systemError("sync", this.#path, -error);
    return { name: this.#name, sizeBytes: this.#size, sha256: this.#sha.digest("hex") };
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
