import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import type { S3Client } from "../../shares/s3/s3-client.ts";
import { PART_BYTES, removeObject, S3Upload } from "../../shares/s3/s3-upload.ts";

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Volumes as objects of a bucket, written as they come. */
export class BucketSink implements VolumeSink {
  readonly #client: S3Client;
  /** For clearing up: without the signal that may have ended the work, and not for long. */
  readonly #clearing: S3Client;
  readonly #prefix: string;
  readonly #log: (text: string) => void;
  readonly #written: string[] = [];
  #upload: S3Upload | undefined;

  /** `prefix` is that of the volumes' keys, without a slash at its end. */
  constructor(client: S3Client, clearing: S3Client, prefix: string, log: (text: string) => void) {
    this.#client = client;
    this.#clearing = clearing;
    this.#prefix = prefix;
    this.#log = log;
  }

  begin(name: string): void {
    const [prefix, base] = name.startsWith("../") ? [parentOf(this.#prefix), name.slice(3)] : [this.#prefix, name];
    this.#upload = new S3Upload(this.#client, `${prefix}/${base}`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#upload?.write(bytes);
  }

  async end(): Promise<number> {
    await this.#end();
    return 1;
  }

  /** A file of this machine; `../NAME` goes beside the directory of the volumes. */
  async copy(host: Pick<Host, "readAt">, path: string, name: string): Promise<void> {
    this.begin(name);
    for (let at = 0; ; at += PART_BYTES) {
      const bytes = host.readAt(path, at, PART_BYTES);
      if (bytes.byteLength > 0) await this.write(bytes);
      if (bytes.byteLength < PART_BYTES) break;
    }
    await this.#end();
  }

  /** A text. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.begin(name);
    await this.write(bytes);
    await this.#end();
  }

  /** Ends what is under way, and removes what was written, where the key may: a bucket that keeps all keeps that. */
  async discard(): Promise<void> {
    const upload = this.#upload;
    this.#upload = undefined;
    await this.#quietly(() => upload?.abort(this.#clearing));
    for (const key of this.#written.splice(0)) await this.#quietly(() => removeObject(this.#clearing, key));
  }

  async #end(): Promise<void> {
    const upload = this.#upload;
    if (!upload) return;
    await upload.end();
    this.#written.push(upload.key);
    this.#upload = undefined;
  }

  async #quietly(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log(messageOf(error));
    }
  }
}
