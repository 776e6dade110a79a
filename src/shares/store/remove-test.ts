import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { errnoOf, REMOTE_ERRNO } from "../remote/remote-tree.ts";
import type { ObjectStore } from "./object-store.ts";

/** Removes what was written to try a store out; one whose login may remove nothing takes backups all the same. */
export async function removeTest(store: ObjectStore, path: string, warn: (text: string) => void): Promise<void> {
  try {
    await store.remove(path);
  } catch (error) {
    if (!(error instanceof MondoError) || errnoOf(error) === REMOTE_ERRNO.away) throw error;
    warn(msg`${messageOf(error)}: ${store.name}/${path} stays, and so will what a run that fails has written`);
  }
}
