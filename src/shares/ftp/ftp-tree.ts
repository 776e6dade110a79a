import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { decodeNames } from "../../formats/network/ftp.ts";
import { BlockReader } from "../remote/block-reader.ts";
import { type RemoteStat, type RemoteTree, remoteError } from "../remote/remote-tree.ts";
import { type FtpConnection, FtpLost } from "./ftp-connection.ts";
import { FtpReader } from "./ftp-reader.ts";
import type { FtpSession } from "./ftp-session.ts";
import { sizeOn } from "./ftp-size.ts";

/** A directory of sets has some thousand names; a listing that is longer is not read to its end. */
const MOST_LIST_BYTES = 16 << 20;

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

  #absolute({ home }: FtpConnection, path: string): string {
    const root = this.#path.startsWith("//") ? this.#path.slice(1) : `${home.replace(/\/$/, "")}${this.#path}`;
    return `${root.replace(/\/$/, "")}/${path}`.replace(/(?<=.)\/$/, "");
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    const stat = await this.#session.use((connection) => this.#statOn(connection, path));
    // Whoever asks now reads what is there now.
    if (this.#known.get(path)?.sizeBytes !== stat?.sizeBytes) this.#known.delete(path);
    return stat;
  }

  list(path: string): Promise<readonly string[]> {
    return this.#session.use((connection) => listOn(connection, this.#absolute(connection, path)));
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const known = this.#known.get(path) ?? (await this.#learn(path));
    this.#known.set(path, known);
    return known.read(offset, length);
  }

  async #learn(path: string): Promise<BlockReader> {
    const stat = await this.#session.use((connection) => this.#statOn(connection, path));
    if (!stat) throw remoteError("notFound", `there is no ${path}`);
    const absolute = await this.#session.use(async (connection) => this.#absolute(connection, path));
    return new BlockReader(stat.sizeBytes, (offset, length) => this.#reader.range(absolute, offset, length));
  }

  async #statOn(connection: FtpConnection, path: string): Promise<RemoteStat | undefined> {
    const absolute = this.#absolute(connection, path);
    const sizeBytes = await sizeOn(connection, absolute);
    if (sizeBytes !== undefined) return { isDirectory: false, sizeBytes, mtimeSeconds: 0 };
    const isDirectory = (await connection.command("CWD", absolute)).code === 250;
    return isDirectory ? { isDirectory, sizeBytes: 0, mtimeSeconds: 0 } : undefined;
  }
}

/** The names in a directory: by MLSD where the server has it. */
async function listOn(connection: FtpConnection, absolute: string): Promise<readonly string[]> {
  const what = `list ${absolute}`;
  // A path in an argument may be taken for a pattern, or an option.
  await connection.must(what, "CWD", absolute);
  if (connection.features.has("MLST")) return namesBy(connection, what, "mlsd", "MLSD");
  try {
    // Without the option some leave out what begins with a dot; some don't know it.
    return await namesBy(connection, what, "nlst", "NLST", "-a");
  } catch (error) {
    if (!(error instanceof MondoError) || error.code === "refused") throw error;
    return namesBy(connection, what, "nlst", "NLST");
  }
}

async function namesBy(
  connection: FtpConnection,
  what: string,
  kind: "mlsd" | "nlst",
  ...command: readonly string[]
): Promise<readonly string[]> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    const data = await connection.transfer(what, 0, ...command);
    for (let part = await readPart(data); part; part = await readPart(data)) {
      parts.push(part);
      bytes += part.byteLength;
      if (bytes <= MOST_LIST_BYTES) continue;
      data.close();
      connection.close();
      throw new MondoError("refused", `${what}: it has more names than a directory of backups can have`);
    }
    await connection.ended(what);
  } catch (error) {
    // Some say this of a directory that is empty.
    if (command.join() === "NLST" && error instanceof MondoError && error.data.errno === 2) return [];
    throw error;
  }
  return decodeNames(decodeText(Buffer.concat(parts)), kind);
}

async function readPart(data: { read(): Promise<Uint8Array | undefined> }): Promise<Uint8Array | undefined> {
  try {
    return await data.read();
  } catch (error) {
    throw new FtpLost(String(error));
  }
}
