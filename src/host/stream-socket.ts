import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { msg } from "../base/message.ts";
import { trustedAuthorities } from "./authorities.ts";

/** How a connection is encrypted. */
export interface TlsWish {
  /** Name that the server's certificate must be for. */
  readonly server: string;
  /** A connection whose session is taken up: some servers want to see that both are one client's. */
  readonly like?: StreamSocket;
}

/** Where a connection leads. */
export interface SocketPlace {
  /** An address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Nothing may happen for so long, at any step. */
  readonly silenceMs: number;
  /** Somebody answers there in this time. Default: as `silenceMs`. */
  readonly connectMs?: number;
}

/** What arrived before whoever reads asked for it; the peer waits then. */
const MOST_WAITING = 4 << 20;
const KEEP_ALIVE_MS = 60_000;

/** A TCP connection that is read and written in order, and may become one with TLS. Errors are the runtime's. */
export class StreamSocket {
  readonly #silenceMs: number;
  #socket: Socket | TLSSocket;
  #session: Buffer | undefined;
  #parts: Uint8Array[] = [];
  #waiting = 0;
  #isEnded = false;
  #error: Error | undefined;
  #wake: () => void = () => {};
  #letGo: () => void;

  private constructor(socket: Socket | TLSSocket, silenceMs: number) {
    this.#socket = socket;
    this.#silenceMs = silenceMs;
    this.#letGo = this.#listen(socket);
  }

  /** Throws when nobody answers there in time. */
  static async open({ host, port, silenceMs, connectMs = silenceMs }: SocketPlace): Promise<StreamSocket> {
    const socket = connectTcp({ host, port });
    await established(socket, "connect", connectMs);
    // One that waits for minutes while another one transfers must not be forgotten on the way.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return new StreamSocket(socket, silenceMs);
  }

  /** Goes on encrypted. Throws when the certificate is not one that this machine trusts, for that name. */
  async startTls({ server, like }: TlsWish): Promise<void> {
    const plain = this.#socket;
    this.#letGo();
    // What came in clear, and was not read, counts for nothing.
    this.#parts = [];
    this.#waiting = 0;
    const session = like?.session;
    const name = /^[\d.]+$|:/.test(server) ? {} : { servername: server };
    const ca = trustedAuthorities();
    const trust = ca === undefined ? {} : { ca: [...ca] };
    const socket = connectTls({ socket: plain, host: server, ...name, ...trust, ...(session ? { session } : {}) });
    this.#socket = socket;
    socket.on("session", (given: Buffer) => {
      this.#session = given;
    });
    await established(socket, "secureConnect", this.#silenceMs);
    this.#letGo = this.#listen(socket);
  }

  /** What a further connection takes up. */
  get session(): Buffer | undefined {
    return this.#session ?? ("getSession" in this.#socket ? this.#socket.getSession() : undefined);
  }

  /** What comes next; undefined at the end. `silenceMs`: where the peer may take longer than at other steps. */
  async read(silenceMs = this.#silenceMs): Promise<Uint8Array | undefined> {
    for (;;) {
      const part = this.#parts.shift();
      if (part) {
        this.#waiting -= part.byteLength;
        if (this.#waiting < MOST_WAITING) this.#socket.resume();
        return part;
      }
      if (this.#error) throw this.#error;
      if (this.#isEnded) return undefined;
      await this.#happens(silenceMs);
    }
  }

  /** Done when the kernel has taken it. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#isEnded && !this.#socket.writable) throw new Error(msg`the connection was closed`);
    if (this.#socket.write(bytes)) return;
    let isDrained = false;
    this.#socket.once("drain", () => {
      isDrained = true;
      this.#wake();
    });
    await this.#until(() => isDrained);
  }

  /** Nothing follows: done when the kernel has taken everything, and the end of it. What comes can still be read. */
  async finish(): Promise<void> {
    let isDone = false;
    this.#socket.end(() => {
      isDone = true;
      this.#wake();
    });
    await this.#until(() => isDone);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#error) throw this.#error;
      if (this.#socket.destroyed) throw new Error(msg`the connection was closed`);
      await this.#happens();
    }
  }

  /** Closes it after so long, unless the function that is returned was called. */
  closeIn(limitMs: number): () => void {
    const timer = setTimeout(() => this.close(), limitMs);
    return () => clearTimeout(timer);
  }

  close(): void {
    this.#isEnded = true;
    this.#socket.destroy();
    this.#wake();
  }

  /** Waits for anything to happen; silence for too long is an error. */
  #happens(silenceMs = this.#silenceMs): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#error ??= new Error(msg`nothing came for ${silenceMs / 1000} s`);
        resolve();
      }, silenceMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Takes what a socket gives; the function that is returned lets go of it. */
  #listen(socket: Socket | TLSSocket): () => void {
    const data = (bytes: Uint8Array) => {
      this.#parts.push(bytes);
      this.#waiting += bytes.byteLength;
      if (this.#waiting >= MOST_WAITING) socket.pause();
      this.#wake();
    };
    const ended = () => {
      this.#isEnded = true;
      this.#wake();
    };
    const failed = (error: Error) => {
      this.#error ??= error;
      this.#wake();
    };
    socket.on("data", data);
    socket.on("end", ended);
    socket.on("close", ended);
    socket.on("error", failed);
    return () => {
      socket.off("data", data);
      socket.off("end", ended);
      socket.off("close", ended);
      socket.off("error", failed);
    };
  }
}

/** Waits for the beginning of a connection. */
function established(socket: Socket | TLSSocket, event: string, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      clearTimeout(timer);
      socket.off("error", done);
      socket.off("close", closed);
      socket.off(event, begun);
      if (!error) return resolve();
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const closed = () => done(new Error(msg`the connection was closed`));
    const begun = () => done();
    const timer = setTimeout(() => done(new Error(msg`no answer in ${limitMs / 1000} s`)), limitMs);
    socket.on("error", done);
    socket.on("close", closed);
    socket.on(event, begun);
  });
}
