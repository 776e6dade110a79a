import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { ObjectBody, ObjectStore, ObjectUpload, StoredObject, StoreUse } from "./object-store.ts";
import { removeTest } from "./remove-test.ts";
import { mostWholeVolumeBytes, WholeObjects, wholeVolumeBytes } from "./whole-objects.ts";

/** What a file is called before it is whole. */
export const PARTIAL = ".partial";
/** How long a server is tried when it is looked whether it can be written to. */
export const OPENING_MS = 5000;
const TEST_NAME = ".mondo.write-test";
const MOST_OBJECTS = 100_000;
const MOST_LEVELS = 8;

/** What stores on one server share. */
export interface WholeParts {
  readonly whole: WholeObjects;
  readonly volumeBytes: number;
  readonly mostVolumeBytes: number;
}

/** For the stores on a server, by the memory of this machine. */
export function wholeParts(host: Pick<Host, "tryReadText">): WholeParts {
  const volumeBytes = wholeVolumeBytes(host);
  return { whole: new WholeObjects(volumeBytes), volumeBytes, mostVolumeBytes: mostWholeVolumeBytes(host) };
}

/** What a directory holds. */
export interface StoredEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
}

/** A server that takes a file in one piece: it gets its name when all of it is there. */
export abstract class WholeStore implements ObjectStore {
  readonly volumeBytes: number;
  readonly mostVolumeBytes: number;
  readonly comparesDigests = false;
  readonly #whole: WholeObjects;

  protected constructor({ whole, volumeBytes, mostVolumeBytes }: WholeParts) {
    this.volumeBytes = volumeBytes;
    this.mostVolumeBytes = mostVolumeBytes;
    this.#whole = whole;
  }

  abstract readonly name: string;
  abstract with(use: StoreUse): WholeStore;
  abstract below(path: string): WholeStore;
  abstract at(name: string): WholeStore | undefined;
  abstract tryOut(warn: (text: string) => void): Promise<void>;
  abstract put(path: string, body: ObjectBody): Promise<void>;
  abstract putNew(path: string, bytes: Uint8Array): Promise<void>;
  abstract list(): Promise<readonly StoredObject[]>;
  abstract isEmpty(): Promise<boolean>;
  abstract remove(path: string): Promise<void>;
  abstract dropDirectories(): Promise<void>;

  begin(path: string): ObjectUpload {
    return this.#whole.begin((body) => this.put(path, body));
  }

  settled(): Promise<void> {
    return this.#whole.settled();
  }

  async dropUnfinished(): Promise<void> {
    for (const { path } of await this.list()) if (path.endsWith(PARTIAL)) await this.remove(path);
  }

  /** A file is written, renamed and removed. */
  protected async writeTest(warn: (text: string) => void): Promise<void> {
    const path = `${TEST_NAME}.${crypto.randomUUID()}`;
    await this.put(path, { bytes: new Uint8Array(1) });
    await removeTest(this, path, warn);
  }

  protected existsAlready(path: string): MondoError {
    return new MondoError("refused", msg`${this.name}/${path} exists already, and is not replaced`, {
      hint: msg`Another machine writes to the same directory: give each one its own.`,
    });
  }

  /** Everything below it, outer directories first; `read` gives what is in one, "" being the store's own. */
  protected async walk(
    read: (directory: string) => Promise<readonly StoredEntry[]>,
  ): Promise<{ readonly files: readonly StoredObject[]; readonly directories: readonly string[] }> {
    const [files, directories]: [StoredObject[], string[]] = [[], []];
    let left = MOST_OBJECTS;
    const walk = async (directory: string, levels: number): Promise<void> => {
      const entries = await read(directory);
      left -= entries.length;
      if (levels === 0 || left < 0) {
        const what = msg`holds more than ${MOST_OBJECTS} files, or deeper ones than a set`;
        throw new MondoError("refused", `${this.name} ${what}`);
      }
      for (const { name, isDirectory, sizeBytes } of entries) {
        const path = directory === "" ? name : `${directory}/${name}`;
        if (!isDirectory) files.push({ path, sizeBytes });
        else {
          directories.push(path);
          await walk(path, levels - 1);
        }
      }
    };
    await walk("", MOST_LEVELS);
    return { files, directories };
  }
}
