import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { KIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { remoteError } from "../remote/remote-tree.ts";
import { BelowRoot } from "../store/below-root.ts";
import { lengthOf, type ObjectBody, partsOf, type StoredObject, type StoreUse } from "../store/object-store.ts";
import {
  OPENING_MS,
  PARTIAL,
  type StoredEntry,
  type WholeParts,
  WholeStore,
  wholeParts,
} from "../store/whole-store.ts";
import { explainFtp } from "./explain-ftp.ts";
import { type FtpConnection, type FtpLogin, FtpLost, isGood, refusedBy } from "./ftp-connection.ts";
import { entriesOn, isDirectoryOn, isListedOn } from "./ftp-listing.ts";
import { absolutePathOn, belowFtp, type FtpPlace, isSameServer, parseFtp, renderFtp } from "./ftp-place.ts";
import type { FtpSession } from "./ftp-session.ts";
import { sizeOn } from "./ftp-size.ts";

/** Of such a part, something moves within the time that silence is waited for on slow links, too. */
const PART_BYTES = 64 * KIB;
/** Of one file: a server that breaks off each time is not asked for ever. */
const MOST_TRIES = 12;
/** "Requested action aborted: local error": a full disk, or something that passes. */
const LOCAL_ERROR = 451;
const MOST_LOCAL_ERRORS = 2;

/** What became of the tries to send a file. */
interface Past {
  tries: number;
  localErrors: number;
  last: unknown;
}

/** What stores on one server share. */
interface FtpStoreParts extends WholeParts {
  readonly host: Pick<Host, "readAt" | "nowMs">;
  readonly login: FtpLogin;
  readonly session: FtpSession;
  /** Directories that are there. */
  readonly made: Set<string>;
}

const parentsOf = (path: string): string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, at, names) => names.slice(0, at + 1).join("/"));

/** A directory on an FTP server, which takes a file in one piece: it gets its name when all of it is there. */
export class FtpStore extends WholeStore {
  readonly name: string;
  readonly #parts: FtpStoreParts;
  readonly #place: BelowRoot<FtpPlace>;

  private constructor(parts: FtpStoreParts, place: BelowRoot<FtpPlace>) {
    super(parts);
    this.#parts = parts;
    this.#place = place;
    this.name = renderFtp(belowFtp(place.root, place.directory), true);
  }

  static at(
    host: Pick<Host, "readAt" | "nowMs" | "tryReadText">,
    login: FtpLogin,
    session: FtpSession,
    place: FtpPlace,
  ): FtpStore {
    return new FtpStore({ ...wholeParts(host), host, login, session, made: new Set() }, new BelowRoot(place));
  }

  with(use: StoreUse): FtpStore {
    const session = this.#parts.session.with({ patienceMs: use.patienceMs, signal: use.signal });
    return new FtpStore({ ...this.#parts, session }, this.#place);
  }

  below(path: string): FtpStore {
    return new FtpStore(this.#parts, this.#place.below(path));
  }

  at(name: string): FtpStore | undefined {
    const place = parseFtp(name);
    const found = place && isSameServer(place, this.#place.root) ? this.#place.at(place.path) : undefined;
    return found && new FtpStore(this.#parts, found);
  }

  async tryOut(warn: (text: string) => void): Promise<void> {
    const store = this.with({ patienceMs: OPENING_MS });
    try {
      await store.#tryOut(warn);
    } finally {
      store.close();
    }
  }

  async #tryOut(warn: (text: string) => void): Promise<void> {
    await this.#use(async (connection) => {
      const absolute = this.#absolute(connection, "");
      if (isGood(await connection.command("CWD", absolute))) return;
      const { server, user } = this.#parts.login;
      throw new MondoError("not-found", msg`${server} has no directory ${this.#place.root.path}, or not for ${user}`, {
        hint: msg`Make it there, or give another one.`,
      });
    });
    await this.writeTest(warn);
  }

  close(): void {
    this.#parts.session.close();
  }

  async put(path: string, body: ObjectBody): Promise<void> {
    const past: Past = { tries: 0, localErrors: 0, last: undefined };
    await this.#use(async (connection) => {
      past.tries += 1;
      if (past.tries > MOST_TRIES) throw tooOften(path, past.last);
      try {
        await this.#send(connection, path, body, past);
      } catch (error) {
        past.last = error;
        throw error;
      }
    });
  }

  async #send(connection: FtpConnection, path: string, body: ObjectBody, past: Past): Promise<void> {
    const final = this.#absolute(connection, path);
    if (past.tries > 1) {
      // The answer to the renaming may have been lost.
      if (await isWhole(connection, final, lengthOf(body))) return;
      // Some replace nothing. One who may not remove it may still write over it.
      await connection.command("DELE", final + PARTIAL);
    }
    await this.#makeParents(connection, path);
    try {
      await connection.store(msg`write ${final}`, final + PARTIAL, partsOf(this.#parts.host, body, PART_BYTES));
    } catch (error) {
      past.localErrors += isLocalError(error) ? 1 : 0;
      throw isLocalError(error) && past.localErrors <= MOST_LOCAL_ERRORS ? new FtpLost(messageOf(error)) : error;
    }
    await giveName(connection, final, lengthOf(body));
  }

  async putNew(path: string, bytes: Uint8Array): Promise<void> {
    const isThere = await this.#use(
      async (connection) => (await sizeOn(connection, this.#absolute(connection, path))) !== undefined,
    );
    if (isThere) throw this.existsAlready(path);
    await this.put(path, { bytes });
  }

  async list(): Promise<readonly StoredObject[]> {
    return (await this.walk((directory) => this.#entries(directory))).files;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#entries("")).length === 0;
  }

  async remove(path: string): Promise<void> {
    await this.#use(async (connection) => {
      const absolute = this.#absolute(connection, path);
      const reply = await connection.command("DELE", absolute);
      if (isGood(reply)) return;
      const isThere = (await sizeOn(connection, absolute)) !== undefined || (await isListedOn(connection, absolute));
      if (!isThere) return;
      throw refusedBy(reply, msg`remove ${absolute}`);
    });
  }

  async dropDirectories(): Promise<void> {
    const { directories } = await this.walk((directory) => this.#entries(directory));
    this.#parts.made.clear();
    // The deepest ones first; what is not empty stays.
    for (const path of ["", ...directories].reverse()) {
      await this.#use((connection) => connection.command("RMD", this.#absolute(connection, path)));
    }
  }

  #absolute(connection: FtpConnection, path: string): string {
    return absolutePathOn(connection, this.#place.root.path, (this.#place.prefix + path).replace(/\/$/, ""));
  }

  async #use<T>(work: (connection: FtpConnection) => Promise<T>): Promise<T> {
    const { session, login, host } = this.#parts;
    try {
      return await session.use(work);
    } catch (error) {
      throw explainFtp(login, error, host.nowMs());
    }
  }

  async #makeParents(connection: FtpConnection, path: string): Promise<void> {
    for (const parent of parentsOf(this.#place.prefix + path)) {
      if (this.#parts.made.has(parent)) continue;
      const absolute = absolutePathOn(connection, this.#place.root.path, parent);
      if (!isGood(await connection.command("CWD", absolute))) {
        await connection.must(msg`make ${absolute}`, "MKD", absolute);
      }
      this.#parts.made.add(parent);
    }
  }

  /** What is in a directory; the store's own need not be there. */
  #entries(directory: string): Promise<readonly StoredEntry[]> {
    return this.#use(async (connection) => {
      const absolute = this.#absolute(connection, directory);
      const isThere = directory !== "" || (await isDirectoryOn(connection, absolute));
      return isThere ? entriesOn(connection, absolute) : [];
    });
  }
}

const isLocalError = (error: unknown): boolean => error instanceof MondoError && error.data.reply === LOCAL_ERROR;

function tooOften(path: string, last: unknown): MondoError {
  const { message, code, data } = remoteError(
    "away",
    msg`${path} could not be sent in ${MOST_TRIES} tries: ${messageOf(last)}`,
  );
  const hint = last instanceof FtpLost ? last.hint : undefined;
  return new MondoError(code, message, { data, ...(hint === undefined ? {} : { hint }) });
}

/** Whether the file has its name already, and its length. */
async function isWhole(connection: FtpConnection, final: string, sizeBytes: number): Promise<boolean> {
  if ((await sizeOn(connection, final + PARTIAL)) !== undefined) return false;
  return (await sizeOn(connection, final)) === sizeBytes;
}

/** A file that the server has all of gets its name. */
async function giveName(connection: FtpConnection, final: string, sizeBytes: number): Promise<void> {
  const there = await sizeOn(connection, final + PARTIAL);
  if (there !== undefined && there !== sizeBytes) {
    throw new FtpLost(msg`the server has ${there} bytes of ${final}, which has ${sizeBytes}`);
  }
  const from = await connection.command("RNFR", final + PARTIAL);
  if (from.code !== 350) throw refusedBy(from, msg`rename ${final}${PARTIAL}`);
  await connection.must(msg`rename ${final}${PARTIAL}`, "RNTO", final);
}
