import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { HttpPart } from "../../host/http.ts";
import type { HttpWire } from "../http/http-file.ts";
import { BEYOND, PARTIAL, partIn, RangedFiles, rangeHeader } from "../http/ranged-files.ts";
import { isFileName } from "../remote/file-name.ts";
import type { RemoteStat, RemoteTree } from "../remote/remote-tree.ts";
import type { S3Client } from "./s3-client.ts";
import { urlOfKey } from "./s3-place.ts";

/** A directory of sets has some thousand names; what has more is not read to its end. */
const MOST_NAMES = 100_000;
/** Others may write to the bucket while it is read. */
const LISTING_MS = 15_000;
const DIRECTORY: RemoteStat = { isDirectory: true, sizeBytes: 0, mtimeSeconds: 0 };

type Names = ReadonlyMap<string, RemoteStat>;

interface KnownNames {
  readonly names: Promise<Names>;
  readonly readMs: number;
}

/** What lies in a bucket below a prefix, as a directory. */
export class S3Tree implements RemoteTree {
  readonly #client: S3Client;
  readonly #wire: Pick<HttpWire, "host" | "log">;
  readonly #files: RangedFiles;
  readonly #known = new Map<string, KnownNames>();

  private constructor(client: S3Client, wire: Pick<HttpWire, "host" | "log">) {
    this.#client = client;
    this.#wire = wire;
    this.#files = new RangedFiles({ ...wire, fetchPart: (...range) => this.#fetchPart(...range) });
  }

  /**
   * `opening` asks first: its patience is short. Throws one sentence when the server, the bucket or the key is not what
   * it should be, or when nothing is there.
   */
  static async open(client: S3Client, opening: S3Client, wire: Pick<HttpWire, "host" | "log">): Promise<S3Tree> {
    const tree = new S3Tree(client, wire);
    const prefix = tree.#keyOf("", true);
    const { objects, directories } = await opening.listPage(prefix, { most: 2 });
    if (objects.length + directories.length > 0) return tree;
    const { bucket } = client.place;
    throw new MondoError(
      "not-found",
      msg`the bucket ${bucket} has nothing ${prefix === "" ? msg`in it` : msg`below ${prefix}`}`,
      {
        hint: msg`Look at how the place is written.`,
        data: { setting: "share" },
      },
    );
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    if (path === "") return DIRECTORY;
    const slash = path.lastIndexOf("/");
    const stat = (await this.#names(path.slice(0, Math.max(0, slash)))).get(path.slice(slash + 1));
    if (stat) this.#files.forgetUnless(path, stat.sizeBytes);
    return stat;
  }

  async list(path: string): Promise<readonly string[]> {
    return [...(await this.#names(path)).keys()].sort();
  }

  read(path: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#files.read(path, this.#urlOf(path), offset, length);
  }

  #keyOf(path: string, isDirectory: boolean): string {
    const key = [this.#client.place.prefix, path].filter((part) => part !== "").join("/");
    return isDirectory && key !== "" ? `${key}/` : key;
  }

  #urlOf(path: string): string {
    return urlOfKey(this.#client.place, this.#keyOf(path, false));
  }

  #names(path: string): Promise<Names> {
    const nowMs = this.#wire.host.nowMs();
    const known = this.#known.get(path);
    if (known && nowMs - known.readMs < LISTING_MS) return known.names;
    const names = this.#readNames(path);
    this.#known.set(path, { names, readMs: nowMs });
    names.catch(() => this.#known.delete(path));
    return names;
  }

  async #readNames(path: string): Promise<Names> {
    const prefix = this.#keyOf(path, true);
    const { objects, directories } = await this.#client.list(prefix, false, MOST_NAMES);
    const names = new Map<string, RemoteStat>();
    const add = (key: string, stat: RemoteStat) => {
      const name = key.slice(prefix.length).replace(/\/$/, "");
      if (key.startsWith(prefix) && isFileName(name)) names.set(name, stat);
      else if (key !== prefix) this.#wire.log(`left out, because no file can be called so: ${JSON.stringify(key)}`);
    };
    for (const { key, sizeBytes } of objects) {
      if (!key.endsWith("/")) add(key, { isDirectory: false, sizeBytes, mtimeSeconds: 0 });
    }
    for (const key of directories) add(key, DIRECTORY);
    return names;
  }

  /** A range of an object, as web servers give it. */
  async #fetchPart(url: string, offset: number, length: number): Promise<HttpPart> {
    const start = urlOfKey(this.#client.place, "").length;
    const key = decodeURIComponent(url.slice(start));
    const request = { method: "GET", key, what: msg`read ${key}` } as const;
    const headers = { range: rangeHeader(offset, length) };
    const answer = await this.#client.tryOnce({ ...request, headers, mostBytes: length });
    const { status } = answer;
    const isAnswered = [PARTIAL, 200, 404].includes(status) || (status === BEYOND && offset === 0);
    const final = isAnswered ? undefined : this.#client.finalProblem(answer, request);
    if (final) throw final;
    return partIn(answer, offset);
  }
}
