import { concatBytes } from "../../base/bytes.ts";
import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import {
  decodeFuseRequest,
  decodeNewParent,
  decodeSetSize,
  decodeTransfer,
  encodeAttributesAnswer,
  encodeDirectory,
  encodeEntryAnswer,
  encodeFuseAnswer,
  encodeInitAnswer,
  encodeOpenAnswer,
  encodeStatfs,
  encodeWriteAnswer,
  expectsAnswer,
  FUSE_ROOT,
  FUSE_WRITE_BYTES,
  type FuseAttributes,
  type FuseOperation,
  type FuseRequest,
  fuseNames,
} from "../../formats/network/fuse.ts";
import { errnoOf, type RemoteStat, type RemoteTree, type RemoteWriter, remoteError } from "./remote-tree.ts";

const ENOSYS = 38;
const NOTHING = new Uint8Array(0);
/** What nobody else on this machine may read. */
const PERMISSIONS = { file: 0o600, directory: 0o700 } as const;

/** Paths by number, as the kernel names what it has seen. What it forgot stays: a set has few files. */
class Nodes {
  readonly #paths = new Map<number, string>([[FUSE_ROOT, ""]]);
  readonly #numbers = new Map<string, number>([["", FUSE_ROOT]]);
  #last = FUSE_ROOT;

  path(node: number): string {
    const path = this.#paths.get(node);
    if (path === undefined) throw remoteError("stale", msg`the kernel asks for node ${node}, which is gone`);
    return path;
  }

  below(node: number, name: string): string {
    const path = this.path(node);
    return path === "" ? name : `${path}/${name}`;
  }

  number(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#numbers.set(path, this.#last);
    this.#paths.set(this.#last, path);
    return this.#last;
  }

  isGone(node: number): boolean {
    return !this.#paths.has(node);
  }

  /** The node of what was removed: another thing of that name gets a new one. */
  drop(path: string): void {
    const node = this.#numbers.get(path);
    this.#numbers.delete(path);
    if (node !== undefined) this.#paths.delete(node);
  }

  /** What was renamed keeps its number, and so does what is in it. */
  move(from: string, to: string): void {
    this.drop(to);
    for (const [path, node] of [...this.#numbers]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      const moved = to + path.slice(from.length);
      this.#numbers.delete(path);
      this.#numbers.set(moved, node);
      this.#paths.set(node, moved);
    }
  }
}

type Handler = (request: FuseRequest) => Promise<Uint8Array> | Uint8Array;

/** Answers the kernel's requests about a directory on a server. */
export class TreeServer {
  readonly #tree: RemoteTree;
  readonly #log: (text: string) => void;
  readonly #nodes = new Nodes();
  readonly #handlers: { readonly [O in FuseOperation]?: Handler };

  constructor(tree: RemoteTree, log: (text: string) => void) {
    this.#tree = tree;
    this.#log = log;
    const nothing = () => NOTHING;
    const rename = (fixedBytes: number) => (request: FuseRequest) => this.#rename(request, fixedBytes);
    this.#handlers = {
      init: ({ body }) => encodeInitAnswer(body, tree.writer ? FUSE_WRITE_BYTES.most : FUSE_WRITE_BYTES.least),
      lookup: async ({ node, body }) => encodeEntryAnswer(await this.#entry(this.#nodes.below(node, nameIn(body, 0)))),
      getattr: async ({ node }) => encodeAttributesAnswer(await this.#entry(this.#nodes.path(node))),
      setattr: (request) => this.#setAttributes(request),
      open: encodeOpenAnswer,
      opendir: encodeOpenAnswer,
      read: ({ node, body }) => this.#read(node, body),
      readdir: ({ node, body }) => this.#readDirectory(node, body),
      write: (request) => this.#write(request),
      create: (request) => this.#create(request),
      mkdir: (request) => this.#makeDirectory(request),
      unlink: ({ node, body }) => this.#remove(node, body, (writer, path) => writer.removeFile(path)),
      rmdir: ({ node, body }) => this.#remove(node, body, (writer, path) => writer.removeDirectory(path)),
      rename: rename(8),
      rename2: rename(16),
      statfs: async () => encodeStatfs((await this.#tree.writer?.space()) ?? { totalBytes: 0, freeBytes: 0 }),
      fsync: ({ node }) => this.#flush(node),
      flush: ({ node }) => this.#flush(node),
      release: nothing,
      releasedir: nothing,
      fsyncdir: nothing,
      access: nothing,
      destroy: nothing,
    };
  }

  /** The answer to a request as it was read from the kernel; `undefined` when it wants none. Never throws. */
  async answer(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const request = decodeFuseRequest(bytes);
    if (!request || !expectsAnswer(request)) return undefined;
    const handler = this.#handlers[request.operation];
    if (!handler) return encodeFuseAnswer(request.unique, ENOSYS);
    try {
      return encodeFuseAnswer(request.unique, 0, await handler(request));
    } catch (error) {
      if (request.operation !== "lookup") this.#log(`${request.operation}: ${messageOf(error)}`);
      return encodeFuseAnswer(request.unique, errnoOf(error));
    }
  }

  get #writer(): RemoteWriter {
    if (this.#tree.writer) return this.#tree.writer;
    throw remoteError("readOnly", msg`nothing can be written there`);
  }

  #attributes(path: string, { isDirectory, sizeBytes, mtimeSeconds }: RemoteStat): FuseAttributes {
    const permissions = isDirectory ? PERMISSIONS.directory : PERMISSIONS.file;
    return { node: this.#nodes.number(path), isDirectory, permissions, sizeBytes, mtimeSeconds };
  }

  async #entry(path: string): Promise<FuseAttributes> {
    const stat = await this.#tree.stat(path);
    if (!stat) throw remoteError("notFound", msg`there is no ${path}`);
    return this.#attributes(path, stat);
  }

  async #setAttributes({ node, body }: FuseRequest): Promise<Uint8Array> {
    const path = this.#nodes.path(node);
    const sizeBytes = decodeSetSize(body);
    // Owners, permissions and times are the server's own.
    if (sizeBytes !== undefined) await this.#writer.truncate(path, sizeBytes);
    return encodeAttributesAnswer(await this.#entry(path));
  }

  #read(node: number, body: Uint8Array): Promise<Uint8Array> {
    const { offset, length } = decodeTransfer(body);
    return this.#tree.read(this.#nodes.path(node), offset, length);
  }

  async #readDirectory(node: number, body: Uint8Array): Promise<Uint8Array> {
    const { offset, length } = decodeTransfer(body);
    return encodeDirectory([".", "..", ...(await this.#tree.list(this.#nodes.path(node)))], offset, length);
  }

  async #write({ node, body }: FuseRequest): Promise<Uint8Array> {
    const { offset, data } = decodeTransfer(body);
    await this.#writer.write(this.#nodes.path(node), offset, data);
    return encodeWriteAnswer(data.byteLength);
  }

  async #create({ node, body }: FuseRequest): Promise<Uint8Array> {
    const path = this.#nodes.below(node, nameIn(body, 16));
    await this.#writer.create(path);
    return concatBytes([encodeEntryAnswer(await this.#entry(path)), encodeOpenAnswer()]);
  }

  async #makeDirectory({ node, body }: FuseRequest): Promise<Uint8Array> {
    const path = this.#nodes.below(node, nameIn(body, 8));
    await this.#writer.makeDirectory(path);
    return encodeEntryAnswer(await this.#entry(path));
  }

  async #remove(
    node: number,
    body: Uint8Array,
    remove: (writer: RemoteWriter, path: string) => Promise<void>,
  ): Promise<Uint8Array> {
    const path = this.#nodes.below(node, nameIn(body, 0));
    await remove(this.#writer, path);
    this.#nodes.drop(path);
    return NOTHING;
  }

  async #rename({ node, body }: FuseRequest, fixedBytes: number): Promise<Uint8Array> {
    const [from = "", to = ""] = fuseNames(body, fixedBytes);
    const [old, next] = [this.#nodes.below(node, from), this.#nodes.below(decodeNewParent(body), to)];
    await this.#writer.rename(old, next);
    this.#nodes.move(old, next);
    return NOTHING;
  }

  async #flush(node: number): Promise<Uint8Array> {
    // What was removed while it was open is closed, too.
    if (!this.#nodes.isGone(node)) await this.#tree.writer?.flush(this.#nodes.path(node));
    return NOTHING;
  }
}

const nameIn = (body: Uint8Array, fixedBytes: number): string => fuseNames(body, fixedBytes)[0] ?? "";
