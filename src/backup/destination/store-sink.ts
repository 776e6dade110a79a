import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import { messageOf } from "../../base/errors.ts";
import type { ObjectBody, ObjectStore, ObjectUpload } from "../../shares/store/object-store.ts";
import { removeAll } from "./clear-killed.ts";

/** Where the volumes of a set lie in its place. */
const DIRECTORY = "mondo";

/** What a sink tells of. */
export interface StoreSinkEvents {
  readonly log: (text: string) => void;
  /** Nothing of the set is in the store any more. */
  readonly gone: () => void;
}

/** Volumes as objects of a store, written as they come; and what else belongs to their set. */
export class StoreSink implements VolumeSink {
  readonly #store: ObjectStore;
  /** For clearing up: without the signal that may have ended the work, and not for long. */
  readonly #clearing: ObjectStore;
  readonly #events: StoreSinkEvents;
  #begun: ObjectUpload | undefined;

  /** `store` is the place of the set. */
  constructor(store: ObjectStore, clearing: ObjectStore, events: StoreSinkEvents) {
    this.#store = store;
    this.#clearing = clearing;
    this.#events = events;
  }

  begin(name: string): void {
    this.#begun = this.#store.begin(`${DIRECTORY}/${name}`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#begun?.write(bytes);
  }

  async end(): Promise<number> {
    await this.#begun?.end();
    this.#begun = undefined;
    return 1;
  }

  /** All volumes are there. */
  settled(): Promise<void> {
    return this.#store.settled();
  }

  /** Something else, by its path in the place of the set. */
  put(path: string, body: ObjectBody): Promise<void> {
    return this.#store.put(path, body);
  }

  /** What is no object yet goes. */
  async dropUnfinished(): Promise<void> {
    await this.#quietly(() => this.#clearing.dropUnfinished());
  }

  /** Ends what is under way, and removes what is there; at the first failure it stays, for a later run to remove. */
  async discard(): Promise<void> {
    const begun = this.#begun;
    this.#begun = undefined;
    await this.#quietly(async () => {
      await begun?.abort(this.#clearing);
      // Why one did not come is known to whoever discards them.
      await this.settled().catch(() => {});
      await removeAll(this.#clearing);
      await this.#clearing.dropUnfinished();
      this.#events.gone();
    });
    this.close();
  }

  close(): void {
    this.#store.close?.();
    this.#clearing.close?.();
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#events.log(messageOf(error));
    }
  }
}
