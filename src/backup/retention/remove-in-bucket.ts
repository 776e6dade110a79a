import { MondoError } from "../../base/errors.ts";
import type { S3Client } from "../../shares/s3/s3-client.ts";
import { removeObject } from "../../shares/s3/s3-upload.ts";
import { manifestKey } from "../destination/clear-killed.ts";
import type { Remover } from "./prune-sets.ts";

const MOST_OBJECTS = 100_000;

/**
 * Removes a set from a bucket, whose client's place is mounted on a directory: its manifest first, without which the
 * rest is no set.
 */
export function removeInBucket(client: S3Client, mounted: string): Remover {
  return async ({ place }) => {
    const { prefix: top } = client.place;
    const below = place.slice(mounted.length + 1);
    if (!place.startsWith(`${mounted}/`) || below === "") {
      throw new MondoError("bug", `${place} does not lie below ${mounted}`);
    }
    const prefix = top === "" ? below : `${top}/${below}`;
    const { objects } = await client.list(`${prefix}/`, true, MOST_OBJECTS);
    // A server may list more than it was asked for: other sets are not to be removed.
    const own = objects.map(({ key }) => key).filter((key) => key.startsWith(`${prefix}/`));
    const isManifest = (key: string) => key === manifestKey(prefix);
    for (const key of [...own.filter(isManifest), ...own.filter((one) => !isManifest(one))]) {
      await removeObject(client, key);
    }
  };
}
