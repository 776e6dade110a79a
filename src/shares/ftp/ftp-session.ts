import type { Host } from "../../host/host.ts";
import { remoteError } from "../remote/remote-tree.ts";
import { FtpConnection, type FtpLogin, FtpLost } from "./ftp-connection.ts";

/** What a session works with. */
export interface FtpWire {
  readonly host: Pick<Host, "sleep" | "nowMs">;
  readonly log: (text: string) => void;
  /** How long a server that went away is waited for. */
  readonly patienceMs: number;
  /** Ends what is under way, and all that follows. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;

/** A control connection that is made again when it breaks; work with it is done one thing after the other. */
export class FtpSession {
  readonly #login: FtpLogin;
  readonly #wire: FtpWire;
  #connection: FtpConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(login: FtpLogin, wire: FtpWire) {
    this.#login = login;
    this.#wire = wire;
  }

  /** The same server for another time of waiting. */
  with(wire: Partial<FtpWire>): FtpSession {
    return new FtpSession(this.#login, { ...this.#wire, ...wire });
  }

  /**
   * Does work when its turn comes, again with a new connection when it breaks. Throws what the work throws, or `away`
   * when there was no connection for longer than the patience lasts.
   */
  use<T>(work: (connection: FtpConnection) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#try(work));
    this.#last = done.catch(() => {});
    return done;
  }

  close(): void {
    this.#connection?.close();
  }

  async #try<T>(work: (connection: FtpConnection) => Promise<T>): Promise<T> {
    const { host, log, patienceMs, signal } = this.#wire;
    let end = host.nowMs() + patienceMs;
    let pauseMs = FIRST_PAUSE_MS;
    const stop = () => this.#connection?.close();
    for (;;) {
      signal?.throwIfAborted();
      let begun: number | undefined;
      try {
        if (!this.#connection || this.#connection.isLost) this.#connection = await FtpConnection.open(this.#login);
        begun = host.nowMs();
        signal?.addEventListener("abort", stop, { once: true });
        return await work(this.#connection);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof FtpLost)) throw error;
        // A file that was sent for longer than the patience lasts was no silence.
        end += begun === undefined ? 0 : host.nowMs() - begun;
        log(`${error.message}; trying again`);
        if (host.nowMs() > end) throw remoteError("away", `the FTP server does not come back: ${error.message}`);
      } finally {
        signal?.removeEventListener("abort", stop);
      }
      await host.sleep(pauseMs);
      pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
    }
  }
}
