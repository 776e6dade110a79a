import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import {
  decodeStatvfs,
  OPEN_FLAGS,
  permissionFields,
  SFTP_PART_BYTES,
  SFTP_STATUS,
  sizeFields,
} from "../../formats/network/sftp.ts";
import { type RemoteWriter, remoteError } from "../remote/remote-tree.ts";
import { expectKind, type SftpConnection } from "./sftp-connection.ts";
import type { SftpSession } from "./sftp-session.ts";
import { statOn } from "./sftp-stat.ts";

const MODE = { file: 0o600, directory: 0o700 } as const;
const EXTENSION = {
  rename: "posix-rename@openssh.com",
  space: "statvfs@openssh.com",
  flush: "fsync@openssh.com",
} as const;
/** Of a server that doesn't report it. */
const UNKNOWN_SPACE = { totalBytes: 2 ** 50, freeBytes: 2 ** 50 } as const;

/**
 * Writes into a directory on an SFTP server. A connection that breaks is made again and the same bytes are written
 * again; a file that has lost what the server had taken is given up, and so is one of which a write failed, until what
 * lies behind that place was cut off: it can't get another name.
 */
export class SftpWriter implements RemoteWriter {
  readonly #session: SftpSession;
  readonly #absolute: (path: string) => string;
  readonly #forget: (path: string) => void;
  /** How far the server has taken each file that is being written. */
  readonly #taken = new Map<string, number>();
  /** Files that are not whole from some offset on. */
  readonly #failed = new Map<string, { readonly from: number; readonly error: unknown }>();

  constructor(session: SftpSession, absolute: (path: string) => string, forget: (path: string) => void) {
    this.#session = session;
    this.#absolute = absolute;
    this.#forget = forget;
  }

  async create(path: string): Promise<void> {
    this.#drop(path);
    await this.#session.use(async (connection) => {
      const flags = OPEN_FLAGS.read | OPEN_FLAGS.write | OPEN_FLAGS.create | OPEN_FLAGS.truncate;
      const answer = await connection.request("open", [this.#absolute(path), flags, ...permissionFields(MODE.file)]);
      const { handle } = expectKind(answer, "handle", msg`create ${path}`);
      await connection.release(path);
      await connection.handle(path, "write", async () => handle);
    });
    this.#taken.set(path, 0);
  }

  async write(path: string, offset: number, bytes: Uint8Array): Promise<void> {
    this.#forget(path);
    const failed = this.#failed.get(path);
    if (failed !== undefined) throw failed.error;
    try {
      await this.#session.use(async (connection) => {
        const handle = await this.#handle(connection, path);
        const parts = Array.from({ length: Math.ceil(bytes.byteLength / SFTP_PART_BYTES) }, async (_, index) => {
          const at = index * SFTP_PART_BYTES;
          const part = bytes.subarray(at, at + SFTP_PART_BYTES);
          expectKind(
            await connection.request("write", [handle, BigInt(offset + at), part]),
            "status",
            msg`write ${path}`,
          );
        });
        await Promise.all(parts);
      });
    } catch (error) {
      this.#fail(path, offset, error);
      throw error;
    }
    this.#taken.set(path, Math.max(this.#taken.get(path) ?? 0, offset + bytes.byteLength));
  }

  async truncate(path: string, sizeBytes: number): Promise<void> {
    this.#forget(path);
    await this.#session.use(async (connection) => {
      // A file that has become shorter would be filled up with zeros.
      if (this.#taken.has(path)) await this.#requireTaken(connection, path, sizeBytes);
      const answer = await connection.request("setstat", [this.#absolute(path), ...sizeFields(sizeBytes)]);
      expectKind(answer, "status", msg`cut ${path}`);
    });
    this.#taken.set(path, sizeBytes);
    if (sizeBytes <= (this.#failed.get(path)?.from ?? -1)) this.#failed.delete(path);
  }

  async flush(path: string): Promise<void> {
    const failed = this.#failed.get(path);
    if (failed !== undefined) throw failed.error;
    if (!this.#taken.has(path)) return;
    await this.#session.use(async (connection) => {
      if (!connection.extensions.has(EXTENSION.flush)) return;
      const handle = await this.#handle(connection, path);
      expectKind(await connection.request("extended", [EXTENSION.flush, handle]), "status", msg`flush ${path}`);
    });
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#session.use(async (connection, again) => {
      const absolute = this.#absolute(path);
      const answer = await connection.request("mkdir", [absolute, ...permissionFields(MODE.directory)]);
      // An earlier try may have made it before the connection broke.
      if (again && (await statOn(connection, absolute))?.isDirectory) return;
      expectKind(answer, "status", msg`make the directory ${path}`);
    });
  }

  async removeFile(path: string): Promise<void> {
    await this.#remove("remove", path);
    this.#drop(path);
  }

  removeDirectory(path: string): Promise<void> {
    return this.#remove("rmdir", path);
  }

  #remove(kind: "remove" | "rmdir", path: string): Promise<void> {
    return this.#session.use(async (connection, again) => {
      await connection.release(path);
      const answer = await connection.request(kind, [this.#absolute(path)]);
      if (again && answer.kind === "status" && answer.code === SFTP_STATUS.noSuchFile) return;
      expectKind(answer, "status", msg`remove ${path}`);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const failed = this.#failed.get(from);
    if (failed !== undefined)
      throw remoteError("io", msg`${from} is not whole and keeps its name: ${messageOf(failed.error)}`);
    await this.#session.use((connection, again) => this.#renameOn(connection, from, to, again));
    for (const map of [this.#taken, this.#failed]) map.delete(to);
    const taken = this.#taken.get(from);
    if (taken !== undefined) this.#taken.set(to, taken);
    this.#drop(from);
    this.#forget(to);
  }

  async #renameOn(connection: SftpConnection, from: string, to: string, again: boolean): Promise<void> {
    const [old, next] = [this.#absolute(from), this.#absolute(to)];
    // Handles go by name, and the old name may get another file.
    for (const path of [from, to]) await connection.release(path);
    if (again && !(await statOn(connection, old)) && (await statOn(connection, next))) return;
    if (connection.extensions.has(EXTENSION.rename)) {
      expectKind(await connection.request("extended", [EXTENSION.rename, old, next]), "status", msg`rename ${from}`);
      return;
    }
    // Version 3 has no way to replace a file in one step: for a moment there is none, never half of one.
    if (await statOn(connection, next)) {
      expectKind(await connection.request("remove", [next]), "status", msg`replace ${to}`);
    }
    expectKind(await connection.request("rename", [old, next]), "status", msg`rename ${from}`);
  }

  space(): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
    return this.#session.use(async (connection) => {
      if (!connection.extensions.has(EXTENSION.space)) return UNKNOWN_SPACE;
      const answer = await connection.request("extended", [EXTENSION.space, this.#absolute("")]);
      return decodeStatvfs(expectKind(answer, "extended", msg`ask for free space`).body);
    });
  }

  #handle(connection: SftpConnection, path: string): Promise<Uint8Array> {
    return connection.handle(path, "write", () => this.#openAnew(connection, path));
  }

  async #openAnew(connection: SftpConnection, path: string): Promise<Uint8Array> {
    await this.#requireTaken(connection, path);
    const flags = OPEN_FLAGS.read | OPEN_FLAGS.write;
    const answer = await connection.request("open", [this.#absolute(path), flags, 0]);
    return expectKind(answer, "handle", msg`open ${path}`).handle;
  }

  /** The server still has what it had taken of a file, at least up to some offset; else the file is given up. */
  async #requireTaken(connection: SftpConnection, path: string, upTo = Number.POSITIVE_INFINITY): Promise<void> {
    const taken = this.#taken.get(path) ?? 0;
    const stat = await statOn(connection, this.#absolute(path));
    if (stat && stat.sizeBytes >= Math.min(taken, upTo)) return;
    const has = stat ? msg`has ${stat.sizeBytes} bytes` : msg`is gone`;
    const error = remoteError("io", msg`the server had taken ${taken} bytes of ${path}, which ${has} now`);
    this.#fail(path, 0, error);
    throw error;
  }

  #fail(path: string, offset: number, error: unknown): void {
    this.#failed.set(path, { from: Math.min(offset, this.#failed.get(path)?.from ?? offset), error });
  }

  #drop(path: string): void {
    this.#taken.delete(path);
    this.#failed.delete(path);
    this.#forget(path);
  }
}
