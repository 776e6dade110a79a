import { MondoError } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { remoteError } from "../remote/remote-tree.ts";
import {
  lengthOf,
  type ObjectBody,
  type ObjectStore,
  type ObjectUpload,
  type StoredObject,
  type StoreUse,
} from "../store/object-store.ts";
import { removeTest } from "../store/remove-test.ts";
import { mostWholeVolumeBytes, WholeObjects, wholeVolumeBytes } from "../store/whole-objects.ts";
import type { DavClient } from "./dav-client.ts";
import { entriesOn, statOn } from "./dav-listing.ts";
import { belowDav, type DavPlace, encodePath, parseDav, renderDav } from "./dav-place.ts";

/** What a file is called before it is whole. */
const PARTIAL = ".partial";
const TEST_NAME = ".mondo.write-test";
const OPENING_MS = 5000;
const MOST_TRIES = 4;
const MOST_OBJECTS = 100_000;
const MOST_LEVELS = 8;
/** Behind something that encrypts for it, a server does not know itself by the URL of where something is moved to. */
const KNOWS_NO_URL: readonly number[] = [400, 502];
const [GONE, IS_THERE, EXISTS] = [404, 405, 412];

/** What stores on one server share. */
interface DavStoreParts {
  readonly client: DavClient;
  readonly whole: WholeObjects;
  readonly volumeBytes: number;
  readonly mostVolumeBytes: number;
  /** Directories that are there. */
  readonly made: Set<string>;
}

/** A directory on a WebDAV server, which takes a file in one piece: it gets its name when all of it is there. */
export class DavStore implements ObjectStore {
  readonly name: string;
  readonly volumeBytes: number;
  readonly mostVolumeBytes: number;
  readonly comparesDigests = false;
  readonly #parts: DavStoreParts;
  /** That was named. */
  readonly #root: DavPlace;
  /** Below that: "" or `DIR/`. */
  readonly #prefix: string;

  private constructor(parts: DavStoreParts, root: DavPlace, prefix: string) {
    this.#parts = parts;
    this.#root = root;
    this.#prefix = prefix;
    this.volumeBytes = parts.volumeBytes;
    this.mostVolumeBytes = parts.mostVolumeBytes;
    this.name = renderDav(belowDav(root, prefix === "" ? "" : `/${prefix.slice(0, -1)}`), true);
  }

  static at(host: Pick<Host, "tryReadText">, client: DavClient, place: DavPlace): DavStore {
    const volumeBytes = wholeVolumeBytes(host);
    const mostVolumeBytes = mostWholeVolumeBytes(host);
    return new DavStore(
      { client, whole: new WholeObjects(volumeBytes), volumeBytes, mostVolumeBytes, made: new Set() },
      place,
      "",
    );
  }

  with(use: StoreUse): DavStore {
    const client = this.#parts.client.with({ patienceMs: use.patienceMs, signal: use.signal });
    return new DavStore({ ...this.#parts, client }, this.#root, this.#prefix);
  }

  below(path: string): DavStore {
    return new DavStore(this.#parts, this.#root, `${this.#prefix}${path.replace(/^\/+/, "")}/`.replace(/^\/$/, ""));
  }

  at(name: string): DavStore | undefined {
    const place = parseDav(name);
    const start = `${this.#root.path.replace(/\/$/, "")}/`;
    const server = (one: DavPlace) => renderDav({ ...one, path: "/" }, true);
    if (!place?.path.startsWith(start) || place.path === start || server(place) !== server(this.#root))
      return undefined;
    return new DavStore(this.#parts, this.#root, `${place.path.slice(start.length)}/`);
  }

  /** A file is written, renamed and removed. */
  async tryOut(warn: (text: string) => void): Promise<void> {
    const store = this.with({ patienceMs: OPENING_MS });
    const stat = await statOn(store.#parts.client, store.#pathOf(""));
    if (!stat?.isDirectory) {
      throw new MondoError("not-found", `${this.name} is no directory on the server`, {
        hint: "Make it there, or give another one.",
        data: { setting: "share" },
      });
    }
    const path = `${TEST_NAME}.${crypto.randomUUID()}`;
    await store.put(path, { bytes: new Uint8Array(1) });
    await removeTest(store, path, warn);
  }

  begin(path: string): ObjectUpload {
    return this.#parts.whole.begin((body) => this.put(path, body));
  }

  settled(): Promise<void> {
    return this.#parts.whole.settled();
  }

  put(path: string, body: ObjectBody): Promise<void> {
    return this.#put(path, body, true);
  }

  async putNew(path: string, bytes: Uint8Array): Promise<void> {
    if (await statOn(this.#parts.client, this.#pathOf(path))) throw this.#isThere(path);
    await this.#put(path, { bytes }, false);
  }

  async list(): Promise<readonly StoredObject[]> {
    const found: StoredObject[] = [];
    await this.#walk("", MOST_LEVELS, (path, { isDirectory, sizeBytes }) => {
      if (!isDirectory) found.push({ path, sizeBytes });
    });
    return found;
  }

  async isEmpty(): Promise<boolean> {
    return ((await entriesOn(this.#parts.client, this.#pathOf("")))?.size ?? 0) === 0;
  }

  async remove(path: string): Promise<void> {
    const request = { method: "DELETE", path: this.#pathOf(path), what: `remove ${this.#pathOf(path)}` } as const;
    await this.#parts.client.ask({ ...request, accept: [GONE] });
  }

  async dropUnfinished(): Promise<void> {
    for (const { path } of await this.list()) if (path.endsWith(PARTIAL)) await this.remove(path);
  }

  async dropDirectories(): Promise<void> {
    const directories = [""];
    await this.#walk("", MOST_LEVELS, (path, { isDirectory }) => {
      if (isDirectory) directories.push(`${path}/`);
    });
    this.#parts.made.clear();
    // The deepest ones first. A server would remove one with all that is in it: what is not empty stays.
    for (const path of directories.reverse()) {
      const entries = await entriesOn(this.#parts.client, this.#pathOf(path));
      if (entries?.size === 0) await this.remove(path);
    }
  }

  #pathOf(path: string): string {
    return `${this.#root.path.replace(/\/$/, "")}/${this.#prefix}${path}`;
  }

  #isThere(path: string): MondoError {
    return new MondoError("refused", `${this.name}/${path} exists already, and is not replaced`, {
      hint: "Another machine writes to the same directory: give each one its own.",
    });
  }

  async #put(path: string, body: ObjectBody, mayReplace: boolean): Promise<void> {
    const { client } = this.#parts;
    const final = this.#pathOf(path);
    await this.#makeParents(path);
    await client.freshen(this.#pathOf(""));
    for (let number = 1; ; number += 1) {
      await client.ask({ method: "PUT", path: final + PARTIAL, body, what: `write ${final}` });
      const there = (await statOn(client, final + PARTIAL))?.sizeBytes;
      if (there === lengthOf(body)) break;
      if (number === MOST_TRIES) {
        throw remoteError("io", `${final} has ${lengthOf(body)} bytes, but the server has ${there ?? "none"} of them`);
      }
    }
    await this.#giveName(path, lengthOf(body), mayReplace);
  }

  async #giveName(path: string, sizeBytes: number, mayReplace: boolean): Promise<void> {
    const { client } = this.#parts;
    const final = this.#pathOf(path);
    const move = (destination: string, accept: readonly number[]) => {
      const headers = { destination, overwrite: mayReplace ? "T" : "F" };
      return client.ask({ method: "MOVE", path: final + PARTIAL, headers, what: `rename ${final}${PARTIAL}`, accept });
    };
    let { status } = await move(`${client.server.origin}${encodePath(final)}`, [GONE, EXISTS, ...KNOWS_NO_URL]);
    if (KNOWS_NO_URL.includes(status)) ({ status } = await move(encodePath(final), [GONE, EXISTS]));
    if (status !== GONE && status !== EXISTS) return;
    // The answer to an earlier try may have been lost: it has its name then.
    const [left, there] = [await statOn(client, final + PARTIAL), await statOn(client, final)];
    if (!left && there?.sizeBytes === sizeBytes) return;
    throw there ? this.#isThere(path) : remoteError("io", `${final}${PARTIAL} is gone from the server`);
  }

  async #makeParents(path: string): Promise<void> {
    const { client, made } = this.#parts;
    const root = this.#root.path.replace(/\/$/, "");
    const names = (this.#prefix + path).split("/").slice(0, -1);
    for (const [at] of names.entries()) {
      const directory = `${root}/${names.slice(0, at + 1).join("/")}/`;
      if (made.has(directory)) continue;
      if (!(await statOn(client, directory))) {
        await client.ask({ method: "MKCOL", path: directory, what: `make ${directory}`, accept: [IS_THERE] });
      }
      made.add(directory);
    }
  }

  /** Everything below a directory, which need not be there. */
  async #walk(
    directory: string,
    levels: number,
    use: (path: string, entry: { readonly isDirectory: boolean; readonly sizeBytes: number }) => void,
    count = { left: MOST_OBJECTS },
  ): Promise<void> {
    const entries = await entriesOn(this.#parts.client, this.#pathOf(directory));
    count.left -= entries?.size ?? 0;
    if (levels === 0 || count.left < 0) {
      throw new MondoError("refused", `${this.name} holds more than ${MOST_OBJECTS} files, or deeper ones than a set`);
    }
    for (const [name, entry] of entries ?? []) {
      const path = directory === "" ? name : `${directory}/${name}`;
      use(path, entry);
      if (entry.isDirectory) await this.#walk(path, levels - 1, use, count);
    }
  }
}
