import { MondoError, messageOf } from "../../base/errors.ts";
import { MIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import type { HttpPart } from "../../host/http.ts";

/** Asks for a part of a file; replaced in tests. */
export type FetchPart = (url: string, offset: number, length: number) => Promise<HttpPart>;

/** What a reader stands on. */
export interface HttpWire {
  readonly host: Pick<Host, "sleep">;
  readonly fetchPart: FetchPart;
  readonly log: (text: string) => void;
}

/** Read at once, and kept: the kernel asks for less, in order. */
const BLOCK_BYTES = 2 * MIB;
const KEPT_BLOCKS = 8;
const PARTIAL = 206;
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;

/** For messages: without the name and password that a URL may carry. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}

/** What the status means when trying again won't help; `undefined` when it may. */
function finalProblem(url: string, status: number): MondoError | undefined {
  const name = withoutSecrets(url);
  const problem = (message: string, hint: string) => new MondoError("not-found", message, { hint });
  if (status === 404 || status === 410) {
    return problem(
      `the web server has no ${name}`,
      "Look at mondo.source= and prefix=: DIR/PREFIX-1.iso is asked for.",
    );
  }
  if (status === 401 || status === 403) {
    return problem(`the web server does not give ${name} away (${status})`, "Look at its access rules.");
  }
  if (status === 200) {
    return problem(`the web server of ${name} can't give parts of a file`, "Use one that serves ranges (most do).");
  }
  return status >= 400 && status < 500 && status !== 408 && status !== 429
    ? problem(`the web server answers ${status} for ${name}`, "Look at mondo.source= and at the server's log.")
    : undefined;
}

/** A file on a web server that is read in parts, as long as that takes: a server that goes away is waited for, and the rest asked for. */
export class HttpFile {
  readonly sizeBytes: number;
  readonly #wire: HttpWire;
  readonly #url: string;
  readonly #version: string;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  private constructor(wire: HttpWire, url: string, first: HttpPart & { totalBytes: number }) {
    this.#wire = wire;
    this.#url = url;
    this.#version = first.version;
    this.sizeBytes = first.totalBytes;
  }

  /** Asks for the first bytes, `tries` times. Throws `not-found` with what is wrong. */
  static async open(wire: HttpWire, url: string, tries: number): Promise<HttpFile> {
    let reason = "";
    for (let number = 1; number <= tries; number += 1) {
      try {
        const first = await wire.fetchPart(url, 0, 1);
        const final = finalProblem(url, first.status);
        if (final) throw final;
        if (first.status === PARTIAL && first.totalBytes !== undefined) {
          return new HttpFile(wire, url, { ...first, totalBytes: first.totalBytes });
        }
        reason = `it answers ${first.status}`;
      } catch (error) {
        if (error instanceof MondoError) throw error;
        reason = messageOf(error);
      }
      if (number < tries) await wire.host.sleep(2 * FIRST_PAUSE_MS);
    }
    throw new MondoError("not-found", `${withoutSecrets(url)} can't be read after ${tries} tries: ${reason}`, {
      hint: "Look at the web server, at its address in mondo.source=, and at the cable.",
    });
  }

  /** Bytes of the file; a range beyond its end is cut. Throws `damaged` when the file on the server is another one now. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.sizeBytes);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (let at = offset; at < end; ) {
      const number = Math.floor(at / BLOCK_BYTES);
      const block = await this.#block(number);
      const from = at - number * BLOCK_BYTES;
      const part = block.subarray(from, from + end - at);
      bytes.set(part, at - offset);
      at += part.byteLength;
    }
    // Whoever reads on finds the next block under way.
    const next = Math.floor(end / BLOCK_BYTES);
    if (next * BLOCK_BYTES < this.sizeBytes) this.#block(next).catch(() => {});
    return bytes;
  }

  #block(number: number): Promise<Uint8Array> {
    const known = this.#blocks.get(number);
    if (known) return known;
    const made = this.#fetchWhole(number * BLOCK_BYTES, Math.min(BLOCK_BYTES, this.sizeBytes - number * BLOCK_BYTES));
    this.#blocks.set(number, made);
    // What could not be had must be asked for again, not remembered.
    made.catch(() => this.#blocks.delete(number));
    for (const old of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) break;
      this.#blocks.delete(old);
    }
    return made;
  }

  /** All of a range, with as many requests as it takes. */
  async #fetchWhole(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let pauseMs = FIRST_PAUSE_MS;
    for (let filled = 0; filled < length; ) {
      const part = await this.#tryPart(offset + filled, length - filled);
      bytes.set(part, filled);
      filled += part.byteLength;
      if (filled === length) break;
      if (part.byteLength > 0) pauseMs = FIRST_PAUSE_MS;
      await this.#wire.host.sleep(pauseMs);
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
      if (part.version !== this.#version || part.totalBytes !== this.sizeBytes) {
        throw new MondoError("damaged", `${withoutSecrets(this.#url)} was replaced on the server while it was read`);
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
