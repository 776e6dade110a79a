import { concatBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { OPEN_FLAGS, SFTP_PART_BYTES, SFTP_STATUS } from "../../formats/network/sftp.ts";
import { BlockReader } from "../remote/block-reader.ts";
import { type RemoteStat, type RemoteTree, type RemoteWriter, remoteError } from "../remote/remote-tree.ts";
import { expectKind, type SftpConnection } from "./sftp-connection.ts";
import type { SftpSession } from "./sftp-session.ts";
import { statOn } from "./sftp-stat.ts";
import { SftpWriter } from "./sftp-writer.ts";

/** What a file was when its first part was read: one that is another later must not be mixed with it. */
interface Known {
  readonly reader: BlockReader;
  readonly mtimeSeconds: number;
}

const isSame = ({ reader, mtimeSeconds }: Known, stat: RemoteStat | undefined) =>
  stat?.sizeBytes === reader.sizeBytes && stat.mtimeSeconds === mtimeSeconds;

/** A directory on an SFTP server. */
export class SftpTree implements RemoteTree {
  readonly writer?: RemoteWriter;
  readonly #session: SftpSession;
  readonly #root: string;
  readonly #known = new Map<string, Known>();

  /** `root` is its path on the server. */
  constructor(session: SftpSession, root: string, access: "read" | "write") {
    this.#session = session;
    this.#root = root.replace(/\/+$/, "");
    if (access === "write") {
      this.writer = new SftpWriter(
        session,
        (path) => this.#absolute(path),
        (path) => void this.#known.delete(path),
      );
    }
  }

  #absolute(path: string): string {
    return path === "" ? this.#root || "/" : `${this.#root}/${path}`;
  }

  stat(path: string): Promise<RemoteStat | undefined> {
    return this.#session.use(async (connection) => {
      const stat = await statOn(connection, this.#absolute(path));
      const known = this.#known.get(path);
      if (known && !isSame(known, stat)) {
        // Whoever asks now will read what is there now; what is in use has its checksums.
        this.#known.delete(path);
        await connection.release(path);
      }
      return stat;
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.#session.use((connection) => listOn(connection, this.#absolute(path)));
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const { reader } = this.#known.get(path) ?? (await this.#learn(path));
    return reader.read(offset, length);
  }

  async #learn(path: string): Promise<Known> {
    const stat = await this.stat(path);
    if (!stat) throw remoteError("notFound", msg`there is no ${path}`);
    const reader = new BlockReader(stat.sizeBytes, (offset, length) => this.#fetch(path, offset, length));
    const known = { reader, mtimeSeconds: stat.mtimeSeconds };
    this.#known.set(path, known);
    return known;
  }

  #fetch(path: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#session.use(async (connection) => {
      const handle = await connection.handle(path, "read", () => this.#openAnew(connection, path));
      const parts = Array.from({ length: Math.ceil(length / SFTP_PART_BYTES) }, (_, index) => {
        const at = index * SFTP_PART_BYTES;
        return readPart(connection, handle, offset + at, Math.min(SFTP_PART_BYTES, length - at), path);
      });
      return concatBytes(await Promise.all(parts));
    });
  }

  /** Of a file that was replaced while the connection was gone nothing more is read. */
  async #openAnew(connection: SftpConnection, path: string): Promise<Uint8Array> {
    const absolute = this.#absolute(path);
    const before = this.#known.get(path);
    const stat = await statOn(connection, absolute);
    if (before && !isSame(before, stat))
      throw remoteError("stale", msg`${absolute} was replaced on the server while it was read`);
    const answer = await connection.request("open", [absolute, OPEN_FLAGS.read, 0]);
    return expectKind(answer, "handle", msg`open ${absolute}`).handle;
  }
}

async function listOn(connection: SftpConnection, absolute: string): Promise<readonly string[]> {
  const opened = expectKind(await connection.request("opendir", [absolute]), "handle", msg`list ${absolute}`);
  const names: string[] = [];
  for (;;) {
    const answer = await connection.request("readdir", [opened.handle]);
    if (answer.kind === "status" && answer.code === SFTP_STATUS.endOfFile) break;
    names.push(...expectKind(answer, "name", msg`list ${absolute}`).names);
  }
  await connection.request("close", [opened.handle]);
  return names.filter((name) => name !== "." && name !== "..");
}

/** All of a part: servers may give less at once. Throws when the file has become shorter. */
async function readPart(
  connection: SftpConnection,
  handle: Uint8Array,
  offset: number,
  length: number,
  path: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const answer = await connection.request("read", [handle, BigInt(offset + filled), length - filled]);
    if (answer.kind === "status" && answer.code === SFTP_STATUS.endOfFile) {
      throw remoteError("stale", msg`${path} has become shorter on the server while it was read`);
    }
    const part = expectKind(answer, "data", msg`read ${path}`).bytes;
    bytes.set(part, filled);
    filled += part.byteLength;
  }
  return bytes;
}
