import type { Manifest } from "../archive/set/manifest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { type RemoteStat, type RemoteTree, remoteError } from "../shares/remote/remote-tree.ts";
import type { TapePieces } from "./tape-pieces.ts";

/** A set on tapes as a directory: the volumes from tape, the rest from where it was put. */
export class TapeTree implements RemoteTree {
  readonly #host: Host;
  readonly #directory: string;
  readonly #manifest: Manifest;
  readonly #pieces: TapePieces;
  readonly #log: (text: string) => void;

  constructor(host: Host, directory: string, manifest: Manifest, pieces: TapePieces, log: (text: string) => void) {
    this.#host = host;
    this.#directory = directory;
    this.#manifest = manifest;
    this.#pieces = pieces;
    this.#log = log;
  }

  async stat(path: string): Promise<RemoteStat | undefined> {
    const mtimeSeconds = this.#manifest.created;
    if (path === "") return { isDirectory: true, sizeBytes: 0, mtimeSeconds };
    const sizeBytes = this.#sizeOf(path) ?? this.#host.stat(`${this.#directory}/${path}`)?.sizeBytes;
    return sizeBytes === undefined ? undefined : { isDirectory: false, sizeBytes, mtimeSeconds };
  }

  async list(): Promise<readonly string[]> {
    return [...this.#host.list(this.#directory), ...this.#manifest.volumes.map(({ name }) => name)];
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    const sizeBytes = this.#sizeOf(path);
    if (sizeBytes === undefined) return this.#host.readAt(`${this.#directory}/${path}`, offset, length);
    try {
      return await this.#pieces.read(path, sizeBytes, offset, Math.max(0, Math.min(length, sizeBytes - offset)));
    } catch (error) {
      if (!(error instanceof MondoError)) throw error;
      this.#log(messageOf(error));
      throw remoteError("io", messageOf(error));
    }
  }

  #sizeOf(path: string): number | undefined {
    return this.#manifest.volumes.find(({ name }) => name === path)?.sizeBytes;
  }
}
