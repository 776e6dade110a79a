import { decodeText } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import { BlockCache } from "../remote/block-cache.ts";
import { BlockReader } from "../remote/block-reader.ts";
import { type RemoteStat, type RemoteTree, remoteError } from "../remote/remote-tree.ts";
import type { ShellClient } from "./shell-client.ts";
import { decodeLongListing } from "./shell-listing.ts";

/** Each is a connection of its own, so it is worth it; the parts of a file that are kept. */
const [CHUNK_BYTES, MOST_CHUNKS] = [8 * MIB, 6];
const NOTHING = 3;
/** Others may write there while it is read. */
const LISTING_MS = 15_000;

const LIST = `[ -d "$1" ] || exit ${NOTHING}
cd -- "$1" && ls -lan`;
const READ = `dd if="$1" bs=${CHUNK_BYTES} skip="$2" count=1 2>/dev/null`;
const DIRECTORY: RemoteStat = { isDirectory: true, sizeBytes: 0, mtimeSeconds: 0 };

type Names = ReadonlyMap<string, RemoteStat>;

/** A directory of an SSH server, read by its shell. */
export class ShellTree implements RemoteTree {
  readonly #client: ShellClient;
  readonly #root: string;
  readonly #nowMs: () => number;
  readonly #chunks = new BlockCache(MOST_CHUNKS);
  readonly #files = new Map<string, BlockReader>();
  readonly #known = new Map<string, { readonly names: Promise<Names | undefined>; readonly readMs: number }>();

  /** `root` is its path on the server. */
  constructor(client: ShellClient, root: string, nowMs: () => number) {
    this.#client = client;
    this.#root = root.replace(/\/+$/, "");
    this.#nowMs = nowMs;
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    if (path === "") return (await this.#names("")) && DIRECTORY;
    const slash = path.lastIndexOf("/");
    const stat = (await this.#names(path.slice(0, Math.max(0, slash))))?.get(path.slice(slash + 1));
    // Whoever asks now will read what is there now.
    if (this.#files.get(path)?.sizeBytes !== stat?.sizeBytes) this.#files.delete(path);
    return stat;
  }

  async list(path: string): Promise<readonly string[]> {
    return [...((await this.#names(path)) ?? new Map<string, RemoteStat>()).keys()].sort();
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const known = this.#files.get(path);
    if (known) return known.read(offset, length);
    const stat = await this.stat(path);
    if (!stat) throw remoteError("notFound", msg`there is no ${path}`);
    const reader = new BlockReader(stat.sizeBytes, (at, size) => this.#range(path, stat.sizeBytes, at, size));
    this.#files.set(path, reader);
    return reader.read(offset, length);
  }

  /** A range, which lies in one part of the file. */
  async #range(path: string, sizeBytes: number, offset: number, length: number): Promise<Uint8Array> {
    const number = Math.floor(offset / CHUNK_BYTES);
    const chunk = await this.#chunks.get(`${sizeBytes} ${number} ${path}`, () => this.#chunk(path, sizeBytes, number));
    const start = offset - number * CHUNK_BYTES;
    return chunk.subarray(start, start + length);
  }

  async #chunk(path: string, sizeBytes: number, number: number): Promise<Uint8Array> {
    const absolute = `${this.#root}/${path}`;
    const expected = Math.min(CHUNK_BYTES, sizeBytes - number * CHUNK_BYTES);
    const { stdout } = await this.#client.run({
      ...{ text: READ, words: [absolute, String(number)], what: msg`read ${absolute}` },
    });
    if (stdout.byteLength === expected) return stdout;
    throw remoteError("stale", msg`${absolute} has become another one on the server while it was read`);
  }

  #names(path: string): Promise<Names | undefined> {
    const known = this.#known.get(path);
    if (known && this.#nowMs() - known.readMs < LISTING_MS) return known.names;
    const names = this.#readNames(path);
    this.#known.set(path, { names, readMs: this.#nowMs() });
    names.catch(() => this.#known.delete(path));
    return names;
  }

  async #readNames(path: string): Promise<Names | undefined> {
    const absolute = path === "" ? this.#root || "/" : `${this.#root}/${path}`;
    const script = { text: LIST, words: [absolute], what: msg`list ${absolute}`, accept: [NOTHING] } as const;
    const { code, stdout } = await this.#client.run(script);
    if (code === NOTHING) return undefined;
    const entries = decodeLongListing(decodeText(stdout), this.#client.server, absolute);
    const inside = entries.filter(({ name }) => name !== "." && name !== ".." && !name.includes("/"));
    return new Map(
      inside.map(({ name, isDirectory, sizeBytes }) => [name, { isDirectory, sizeBytes, mtimeSeconds: 0 }]),
    );
  }
}
