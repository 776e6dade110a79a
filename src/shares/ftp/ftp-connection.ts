import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodeEpsv, decodePasv, decodePwd, type FtpReply, FtpReplyReader } from "../../formats/network/ftp.ts";
import { StreamSocket } from "../../host/stream-socket.ts";
import { cure } from "../../network/setting.ts";
import { certificateProblem } from "../http/certificate-problem.ts";
import { type REMOTE_ERRNO, remoteError } from "../remote/remote-tree.ts";

/** The connection broke: what was asked for may be asked for again on another one. */
export class FtpLost extends Error {
  override readonly name = "FtpLost";
  /** What a person can do about it, where that is known. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Who logs in where. */
export interface FtpLogin {
  readonly isEncrypted: boolean;
  /** A name, or an address without brackets: what the certificate must be for. */
  readonly server: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

const IMPLICIT_PORT = 990;
const SILENCE_MS = 30_000;
const CONNECT_MS = 15_000;
/** From the last byte of a file to the server's word that it has it: a slow link, and a disk that writes it out. */
const COMMIT_MS = 300_000;
const WAITING = { silenceMs: SILENCE_MS, connectMs: CONNECT_MS };
/** "Connection closed; transfer aborted", "can't open data connection": the file was not refused. */
const BROKEN: ReadonlySet<number> = new Set([425, 426]);
/** A server that takes this long to end a transfer that was broken off is left. */
const END_MS = 5000;

/** What a refusal means. The server's own words go into the log, with the path. */
function errnoOfReply({ code, text }: FtpReply): keyof typeof REMOTE_ERRNO {
  if (code === 452 || code === 552 || /no space|disk full|disk is full|quota/i.test(text)) return "noSpace";
  if (code === 532 || code === 553 || (code === 550 && /permission|denied|not permitted/i.test(text))) return "denied";
  if (code === 502 || code === 504) return "notSupported";
  return code === 550 ? "notFound" : "io";
}

/** The error that a refusal stands for. */
export function refusedBy(reply: FtpReply, what: string): MondoError {
  const said = reply.text.split("\n").at(-1)?.slice(0, 200) ?? "";
  return remoteError(errnoOfReply(reply), msg`${what}: the server says: ${reply.code} ${said}`, {
    reply: reply.code,
    said,
  });
}

export const isGood = ({ code }: FtpReply) => code >= 200 && code < 300;

/** Whether an error is the server's answer, after which it takes the next command. */
const isRefusal = (error: unknown): boolean => error instanceof MondoError && error.data.reply !== undefined;

/** One control connection, logged in; one thing at a time. */
export class FtpConnection {
  /** The directory after login. */
  home = "/";
  features: ReadonlySet<string> = new Set();
  readonly #login: FtpLogin;
  readonly #nowMs: () => number;
  readonly #control: StreamSocket;
  #reader = new FtpReplyReader();
  #replies: FtpReply[] = [];
  #knowsEpsv = true;
  isLost = false;
  /** When a file's content moved last. */
  movedMs: number | undefined;
  #data: StreamSocket | undefined;

  private constructor(login: FtpLogin, nowMs: () => number, control: StreamSocket) {
    this.#login = login;
    this.#nowMs = nowMs;
    this.#control = control;
  }

  /** Connects and logs in. Throws FtpLost where another try may help, else one sentence. */
  static async open(login: FtpLogin, nowMs: () => number): Promise<FtpConnection> {
    const { address, port } = login;
    const control = await StreamSocket.open({ host: address, port, ...WAITING }).catch((error: unknown) => {
      throw new FtpLost(messageOf(error));
    });
    const connection = new FtpConnection(login, nowMs, control);
    try {
      await connection.#begin();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** A part of a file came, or went. */
  moved(): void {
    this.movedMs = this.#nowMs();
  }

  close(): void {
    this.isLost = true;
    this.#control.close();
    this.#data?.close();
  }

  /** Sends a command and takes its reply; those with 1xx are left to `transfer`. Throws FtpLost. */
  async command(...words: readonly string[]): Promise<FtpReply> {
    const line = words.join(" ");
    if (/[\0\r\n]/.test(line)) throw remoteError("notSupported", msg`FTP has no way to send a name with a line break`);
    await this.#lostBy(this.#control.write(Buffer.from(`${line}\r\n`)));
    return this.#reply();
  }

  /** As `command`; throws the error that a refusal stands for. */
  async must(what: string, ...words: readonly string[]): Promise<FtpReply> {
    const reply = await this.command(...words);
    if (isGood(reply)) return reply;
    throw refusedBy(reply, what);
  }

  /** Begins a transfer and returns its data connection; after its end comes `ended`. */
  async transfer(what: string, offset: number, ...words: readonly string[]): Promise<StreamSocket> {
    const data = await this.#openData(what);
    try {
      if (offset > 0) {
        const rest = await this.command("REST", `${offset}`);
        if (rest.code !== 350) throw refusedBy(rest, msg`${what} from byte ${offset}`);
      }
      const reply = await this.command(...words);
      if (BROKEN.has(reply.code)) throw this.#lose(msg`the server says: ${reply.code} ${reply.text.slice(0, 200)}`);
      if (reply.code >= 200) throw refusedBy(reply, what);
      if (this.#login.isEncrypted) {
        await this.#lostBy(data.startTls({ server: this.#login.server, like: this.#control }));
      }
      return data;
    } catch (error) {
      data.close();
      throw error;
    }
  }

  /** Sends a file in parts. Throws what a refusal stands for, also one that comes while the parts are sent. */
  async store(what: string, absolute: string, parts: Iterable<Uint8Array>): Promise<void> {
    const data = await this.transfer(what, 0, "STOR", absolute);
    try {
      for (const part of parts) await this.#send(data.write(part), what);
      await this.#send(data.finish(), what);
      await this.ended(what, COMMIT_MS);
    } catch (error) {
      // A part that could not be read: the server would take what it has for the whole file.
      if (!(error instanceof FtpLost || isRefusal(error))) this.close();
      throw error;
    } finally {
      data.close();
    }
  }

  async #send(sending: Promise<void>, what: string): Promise<void> {
    try {
      await sending;
      this.moved();
    } catch (error) {
      this.#data?.close();
      // Why the server does not take more is in its reply, if it is still there.
      await this.ended(what);
      throw new FtpLost(messageOf(error));
    }
  }

  /** The reply after a transfer that came to its end. Throws what a refusal stands for. */
  async ended(what: string, silenceMs = SILENCE_MS): Promise<void> {
    const reply = await this.#reply(silenceMs);
    if (BROKEN.has(reply.code)) throw new FtpLost(msg`the server says: ${reply.code} ${reply.text.slice(0, 200)}`);
    if (!isGood(reply)) throw refusedBy(reply, what);
  }

  /** After a transfer that was broken off: asks until the server is ready again; one that is not is left. */
  async settle(): Promise<void> {
    const cancel = this.#control.closeIn(END_MS);
    try {
      await this.#reply();
      for (let reply = await this.command("NOOP"); reply.code !== 200; ) reply = await this.#reply();
    } catch {
      this.close();
    } finally {
      cancel();
    }
  }

  async #begin(): Promise<void> {
    const { isEncrypted, server, port, user, password } = this.#login;
    const isImplicit = isEncrypted && port === IMPLICIT_PORT;
    if (isImplicit) await this.#encrypt();
    const greeting = await this.#reply();
    if (greeting.code !== 220) throw new FtpLost(msg`${server} says: ${greeting.code} ${greeting.text.slice(0, 200)}`);
    if (isEncrypted && !isImplicit) {
      const reply = await this.command("AUTH", "TLS");
      if (reply.code !== 234) {
        const hint = msg`Turn TLS on there, or write ftp://, which sends everything readable for all.`;
        throw this.#final(msg`the FTP server ${server} does not encrypt (it says ${reply.code} to AUTH TLS)`, hint);
      }
      await this.#encrypt();
    }
    await this.#logIn(user, password);
    if (isEncrypted) {
      await this.must("encrypt", "PBSZ", "0");
      const reply = await this.command("PROT", "P");
      if (reply.code !== 200)
        throw this.#final(msg`the FTP server ${server} does not encrypt files`, msg`Turn that on there.`);
    }
    const features = await this.command("FEAT");
    this.features = new Set(features.text.split("\n").map((line) => line.trim().split(" ")[0]?.toUpperCase() ?? ""));
    if (this.features.has("UTF8")) await this.command("OPTS", "UTF8", "ON");
    await this.must(msg`send bytes as they are`, "TYPE", "I");
    this.home = decodePwd((await this.command("PWD")).text) ?? "/";
  }

  async #logIn(user: string, password: string): Promise<void> {
    const { server } = this.#login;
    let reply = await this.command("USER", user);
    if (reply.code === 331) reply = await this.command("PASS", password);
    if (isGood(reply)) return;
    if (reply.code === 421 || reply.code === 0) throw new FtpLost(msg`${server} says: ${reply.text.slice(0, 200)}`);
    const said = reply.text.split("\n").at(-1)?.slice(0, 200) ?? "";
    throw new MondoError(
      "not-found",
      msg`the FTP server ${server} does not let ${user} in with that password (${reply.code} ${said})`,
      {
        hint: msg`Check the name and the password; some servers let only encrypted users in (ftps://).`,
        data: { ...cure("share").data, reply: reply.code, said },
      },
    );
  }

  /** The certificate is checked before a byte of the password goes out. */
  async #encrypt(): Promise<void> {
    // What came in clear behind the last reply may be anybody's.
    this.#replies = [];
    this.#reader = new FtpReplyReader();
    try {
      await this.#control.startTls({ server: this.#login.server });
    } catch (error) {
      if (certificateProblem(`ftps://${this.#login.server}`, error, 0)) throw error;
      throw this.#lose(messageOf(error));
    }
  }

  #final(message: string, hint: string): MondoError {
    return new MondoError("not-found", message, { hint, ...cure("share") });
  }

  /** The address is that of the control connection, whatever the server says. */
  async #openData(what: string): Promise<StreamSocket> {
    const port = await this.#passivePort(what);
    try {
      this.#data = await StreamSocket.open({ host: this.#login.address, port, ...WAITING });
    } catch (error) {
      throw this.#lose(
        msg`the FTP server ${this.#login.server} answers, but not at port ${port}, where it wants to have the data: ${messageOf(error)}`,
        msg`Open its passive ports in the firewalls on the way, and in its address translation.`,
      );
    }
    // Closed meanwhile, by whoever gave up.
    if (this.isLost) this.#data.close();
    return this.#data;
  }

  async #passivePort(what: string): Promise<number> {
    if (this.#knowsEpsv) {
      const reply = await this.command("EPSV");
      const port = reply.code === 229 ? decodeEpsv(reply.text) : undefined;
      if (port !== undefined) return port;
      this.#knowsEpsv = false;
    }
    const reply = await this.command("PASV");
    const port = reply.code === 227 ? decodePasv(reply.text) : undefined;
    if (port === undefined) throw refusedBy(reply, msg`${what}: no passive connection`);
    return port;
  }

  async #reply(silenceMs = SILENCE_MS): Promise<FtpReply> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply) {
        // "Service not available, closing control connection."
        if (reply.code === 421) throw this.#lose(msg`the server says: 421 ${reply.text.slice(0, 200)}`);
        return reply;
      }
      const bytes = await this.#lostBy(this.#control.read(silenceMs));
      if (!bytes) throw this.#lose(msg`the connection was closed`);
      this.#replies = this.#reader.push(bytes);
    }
  }

  #lose(why: string, hint?: string): FtpLost {
    this.close();
    return new FtpLost(why, hint);
  }

  async #lostBy<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof MondoError) throw error;
      throw this.#lose(messageOf(error));
    }
  }
}
