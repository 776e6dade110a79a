import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { ObjectStore } from "../../shares/store/object-store.ts";
import { removeAll } from "../destination/clear-killed.ts";
import type { Remover } from "./prune-sets.ts";

/** Removes a set from a store that is mounted on a directory. */
export function removeInStore(store: ObjectStore, mounted: string): Remover {
  return async ({ place }) => {
    const below = place.slice(mounted.length);
    if (!place.startsWith(`${mounted}/`) || below === "/") {
      throw new MondoError("bug", msg`${place} does not lie below ${mounted}`);
    }
    await removeAll(store.below(below));
  };
}
