import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { BlockReader } from "../remote/block-reader.ts";
import { REMOTE_ERRNO, type RemoteStat, type RemoteTree, remoteError } from "../remote/remote-tree.ts";
import type { FtpConnection } from "./ftp-connection.ts";
import { namesOn } from "./ftp-listing.ts";
import { absolutePathOn } from "./ftp-place.ts";
import { FtpReader } from "./ftp-reader.ts";
import type { FtpSession } from "./ftp-session.ts";
import { sizeOn } from "./ftp-size.ts";

/** A directory on an FTP server. Commands have a connection of their own, beside the one of transfers. */
export class FtpTree implements RemoteTree {
  readonly #session: FtpSession;
  readonly #reader: FtpReader;
  readonly #path: string;
  readonly #known = new Map<string, BlockReader>();

  /** `path` as in `FtpPlace`. */
  constructor(session: FtpSession, path: string) {
    this.#session = session;
    this.#path = path;
    this.#reader = new FtpReader(session.with({}));
  }

  #absolute(connection: FtpConnection, path: string): string {
    return absolutePathOn(connection, this.#path, path);
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    const stat = await this.#session.use((connection) => this.#statOn(connection, path));
    // Whoever asks now reads what is there now.
    if (this.#known.get(path)?.sizeBytes !== stat?.sizeBytes) this.#known.delete(path);
    return stat;
  }

  list(path: string): Promise<readonly string[]> {
    return this.#session.use((connection) => namesOn(connection, this.#absolute(connection, path)));
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const known = this.#known.get(path) ?? (await this.#learn(path));
    this.#known.set(path, known);
    return known.read(offset, length);
  }

  async #learn(path: string): Promise<BlockReader> {
    const stat = await this.#session.use((connection) => this.#statOn(connection, path));
    if (!stat) throw remoteError("notFound", msg`there is no ${path}`);
    const absolute = await this.#session.use(async (connection) => this.#absolute(connection, path));
    return new BlockReader(stat.sizeBytes, async (offset, length) => {
      try {
        return await this.#reader.range(absolute, offset, length);
      } catch (error) {
        throw await this.#whyUnread(path, error);
      }
    });
  }

  /** Servers say the same of a file that is gone and of one that is only closed to this user. */
  async #whyUnread(path: string, error: unknown): Promise<unknown> {
    if (!(error instanceof MondoError) || error.data.errno !== REMOTE_ERRNO.notFound) return error;
    const stat = await this.#session.use((connection) => this.#statOn(connection, path));
    return stat ? remoteError("denied", msg`${path} is there, but closed to this user: ${error.message}`) : error;
  }

  async #statOn(connection: FtpConnection, path: string): Promise<RemoteStat | undefined> {
    const absolute = this.#absolute(connection, path);
    const sizeBytes = await sizeOn(connection, absolute);
    if (sizeBytes !== undefined) return { isDirectory: false, sizeBytes, mtimeSeconds: 0 };
    const isDirectory = (await connection.command("CWD", absolute)).code === 250;
    return isDirectory ? { isDirectory, sizeBytes: 0, mtimeSeconds: 0 } : undefined;
  }
}
