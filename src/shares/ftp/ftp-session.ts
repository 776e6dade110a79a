import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { cure } from "../../network/setting.ts";
import { REMOTE_ERRNO, remoteError } from "../remote/remote-tree.ts";
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

/** "Not logged in", of a wrong password or of one connection too many. */
const NOT_LOGGED_IN = 530;

/** A control connection that is made again when it breaks; work with it is done one thing after the other. */
export class FtpSession {
  readonly #login: FtpLogin;
  readonly #wire: FtpWire;
  /** Shared by all of one login: whether it was good once. */
  readonly #known: { isGood: boolean };
  #connection: FtpConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(login: FtpLogin, wire: FtpWire, like?: FtpSession) {
    this.#login = login;
    this.#wire = wire;
    this.#known = like ? like.#known : { isGood: false };
  }

  /** The same server for another time of waiting. */
  with(wire: Partial<FtpWire>): FtpSession {
    return new FtpSession(this.#login, { ...this.#wire, ...wire }, this);
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

  /** Further work makes another connection. */
  close(): void {
    this.#connection?.close();
  }

  async #try<T>(work: (connection: FtpConnection) => Promise<T>): Promise<T> {
    const { host, log, patienceMs, signal } = this.#wire;
    const aborted = Promise.withResolvers<void>();
    const stop = () => {
      this.close();
      aborted.resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      let end = host.nowMs() + patienceMs;
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2)) {
        signal?.throwIfAborted();
        const begun = host.nowMs();
        const done = await this.#once(work, aborted.promise);
        if (!("lost" in done)) return done.value;
        // A file that was sent for longer than the patience lasts was no silence.
        end += Math.max(0, (this.#connection?.movedMs ?? begun) - begun);
        log(`${done.lost.message}; trying again`);
        if (host.nowMs() > end) throw givenUp(done.lost);
        await Promise.race([host.sleep(pauseMs), aborted.promise]);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async #once<T>(
    work: (connection: FtpConnection) => Promise<T>,
    aborted: Promise<void>,
  ): Promise<{ readonly value: T } | { readonly lost: FtpLost }> {
    const { signal } = this.#wire;
    try {
      await this.#open(aborted);
      signal?.throwIfAborted();
      if (!this.#connection) throw new FtpLost(msg`there is no connection`);
      return { value: await work(this.#connection) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FtpLost) return { lost: error };
      throw error;
    }
  }

  async #open(aborted: Promise<void>): Promise<void> {
    if (this.#connection && !this.#connection.isLost) return;
    const { host, signal } = this.#wire;
    const opening = FtpConnection.open(this.#login, () => host.nowMs());
    opening.then(
      (connection) => signal?.aborted && connection.close(),
      () => {},
    );
    try {
      this.#connection = (await Promise.race([opening, aborted])) ?? undefined;
      this.#known.isGood = true;
    } catch (error) {
      throw this.#known.isGood ? withoutRoom(error, this.#login) : error;
    }
  }
}

/** What a refused login is where the same one was good before. */
function withoutRoom(error: unknown, { server }: FtpLogin): unknown {
  if (!(error instanceof MondoError) || error.data.reply !== NOT_LOGGED_IN) return error;
  return new FtpLost(
    msg`the FTP server ${server} lets nobody more in: ${NOT_LOGGED_IN} ${error.data.said}`,
    msg`Let it take more connections of one user at a time, or wait until others are done.`,
  );
}

function givenUp({ message, hint }: FtpLost): MondoError {
  if (hint === undefined) return remoteError("away", msg`the FTP server does not come back: ${message}`);
  return new MondoError("system", message, { hint, data: { ...cure("share").data, errno: REMOTE_ERRNO.away } });
}
