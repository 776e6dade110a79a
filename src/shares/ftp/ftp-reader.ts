import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { StreamSocket } from "../../host/stream-socket.ts";
import { remoteError } from "../remote/remote-tree.ts";
import { type FtpConnection, FtpLost } from "./ftp-connection.ts";
import type { FtpSession } from "./ftp-session.ts";

/** So much is passed over rather than beginning anew further on. */
const SKIP_BYTES = 4 << 20;

/** A file that is coming in, from some byte to its end. */
interface Stream {
  readonly connection: FtpConnection;
  readonly data: StreamSocket;
  readonly absolute: string;
  position: number;
  rest: Uint8Array;
}

/** Reads ranges of files: as long as they follow one another, all from one transfer. */
export class FtpReader {
  readonly #session: FtpSession;
  #stream: Stream | undefined;

  /** The session is the reader's alone. */
  constructor(session: FtpSession) {
    this.#session = session;
  }

  /** All of a range that lies in the file. */
  range(absolute: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#session.use(async (connection) => {
      try {
        const stream = await this.#streamAt(connection, absolute, offset);
        await take(stream, offset - stream.position, () => {});
        const bytes = new Uint8Array(length);
        await take(stream, length, (part, at) => bytes.set(part, at));
        return bytes;
      } catch (error) {
        this.#stream?.data.close();
        if (this.#stream && error instanceof FtpLost) this.#stream.connection.close();
        this.#stream = undefined;
        throw error;
      }
    });
  }

  /** The transfer that is under way, if it comes to that byte soon; a new one else. */
  async #streamAt(connection: FtpConnection, absolute: string, offset: number): Promise<Stream> {
    const stream = this.#stream;
    const ahead = offset - (stream?.position ?? 0);
    const isUsable = stream?.connection === connection && stream.absolute === absolute;
    if (stream && isUsable && ahead >= 0 && ahead <= SKIP_BYTES) return stream;
    this.#stream = undefined;
    let usable = connection;
    if (stream) {
      stream.data.close();
      if (stream.connection === connection) await connection.settle();
      if (connection.isLost) throw new FtpLost(msg`the transfer before was broken off`);
    }
    usable = connection;
    const data = await usable.transfer(msg`read ${absolute}`, offset, "RETR", absolute);
    this.#stream = { connection: usable, data, absolute, position: offset, rest: new Uint8Array(0) };
    return this.#stream;
  }
}

/** Takes so many bytes of a transfer, part by part. Throws FtpLost when it ends before. */
async function take(stream: Stream, length: number, use: (part: Uint8Array, at: number) => void): Promise<void> {
  for (let at = 0; at < length; ) {
    if (stream.rest.byteLength === 0) {
      const came = await stream.data.read().catch((error: unknown) => {
        throw new FtpLost(messageOf(error));
      });
      if (!came) throw await whyEnded(stream);
      stream.rest = came;
      stream.connection.moved();
    }
    const part = stream.rest.subarray(0, length - at);
    use(part, at);
    at += part.byteLength;
    stream.position += part.byteLength;
    stream.rest = stream.rest.subarray(part.byteLength);
  }
}

/** A transfer that the server ended in good order before the range came: the file is shorter than it was. */
async function whyEnded({ connection, absolute, position }: Stream): Promise<Error> {
  try {
    await connection.ended(msg`read ${absolute}`);
    return remoteError("stale", msg`${absolute} ends at byte ${position} now: it was replaced while it was read`);
  } catch {
    return new FtpLost(msg`the connection broke at byte ${position} of ${absolute}`);
  }
}
