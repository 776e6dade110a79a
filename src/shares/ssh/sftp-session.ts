import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { remoteError } from "../remote/remote-tree.ts";
import { ConnectionLost, SftpConnection, type StartPipe } from "./sftp-connection.ts";

/** What a session works with. */
export interface SftpWire {
  readonly host: Pick<Host, "sleep" | "nowMs" | "after">;
  readonly start: StartPipe;
  readonly log: (text: string) => void;
  /** How long a server that went away is waited for. */
  readonly patienceMs: number;
}

const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;
/** A server that takes connections and never says anything. */
const GREETING_MS = 30_000;

/** A connection that is made again when it breaks. */
export class SftpSession {
  readonly #wire: SftpWire;
  #connection: Promise<SftpConnection> | undefined;

  constructor(wire: SftpWire) {
    this.#wire = wire;
  }

  /** One try to connect. Throws ConnectionLost with ssh's own message. */
  async connect(): Promise<SftpConnection> {
    let started: { kill(): void } | undefined;
    let isSilent = false;
    const cancel = this.#wire.host.after(GREETING_MS, () => {
      isSilent = true;
      started?.kill();
    });
    try {
      return await SftpConnection.open((events) => {
        const pipe = this.#wire.start(events);
        started = pipe;
        return pipe;
      });
    } catch (error) {
      throw isSilent ? new ConnectionLost(msg`the server takes connections, but says nothing`) : error;
    } finally {
      cancel();
    }
  }

  /** The standing connection. */
  async #standing(): Promise<SftpConnection> {
    const known = this.#connection;
    if (known && !(await known).isLost) return known;
    // Another request may have begun to connect meanwhile.
    if (this.#connection === known) {
      this.#connection = this.connect();
      this.#connection.catch(() => {
        this.#connection = undefined;
      });
    }
    return this.#connection ?? this.connect();
  }

  /**
   * Does work with a connection, again with a new one when it breaks. `again` means that an earlier try may have done
   * all of it. Throws what the work throws, or `away` when there was no connection for as long as the patience lasts.
   */
  async use<T>(work: (connection: SftpConnection, again: boolean) => Promise<T>): Promise<T> {
    const { host, log, patienceMs } = this.#wire;
    let pauseMs = FIRST_PAUSE_MS;
    const end = host.nowMs() + patienceMs;
    for (let again = false; ; again = true) {
      try {
        return await work(await this.#standing(), again);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        log(`${error.message}; trying again`);
        if (host.nowMs() > end) throw remoteError("away", msg`the server does not come back: ${error.message}`);
      }
      await host.sleep(pauseMs);
      pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
    }
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    connection?.close();
  }
}
