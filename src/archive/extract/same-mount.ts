import type { ByteString } from "../../base/bytes.ts";
import type { Graft } from "../tree/directories.ts";

const isBelow = (path: ByteString, directory: ByteString) => directory === "" || path.startsWith(`${directory}/`);

/**
 * Names by which a file below a mount can be linked to one that is seen: link(2) makes none from one mount to another,
 * but a graft shows all of its file system.
 */
export class SameMount {
  readonly #grafts: readonly Graft[];

  constructor(grafts: readonly Graft[]) {
    this.#grafts = grafts;
  }

  /** A name, as it is seen from where another name of the file lies. */
  seenFrom(other: ByteString, name: ByteString): ByteString {
    const graft = this.#grafts.find(({ path }) => isBelow(other, path));
    if (!graft || isBelow(name, graft.path) || !isBelow(name, graft.of)) return name;
    return `${graft.path}/${name.slice(graft.of === "" ? 0 : graft.of.length + 1)}` as ByteString;
  }
}
