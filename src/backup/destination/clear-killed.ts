import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { errnoOf, REMOTE_ERRNO } from "../../shares/remote/remote-tree.ts";
import type { ObjectStore } from "../../shares/store/object-store.ts";
import { forgetUnfinished, unfinishedPlaces } from "./unfinished-places.ts";

/** The manifest in the place of a set: what has none is no set. */
export const MANIFEST = "mondo/manifest.json";

/**
 * Removes everything in the place of a set, its manifest first: what is left when that is cut off is no set. Throws at
 * the first failure, and when something is there still.
 */
export async function removeAll(store: ObjectStore): Promise<void> {
  const paths = (await store.list()).map(({ path }) => path);
  const isManifest = (path: string) => path === MANIFEST;
  for (const path of [...paths.filter(isManifest), ...paths.filter((one) => !isManifest(one))]) {
    await store.remove(path);
  }
  await store.dropDirectories();
  const [left] = await store.list();
  if (left) throw new MondoError("system", msg`${store.name}/${left.path} is there still, though it was removed`);
}

async function clearOne(store: ObjectStore): Promise<void> {
  await store.dropUnfinished();
  // Killed after its last step: a whole set.
  if ((await store.list()).some(({ path }) => path === MANIFEST)) return;
  await removeAll(store);
}

/**
 * Removes what runs of this machine have begun in a store that were killed, and no other machine's. What the login may
 * not remove is said, and left to the store's own rules.
 */
export async function clearKilled(host: Host, store: ObjectStore, reporter: Reporter): Promise<void> {
  for (const name of unfinishedPlaces(host)) {
    const place = store.at(name);
    if (!place) continue;
    try {
      await clearOne(place);
      reporter.log(`removed ${name}, which an earlier run had begun`);
    } catch (error) {
      reporter.warn(msg`What an earlier run has begun stays in ${name}: ${messageOf(error)}`);
      // Of a server that went away, a later run asks again.
      if (errnoOf(error) === REMOTE_ERRNO.away) continue;
    }
    forgetUnfinished(host, name);
  }
}
