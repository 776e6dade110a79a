import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { GIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { type ObjectBody, type ObjectStore, partsOf, type StoredObject, type StoreUse } from "../store/object-store.ts";
import type { S3Client } from "./s3-client.ts";
import { belowS3, parseS3, renderS3 } from "./s3-place.ts";
import { abortUpload, beginUpload, openUploads, PART_BYTES, putNew, removeObject, S3Upload } from "./s3-upload.ts";

/** Parts of 8 MiB make 2048 of it. */
const VOLUME_BYTES = 16 * GIB;
const MOST_OBJECTS = 100_000;
const OPENING_MS = 5000;

/** What lies in a bucket below a prefix. */
export class S3Store implements ObjectStore {
  readonly name: string;
  readonly volumeBytes = VOLUME_BYTES;
  readonly comparesDigests = true;
  readonly #client: S3Client;
  readonly #host: Pick<Host, "readAt">;

  constructor(client: S3Client, host: Pick<Host, "readAt">) {
    this.#client = client;
    this.#host = host;
    this.name = renderS3(client.place);
  }

  with(use: StoreUse): S3Store {
    return new S3Store(this.#client.with({ patienceMs: use.patienceMs, signal: use.signal }), this.#host);
  }

  below(path: string): S3Store {
    return new S3Store(this.#client.at(belowS3(this.#client.place, path)), this.#host);
  }

  at(name: string): S3Store | undefined {
    const { endpoint, bucket, region } = this.#client.place;
    const place = parseS3(name);
    if (place?.endpoint !== endpoint || place.bucket !== bucket || place.prefix === "") return undefined;
    return new S3Store(this.#client.at({ ...place, endpoint, region }), this.#host);
  }

  /** An upload is begun and ended, of which nothing stays. */
  async tryOut(warn: (text: string) => void): Promise<void> {
    const client = this.#client.with({ patienceMs: OPENING_MS });
    await client.listPage(this.#prefix, { most: 1 });
    const key = this.#keyOf(".mondo.write-test");
    const id = await beginUpload(client, key);
    try {
      await abortUpload(client, { key, id });
    } catch (error) {
      warn(msg`${messageOf(error)}: an empty one stays; let the bucket end unfinished uploads after some days`);
    }
  }

  begin(path: string) {
    const upload = new S3Upload(this.#client, this.#keyOf(path));
    return {
      write: (bytes: Uint8Array) => upload.write(bytes),
      end: () => upload.end(),
      abort: (store: ObjectStore) => upload.abort(store instanceof S3Store ? store.#client : this.#client),
    };
  }

  async settled(): Promise<void> {}

  async put(path: string, body: ObjectBody): Promise<void> {
    const upload = new S3Upload(this.#client, this.#keyOf(path));
    for (const part of partsOf(this.#host, body, PART_BYTES)) await upload.write(part);
    await upload.end();
  }

  putNew(path: string, bytes: Uint8Array): Promise<void> {
    return putNew(this.#client, this.#keyOf(path), bytes);
  }

  async list(): Promise<readonly StoredObject[]> {
    const prefix = this.#prefix;
    const { objects } = await this.#client.list(prefix, true, MOST_OBJECTS);
    // A server may list more than it was asked for: that lies elsewhere.
    const own = objects.filter(({ key }) => key.startsWith(prefix));
    return own.map(({ key, sizeBytes }) => ({ path: key.slice(prefix.length), sizeBytes }));
  }

  async isEmpty(): Promise<boolean> {
    const { objects } = await this.#client.listPage(this.#prefix, { deep: true, most: 1 });
    return objects.length === 0;
  }

  remove(path: string): Promise<void> {
    return removeObject(this.#client, this.#keyOf(path));
  }

  async dropUnfinished(): Promise<void> {
    for (const upload of await openUploads(this.#client, this.#prefix)) await abortUpload(this.#client, upload);
  }

  async dropDirectories(): Promise<void> {}

  get #prefix(): string {
    const { prefix } = this.#client.place;
    return prefix === "" ? "" : `${prefix}/`;
  }

  #keyOf(path: string): string {
    return this.#prefix + path;
  }
}
