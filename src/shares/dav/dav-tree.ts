import { MondoError } from "../../base/errors.ts";
import type { HttpPart } from "../../host/http.ts";
import type { HttpAnswer } from "../../host/http-exchange.ts";
import { HttpFile, type HttpWire } from "../http/http-file.ts";
import type { RemoteStat, RemoteTree } from "../remote/remote-tree.ts";
import type { DavClient } from "./dav-client.ts";
import { entriesOn, statOn } from "./dav-listing.ts";
import { encodePath } from "./dav-place.ts";

const PARTIAL = 206;
const BEYOND = 416;

/** `bytes 0-9/100`: where it begins, and the total. */
function rangeOf(answer: HttpAnswer): { readonly start: number | undefined; readonly totalBytes: number | undefined } {
  const text = answer.headers.get("content-range") ?? "";
  const [, start, total] = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15})$/.exec(text) ?? [];
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return { start: number(start), totalBytes: number(total) };
}

/** A directory on a WebDAV server. */
export class DavTree implements RemoteTree {
  readonly #client: DavClient;
  readonly #wire: HttpWire;
  readonly #root: string;
  readonly #files = new Map<string, HttpFile>();

  /** `root` is its path on the server. */
  constructor(client: DavClient, root: string, wire: Pick<HttpWire, "host" | "log" | "patienceMs">) {
    this.#client = client;
    this.#root = root.replace(/\/+$/, "");
    const fetchText = () => Promise.reject(new Error("directories are not read as pages"));
    this.#wire = { ...wire, fetchText, fetchPart: (url, offset, length) => this.#fetchPart(url, offset, length) };
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    const stat = await statOn(this.#client, this.#pathOf(path));
    // Whoever asks now will read what is there now.
    if (this.#files.get(path)?.sizeBytes !== stat?.sizeBytes) this.#files.delete(path);
    return stat;
  }

  async list(path: string): Promise<readonly string[]> {
    return [...((await entriesOn(this.#client, this.#pathOf(path))) ?? new Map<string, never>()).keys()].sort();
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const url = `${this.#client.server.origin}${encodePath(this.#pathOf(path))}`;
    const file = this.#files.get(path) ?? (await HttpFile.open(this.#wire, url, Number.POSITIVE_INFINITY));
    this.#files.set(path, file);
    try {
      return await file.read(offset, length);
    } catch (error) {
      this.#files.delete(path);
      throw error;
    }
  }

  #pathOf(path: string): string {
    return path === "" ? `${this.#root}/` : `${this.#root}/${path}`;
  }

  /** A range of a file, as web servers give it. */
  async #fetchPart(url: string, offset: number, length: number): Promise<HttpPart> {
    const path = decodeURIComponent(new URL(url).pathname);
    const headers = { range: `bytes=${offset}-${offset + length - 1}` };
    const what = `read ${path}`;
    const answer = await this.#client.tryOnce({ method: "GET", path, headers, what, mostBytes: length });
    if (answer.status === 401)
      throw new MondoError("refused", `${url} is not given away any more: the login was refused`);
    const version = answer.headers.get("etag") ?? answer.headers.get("last-modified") ?? "";
    const about = { status: answer.status, ...rangeOf(answer), version };
    if (answer.status === PARTIAL) return { ...about, bytes: answer.bytes };
    const isEmpty = answer.status === BEYOND && offset === 0;
    return { ...about, totalBytes: isEmpty ? 0 : about.totalBytes, bytes: new Uint8Array(0) };
  }
}
