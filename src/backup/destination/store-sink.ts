import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import { messageOf } from "../../base/errors.ts";
import type { ObjectBody, ObjectStore, ObjectUpload } from "../../shares/store/object-store.ts";

/** Where the volumes of a set lie in its place. */
const DIRECTORY = "mondo";

/** Volumes as objects of a store, written as they come; and what else belongs to their set. */
export class StoreSink implements VolumeSink {
  readonly #store: ObjectStore;
  /** For clearing up: without the signal that may have ended the work, and not for long. */
  readonly #clearing: ObjectStore;
  readonly #log: (text: string) => void;
  readonly #written: string[] = [];
  #begun: { readonly path: string; readonly upload: ObjectUpload } | undefined;

  /** `store` is the place of the set. */
  constructor(store: ObjectStore, clearing: ObjectStore, log: (text: string) => void) {
    this.#store = store;
    this.#clearing = clearing;
    this.#log = log;
  }

  begin(name: string): void {
    const path = `${DIRECTORY}/${name}`;
    this.#begun = { path, upload: this.#store.begin(path) };
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#begun?.upload.write(bytes);
  }

  async end(): Promise<number> {
    if (!this.#begun) return 1;
    await this.#begun.upload.end();
    this.#written.push(this.#begun.path);
    this.#begun = undefined;
    return 1;
  }

  /** All volumes are there. */
  settled(): Promise<void> {
    return this.#store.settled();
  }

  /** Something else, by its path in the place of the set. */
  async put(path: string, body: ObjectBody): Promise<void> {
    await this.#store.put(path, body);
    this.#written.push(path);
  }

  /** What is no object yet goes. */
  async dropUnfinished(): Promise<void> {
    await this.#quietly(() => this.#clearing.dropUnfinished());
  }

  /** Ends what is under way, and removes what was written, where the login may: a store that keeps all keeps that. */
  async discard(): Promise<void> {
    const begun = this.#begun;
    this.#begun = undefined;
    await this.#quietly(() => begun?.upload.abort(this.#clearing));
    await this.dropUnfinished();
    for (const path of this.#written.splice(0)) await this.#quietly(() => this.#clearing.remove(path));
    await this.#quietly(() => this.#clearing.dropDirectories());
  }

  async #quietly(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log(messageOf(error));
    }
  }
}
