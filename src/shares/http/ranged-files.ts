import { msg } from "../../base/message.ts";
import type { HttpPart } from "../../host/http.ts";
import type { HttpAnswer } from "../../host/http-exchange.ts";
import { decodeContentRange, versionIn } from "../../host/partial-content.ts";
import { HttpFile, type HttpWire } from "./http-file.ts";

/** Whether a server gave the bytes that were asked for, or has none there. */
export const [PARTIAL, BEYOND] = [206, 416];

/** Pure: the header that asks for a range. */
export const rangeHeader = (offset: number, length: number): string => `bytes=${offset}-${offset + length - 1}`;

/** Pure: what a server answered when it was asked for a range from `offset` on, whatever the status. */
export function partIn({ status, headers, bytes }: HttpAnswer, offset: number): HttpPart {
  const version = versionIn(headers);
  const { start, totalBytes } = decodeContentRange(headers.get("content-range"));
  if (status === PARTIAL) return { status, totalBytes, version, start, bytes };
  const isEmpty = status === BEYOND && offset === 0;
  return { status, totalBytes: isEmpty ? 0 : totalBytes, version, bytes: new Uint8Array(0) };
}

/** Files of a server that gives ranges of them; each is open until reading fails, or it is another one. */
export class RangedFiles {
  readonly #wire: HttpWire;
  readonly #files = new Map<string, HttpFile>();

  constructor(wire: Omit<HttpWire, "fetchText">) {
    this.#wire = { ...wire, fetchText: () => Promise.reject(new Error(msg`there are no pages here`)) };
  }

  /** Whoever asked for its length now will read what is there now. */
  forgetUnless(path: string, sizeBytes: number | undefined): void {
    if (this.#files.get(path)?.sizeBytes !== sizeBytes) this.#files.delete(path);
  }

  async read(path: string, url: string, offset: number, length: number): Promise<Uint8Array> {
    const file = this.#files.get(path) ?? (await HttpFile.open(this.#wire, url, Number.POSITIVE_INFINITY));
    this.#files.set(path, file);
    try {
      return await file.read(offset, length);
    } catch (error) {
      this.#files.delete(path);
      throw error;
    }
  }
}
