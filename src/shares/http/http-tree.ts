import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import { urlBelow } from "../../network/web-url.ts";
import { type RemoteStat, type RemoteTree, remoteError } from "../remote/remote-tree.ts";
import { HttpFile, type HttpWire } from "./http-file.ts";

/** A page that lists a directory. */
const MOST_INDEX_BYTES = 4 * MIB;
const INDEX_MS = 20_000;
/** Files that show that a web server's directory holds a set: directories can't be asked for. */
const MANIFESTS = ["manifest.json", "mondo/manifest.json"] as const;
/** `NAME-1.iso`, of a set that may have more of them. */
const IMAGE = /^(.*-)(\d+)(\.iso)$/;
const MOST_IMAGES = 10_000;
/** Names that only files have. */
const FILE = /\.(iso|json|zst|tar|gz|xz|txt)$/;

const DIRECTORY: RemoteStat = { isDirectory: true, sizeBytes: 0, mtimeSeconds: 0 };

/**
 * Names in the page that a web server makes of a directory (Apache, nginx, lighttpd and others: links without a path).
 * Pure.
 */
export function namesInIndex(html: string): string[] {
  const names = [...html.matchAll(/<a\s[^>]*href\s*=\s*["']?(?:\.\/)?([^"'\s>?#/]+)\/?["'\s>]/gi)].flatMap(
    ([, link = ""]) => {
      try {
        return [decodeURIComponent(link)];
      } catch {
        return [];
      }
    },
  );
  return [...new Set(names)].filter((name) => !/[/\0]/.test(name) && name !== ".." && name !== ".");
}

/**
 * A directory on a web server. What is in it is found by name; listed as far as the server shows it, with the images
 * that follow a known one.
 */
export class HttpTree implements RemoteTree {
  readonly #wire: HttpWire;
  readonly #url: string;
  readonly #files = new Map<string, HttpFile>();
  readonly #directories = new Set([""]);

  private constructor(wire: HttpWire, url: string) {
    this.#wire = wire;
    this.#url = url;
  }

  /**
   * Asks for what is expected there, `tries` times. Throws one sentence when the server can't be read from; not when it
   * has no such file.
   */
  static async open(wire: HttpWire, url: string, tries: number, expected: string): Promise<HttpTree> {
    const tree = new HttpTree(wire, url);
    await tree.#find(expected, tries);
    return tree;
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    if (this.#directories.has(path)) return DIRECTORY;
    const file = await this.#find(path);
    if (file) return { isDirectory: false, sizeBytes: file.sizeBytes, mtimeSeconds: 0 };
    if (FILE.test(path)) return undefined;
    for (const manifest of MANIFESTS) {
      if (!(await this.#find(`${path}/${manifest}`))) continue;
      this.#directories.add(path);
      return DIRECTORY;
    }
    return undefined;
  }

  async list(path: string): Promise<readonly string[]> {
    const index = await this.#index(path);
    const known = [...this.#files.keys()].filter((file) => directoryOf(file) === path).map((file) => nameOf(file));
    const following = (await Promise.all(known.map((name) => this.#following(path, name)))).flat();
    return [...new Set([...index, ...known, ...following])].sort();
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const file = await this.#find(path);
    if (!file) throw remoteError("notFound", msg`the web server has no ${path} any more`);
    try {
      return await file.read(offset, length);
    } catch (error) {
      // Whoever asks again reads what is there now.
      this.#files.delete(path);
      throw error;
    }
  }

  #urlOf(path: string): string {
    return urlBelow(this.#url, path);
  }

  /** The file; `undefined` when there is none. Waits for a server that went away, unless the tries are counted. */
  async #find(path: string, tries = Number.POSITIVE_INFINITY): Promise<HttpFile | undefined> {
    const known = this.#files.get(path);
    if (known) return known;
    try {
      const file = await HttpFile.open(this.#wire, this.#urlOf(path), tries);
      this.#files.set(path, file);
      return file;
    } catch (error) {
      if (error instanceof MondoError && isAbsent(path, error.data.status)) return undefined;
      throw error;
    }
  }

  async #index(path: string): Promise<readonly string[]> {
    try {
      const url = this.#urlOf(path === "" ? "" : `${path}/`);
      const { status, text } = await this.#wire.fetchText(url, { limitMs: INDEX_MS, mostBytes: MOST_INDEX_BYTES });
      return status === 200 ? namesInIndex(text) : [];
    } catch (error) {
      this.#wire.log(`no index of ${path === "" ? "the directory" : path}: ${messageOf(error)}`);
      return [];
    }
  }

  /** The images after one, as far as they go without a gap of two. */
  async #following(path: string, name: string): Promise<string[]> {
    const [, head = "", number = "", tail = ""] = IMAGE.exec(name) ?? [];
    if (number === "") return [];
    const found: string[] = [];
    for (let next = Number(number) + 1, gap = 0; gap < 2 && next < MOST_IMAGES; next += 1) {
      const other = `${head}${next}${tail}`;
      const isThere = await this.#find(path === "" ? other : `${path}/${other}`);
      gap = isThere ? 0 : gap + 1;
      if (isThere) found.push(other);
    }
    return found;
  }
}

/**
 * What the status of a request means: there is no such file. Directories are shown, redirected to or forbidden, as the
 * server likes.
 */
function isAbsent(path: string, status: unknown): boolean {
  return status === 404 || status === 410 || ((status === 200 || status === 403) && !FILE.test(path));
}

const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
