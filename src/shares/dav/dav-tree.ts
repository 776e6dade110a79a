import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { HttpPart } from "../../host/http.ts";
import type { HttpWire } from "../http/http-file.ts";
import { partIn, RangedFiles, rangeHeader } from "../http/ranged-files.ts";
import type { RemoteStat, RemoteTree } from "../remote/remote-tree.ts";
import type { DavClient } from "./dav-client.ts";
import { entriesOn, statOn } from "./dav-listing.ts";
import { encodePath } from "./dav-place.ts";

/** A directory on a WebDAV server. */
export class DavTree implements RemoteTree {
  readonly #client: DavClient;
  readonly #root: string;
  readonly #files: RangedFiles;

  /** `root` is its path on the server. */
  constructor(client: DavClient, root: string, wire: Pick<HttpWire, "host" | "log" | "patienceMs">) {
    this.#client = client;
    this.#root = root.replace(/\/+$/, "");
    this.#files = new RangedFiles({ ...wire, fetchPart: (...range) => this.#fetchPart(...range) });
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    const stat = await statOn(this.#client, this.#pathOf(path));
    this.#files.forgetUnless(path, stat?.sizeBytes);
    return stat;
  }

  async list(path: string): Promise<readonly string[]> {
    return [...((await entriesOn(this.#client, this.#pathOf(path))) ?? new Map<string, never>()).keys()].sort();
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const url = `${this.#client.server.origin}${encodePath(this.#pathOf(path))}`;
    return this.#files.read(path, url, offset, length);
  }

  #pathOf(path: string): string {
    return path === "" ? `${this.#root}/` : `${this.#root}/${path}`;
  }

  /** A range of a file, as web servers give it. */
  async #fetchPart(url: string, offset: number, length: number): Promise<HttpPart> {
    const path = decodeURIComponent(new URL(url).pathname);
    const headers = { range: rangeHeader(offset, length) };
    const what = msg`read ${path}`;
    const answer = await this.#client.tryOnce({ method: "GET", path, headers, what, mostBytes: length });
    if (answer.status === 401)
      throw new MondoError("refused", msg`${url} is not given away any more: the login was refused`);
    return partIn(answer, offset);
  }
}
