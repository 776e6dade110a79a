import type { ByteString } from "../../base/bytes.ts";
import { inodeKey, isDirectory } from "../tree/live-file.ts";
import type { Found } from "./walk.ts";

/** Knows files with several names by the name under which each was found first. */
export class HardLinks {
  readonly #first = new Map<string, ByteString>();

  /** The first name of a file that was found before; undefined: this is it. */
  firstOf({ path, stat }: Found): ByteString | undefined {
    if (stat.nlink < 2 || isDirectory(stat)) return undefined;
    const key = inodeKey(stat);
    const first = this.#first.get(key);
    if (first === undefined) this.#first.set(key, path);
    return first;
  }
}
