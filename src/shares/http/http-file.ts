import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { fetchText, HttpPart } from "../../host/http.ts";
import { isSameVersion } from "../../host/partial-content.ts";
import { cure } from "../../network/setting.ts";
import { withoutSecrets } from "../../network/web-url.ts";
import { BlockReader } from "../remote/block-reader.ts";
import { REMOTE_ERRNO, remoteError } from "../remote/remote-tree.ts";
import { certificateProblem } from "./certificate-problem.ts";

/** Asks for a part of a file; replaced in tests. */
export type FetchPart = (url: string, offset: number, length: number) => Promise<HttpPart>;

/** Asks for a small page; replaced in tests. */
export type FetchText = typeof fetchText;

/** What a reader works with. */
export interface HttpWire {
  readonly host: Pick<Host, "sleep" | "nowMs">;
  readonly fetchPart: FetchPart;
  readonly fetchText: FetchText;
  readonly log: (text: string) => void;
  /** How long a server that went away is waited for; default: for ever. */
  readonly patienceMs?: number | undefined;
}

const PARTIAL = 206;
/** A server that answers with an error is not waited for as long as one that is gone. */
const MOST_ANSWERS = 20;
/** No byte of the range is there: the file is empty. */
const EMPTY = 416;
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;

/** What the status means when trying again won't help; `undefined` when it may. */
function finalProblem(url: string, status: number): MondoError | undefined {
  const name = withoutSecrets(url);
  const problem = (message: string, hint: string) =>
    new MondoError("not-found", message, { hint, data: { status, ...cure("share").data } });
  if (status === 404 || status === 410) {
    return problem(
      msg`the web server has no ${name}`,
      msg`Look at what the directory on the server holds: DIR/PREFIX-1.iso is asked for.`,
    );
  }
  if (status === 401 || status === 403) {
    return problem(msg`the web server does not give ${name} away (${status})`, msg`Look at its access rules.`);
  }
  if (status === 200) {
    return problem(
      msg`the web server of ${name} can't give parts of a file`,
      msg`Use one that serves ranges (most do).`,
    );
  }
  return status >= 400 && status < 500 && status !== 408 && status !== 429
    ? problem(msg`the web server answers ${status} for ${name}`, msg`Look at the server's log.`)
    : undefined;
}

/** A file on a web server that is read in parts, however long that takes: a server that goes away is waited for. */
export class HttpFile {
  readonly sizeBytes: number;
  readonly #wire: HttpWire;
  readonly #url: string;
  readonly #version: string;
  readonly #reader: BlockReader;

  private constructor(wire: HttpWire, url: string, first: HttpPart & { totalBytes: number }) {
    this.#wire = wire;
    this.#url = url;
    this.#version = first.version;
    this.sizeBytes = first.totalBytes;
    this.#reader = new BlockReader(first.totalBytes, (offset, size) => this.#fetchWhole(offset, size));
  }

  /** Asks for the first bytes, `tries` times. Throws `not-found` with what is wrong. */
  static async open(wire: HttpWire, url: string, tries: number): Promise<HttpFile> {
    let reason = "";
    let answers = 0;
    let number = 1;
    const end = wire.host.nowMs() + (wire.patienceMs ?? Number.POSITIVE_INFINITY);
    for (; number <= tries && answers < MOST_ANSWERS && (number === 1 || wire.host.nowMs() <= end); number += 1) {
      try {
        const first = await wire.fetchPart(url, 0, 1);
        if (first.status === EMPTY && first.totalBytes === 0)
          return new HttpFile(wire, url, { ...first, totalBytes: 0 });
        const final = finalProblem(url, first.status);
        if (final) throw final;
        if (first.status === PARTIAL && first.totalBytes !== undefined) {
          return new HttpFile(wire, url, { ...first, totalBytes: first.totalBytes });
        }
        reason = msg`it answers ${first.status}`;
        answers += 1;
      } catch (error) {
        if (error instanceof MondoError) throw error;
        const untrusted = certificateProblem(url, error, wire.host.nowMs());
        if (untrusted) throw untrusted;
        reason = messageOf(error);
      }
      if (number < tries) await wire.host.sleep(2 * FIRST_PAUSE_MS);
    }
    throw new MondoError("not-found", msg`${withoutSecrets(url)} can't be read after ${number - 1} tries: ${reason}`, {
      hint: msg`Look at the web server, at its address, and at the cable.`,
      data: { ...cure("share").data, errno: REMOTE_ERRNO.away },
    });
  }

  /**
   * Bytes of the file; a range beyond its end is cut. Throws `damaged` when the file on the server is another one now.
   */
  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#reader.read(offset, length);
  }

  /** All of a range, with as many requests as it takes. Throws `away` when nothing comes for so long. */
  async #fetchWhole(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let pauseMs = FIRST_PAUSE_MS;
    const { host, patienceMs = Number.POSITIVE_INFINITY } = this.#wire;
    let end = host.nowMs() + patienceMs;
    for (let filled = 0; filled < length; ) {
      const part = await this.#tryPart(offset + filled, length - filled);
      bytes.set(part, filled);
      filled += part.byteLength;
      if (filled === length) break;
      if (part.byteLength > 0) [pauseMs, end] = [FIRST_PAUSE_MS, host.nowMs() + patienceMs];
      else if (host.nowMs() > end) {
        throw remoteError("away", msg`the web server of ${withoutSecrets(this.#url)} does not come back`);
      }
      await host.sleep(pauseMs);
      pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
    }
    return bytes;
  }

  /** What comes of a range now, perhaps nothing. */
  async #tryPart(offset: number, length: number): Promise<Uint8Array> {
    try {
      const part = await this.#wire.fetchPart(this.#url, offset, length);
      const final = finalProblem(this.#url, part.status);
      if (final) throw final;
      if (part.status !== PARTIAL) {
        this.#wire.log(`the web server answers ${part.status}; trying again`);
        return new Uint8Array(0);
      }
      if (!isSameVersion(part.version, this.#version) || part.totalBytes !== this.sizeBytes) {
        throw new MondoError("damaged", msg`${withoutSecrets(this.#url)} was replaced on the server while it was read`);
      }
      // What a server gives in another part's place must not be believed, and asking again gives no other.
      if (part.start !== undefined && part.start !== offset) {
        const what = msg`gives byte ${part.start} of ${withoutSecrets(this.#url)} where byte ${offset} was asked for`;
        throw new MondoError("damaged", msg`the server ${what}`, { hint: msg`Use another server, or another copy.` });
      }
      if (part.bytes.byteLength < length)
        this.#wire.log(`the connection broke at ${offset + part.bytes.byteLength}; going on`);
      return part.bytes;
    } catch (error) {
      if (error instanceof MondoError) throw error;
      this.#wire.log(`${messageOf(error)}; trying again`);
      return new Uint8Array(0);
    }
  }
}
