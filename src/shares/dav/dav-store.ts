import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { remoteError } from "../remote/remote-tree.ts";
import { BelowRoot } from "../store/below-root.ts";
import { lengthOf, type ObjectBody, type StoredObject, type StoreUse } from "../store/object-store.ts";
import {
  OPENING_MS,
  PARTIAL,
  type StoredEntry,
  type WholeParts,
  WholeStore,
  wholeParts,
} from "../store/whole-store.ts";
import type { DavClient } from "./dav-client.ts";
import { entriesOn, statOn } from "./dav-listing.ts";
import { belowDav, type DavPlace, encodePath, parseDav, renderDav } from "./dav-place.ts";

const MOST_TRIES = 4;
/** Behind something that encrypts for it, a server does not know itself by the URL of where something is moved to. */
const KNOWS_NO_URL: readonly number[] = [400, 502];
const [GONE, IS_THERE, EXISTS] = [404, 405, 412];

/** What stores on one server share. */
interface DavStoreParts extends WholeParts {
  readonly client: DavClient;
  /** Directories that are there. */
  readonly made: Set<string>;
}

/** A directory on a WebDAV server, which takes a file in one piece: it gets its name when all of it is there. */
export class DavStore extends WholeStore {
  readonly name: string;
  readonly #parts: DavStoreParts;
  readonly #place: BelowRoot<DavPlace>;

  private constructor(parts: DavStoreParts, place: BelowRoot<DavPlace>) {
    super(parts);
    this.#parts = parts;
    this.#place = place;
    this.name = renderDav(belowDav(place.root, place.directory), true);
  }

  static at(host: Pick<Host, "tryReadText">, client: DavClient, place: DavPlace): DavStore {
    return new DavStore({ ...wholeParts(host), client, made: new Set() }, new BelowRoot(place));
  }

  with(use: StoreUse): DavStore {
    const client = this.#parts.client.with({ patienceMs: use.patienceMs, signal: use.signal });
    return new DavStore({ ...this.#parts, client }, this.#place);
  }

  below(path: string): DavStore {
    return new DavStore(this.#parts, this.#place.below(path));
  }

  at(name: string): DavStore | undefined {
    const place = parseDav(name);
    const server = (one: DavPlace) => renderDav({ ...one, path: "/" }, true);
    const found = place && server(place) === server(this.#place.root) ? this.#place.at(place.path) : undefined;
    return found && new DavStore(this.#parts, found);
  }

  async tryOut(warn: (text: string) => void): Promise<void> {
    const store = this.with({ patienceMs: OPENING_MS });
    const stat = await statOn(store.#parts.client, store.#pathOf(""));
    if (!stat?.isDirectory) {
      throw new MondoError("not-found", msg`${this.name} is no directory on the server`, {
        hint: msg`Make it there, or give another one.`,
        data: { setting: "share" },
      });
    }
    await store.writeTest(warn);
  }

  put(path: string, body: ObjectBody): Promise<void> {
    return this.#put(path, body, true);
  }

  async putNew(path: string, bytes: Uint8Array): Promise<void> {
    if (await statOn(this.#parts.client, this.#pathOf(path))) throw this.existsAlready(path);
    await this.#put(path, { bytes }, false);
  }

  async list(): Promise<readonly StoredObject[]> {
    return (await this.walk((directory) => this.#entries(directory))).files;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#entries("")).length === 0;
  }

  async remove(path: string): Promise<void> {
    const request = { method: "DELETE", path: this.#pathOf(path), what: msg`remove ${this.#pathOf(path)}` } as const;
    await this.#parts.client.ask({ ...request, accept: [GONE] });
  }

  async dropDirectories(): Promise<void> {
    const { directories } = await this.walk((directory) => this.#entries(directory));
    this.#parts.made.clear();
    // The deepest ones first. A server would remove one with all that is in it: what is not empty stays.
    for (const path of ["", ...directories.map((directory) => `${directory}/`)].reverse()) {
      const entries = await entriesOn(this.#parts.client, this.#pathOf(path));
      if (entries?.size === 0) await this.remove(path);
    }
  }

  #pathOf(path: string): string {
    return `${this.#place.root.path.replace(/\/$/, "")}/${this.#place.prefix}${path}`;
  }

  async #put(path: string, body: ObjectBody, mayReplace: boolean): Promise<void> {
    const { client } = this.#parts;
    const final = this.#pathOf(path);
    await this.#makeParents(path);
    await client.freshen(this.#pathOf(""));
    for (let number = 1; ; number += 1) {
      await client.ask({ method: "PUT", path: final + PARTIAL, body, what: msg`write ${final}` });
      const there = (await statOn(client, final + PARTIAL))?.sizeBytes;
      if (there === lengthOf(body)) break;
      if (number === MOST_TRIES) {
        throw remoteError(
          "io",
          msg`${final} has ${lengthOf(body)} bytes, but the server has ${there ?? msg`none`} of them`,
        );
      }
    }
    await this.#giveName(path, lengthOf(body), mayReplace);
  }

  async #giveName(path: string, sizeBytes: number, mayReplace: boolean): Promise<void> {
    const { client } = this.#parts;
    const final = this.#pathOf(path);
    const move = (destination: string, accept: readonly number[]) => {
      const headers = { destination, overwrite: mayReplace ? "T" : "F" };
      return client.ask({
        method: "MOVE",
        path: final + PARTIAL,
        headers,
        what: msg`rename ${final}${PARTIAL}`,
        accept,
      });
    };
    let { status } = await move(`${client.server.origin}${encodePath(final)}`, [GONE, EXISTS, ...KNOWS_NO_URL]);
    if (KNOWS_NO_URL.includes(status)) ({ status } = await move(encodePath(final), [GONE, EXISTS]));
    if (status !== GONE && status !== EXISTS) return;
    // The answer to an earlier try may have been lost: it has its name then.
    const [left, there] = [await statOn(client, final + PARTIAL), await statOn(client, final)];
    if (!left && there?.sizeBytes === sizeBytes) return;
    throw there ? this.existsAlready(path) : remoteError("io", msg`${final}${PARTIAL} is gone from the server`);
  }

  async #makeParents(path: string): Promise<void> {
    const { client, made } = this.#parts;
    const root = this.#place.root.path.replace(/\/$/, "");
    const names = (this.#place.prefix + path).split("/").slice(0, -1);
    for (const [at] of names.entries()) {
      const directory = `${root}/${names.slice(0, at + 1).join("/")}/`;
      if (made.has(directory)) continue;
      if (!(await statOn(client, directory))) {
        await client.ask({ method: "MKCOL", path: directory, what: msg`make ${directory}`, accept: [IS_THERE] });
      }
      made.add(directory);
    }
  }

  /** What is in a directory, which need not be there. */
  async #entries(directory: string): Promise<readonly StoredEntry[]> {
    const entries = await entriesOn(this.#parts.client, this.#pathOf(directory));
    return [...(entries ?? [])].map(([name, { isDirectory, sizeBytes }]) => ({ name, isDirectory, sizeBytes }));
  }
}
