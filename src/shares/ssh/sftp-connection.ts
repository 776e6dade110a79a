import { msg } from "../../base/message.ts";
import {
  encodeSftpRequest,
  SFTP_STATUS,
  type SftpAnswer,
  type SftpField,
  SftpReader,
  type SftpRequestKind,
} from "../../formats/network/sftp.ts";
import type { PipedEvents, PipedProcess } from "../../host/piped-process.ts";
import { remoteError } from "../remote/remote-tree.ts";

/** The connection broke: what was asked for may be asked for again on another one. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/** Starts the program whose standard input and output are the connection. Replaced in tests. */
export type StartPipe = (events: PipedEvents) => Pick<PipedProcess, "send" | "kill">;

const VERSION = 3;
/** A status that is a failure; the server's own words go into the log only, some repeat the path. */
const ERRNO = {
  [SFTP_STATUS.noSuchFile]: "notFound",
  [SFTP_STATUS.permissionDenied]: "denied",
  [SFTP_STATUS.unsupported]: "notSupported",
} as const;

/** What a file was opened for. */
export type Purpose = "read" | "write";

interface Waiting {
  resolve(answer: SftpAnswer): void;
  reject(error: Error): void;
}

/** The answer, when it is of the kind that was asked for. Throws the error that a status stands for. */
export function expectKind<K extends SftpAnswer["kind"]>(
  answer: SftpAnswer,
  kind: K,
  what: string,
): Extract<SftpAnswer, { kind: K }> {
  if (answer.kind === kind && !(answer.kind === "status" && answer.code !== SFTP_STATUS.ok)) {
    return answer as Extract<SftpAnswer, { kind: K }>;
  }
  if (answer.kind !== "status") throw remoteError("io", msg`${what}: the server answers with ${answer.kind}`);
  const errno = answer.code in ERRNO ? ERRNO[answer.code as keyof typeof ERRNO] : "io";
  throw remoteError(errno, msg`${what}: the server says: ${answer.text || msg`status ${answer.code}`}`);
}

/** One connection to an SFTP server; many requests may wait for their answers. */
export class SftpConnection {
  extensions: ReadonlySet<string> = new Set();
  readonly #handles = new Map<string, Promise<Uint8Array>>();
  readonly #pipe: ReturnType<StartPipe>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #reader = new SftpReader();
  #last = 0;
  #lost: ConnectionLost | undefined;

  private constructor(start: StartPipe) {
    this.#pipe = start({
      receive: (bytes) => {
        for (const answer of this.#reader.push(bytes)) this.#take(answer);
      },
      ended: (stderr) => this.#end(stderr),
    });
  }

  /** Starts it and waits for the server's greeting. Throws ConnectionLost with what the program said. */
  static async open(start: StartPipe): Promise<SftpConnection> {
    const connection = new SftpConnection(start);
    const greeting = await connection.#wait(0, encodeSftpRequest("init", VERSION));
    if (greeting.kind === "version") connection.extensions = greeting.extensions;
    return connection;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** Asks; the answer may be a status of failure. Throws ConnectionLost. */
  request(kind: SftpRequestKind, fields: readonly SftpField[]): Promise<SftpAnswer> {
    this.#last = (this.#last % 0xffff_fffe) + 1;
    return this.#wait(this.#last, encodeSftpRequest(kind, this.#last, fields));
  }

  /** The handle of a file that was opened for the same before on this connection; else `open` opens it. */
  handle(path: string, purpose: Purpose, open: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const key = `${purpose} ${path}`;
    const known = this.#handles.get(key);
    if (known) return known;
    const opened = open();
    this.#handles.set(key, opened);
    opened.catch(() => this.#handles.delete(key));
    return opened;
  }

  /** Closes what is open of a file, or of all below a directory: the server would keep the room of what is removed. */
  async release(path: string): Promise<void> {
    for (const [key, opened] of [...this.#handles]) {
      const open = key.slice(key.indexOf(" ") + 1);
      if (open !== path && !open.startsWith(`${path}/`)) continue;
      this.#handles.delete(key);
      const handle = await opened.catch(() => undefined);
      if (handle) await this.request("close", [handle]);
    }
  }

  close(): void {
    this.#pipe.kill();
  }

  #wait(number: number, packet: Uint8Array): Promise<SftpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      this.#waiting.set(number, { resolve, reject });
      this.#pipe.send(packet);
    });
  }

  #take(answer: SftpAnswer): void {
    // The greeting's number is the version: it was asked for as 0.
    const number = answer.kind === "version" ? 0 : answer.number;
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    waiting?.resolve(answer);
  }

  #end(stderr: string): void {
    const lines = stderr.split("\n").filter((line) => line.trim() !== "");
    this.#lost = new ConnectionLost(lines.slice(-3).join("; ") || msg`the connection was closed`);
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}
