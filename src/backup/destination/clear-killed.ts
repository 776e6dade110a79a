import { messageOf } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { S3Client } from "../../shares/s3/s3-client.ts";
import { parseS3, type S3Place } from "../../shares/s3/s3-place.ts";
import { abortUpload, openUploads, removeObject } from "../../shares/s3/s3-upload.ts";
import { forgetUnfinished, unfinishedPlaces } from "./bucket-record.ts";

const MOST_OBJECTS = 100_000;

/** The key of a set's manifest: what has none is no set. */
export const manifestKey = (prefix: string): string => `${prefix}/mondo/manifest.json`;

async function clearOne(client: S3Client, prefix: string): Promise<void> {
  for (const upload of await openUploads(client, `${prefix}/`)) await abortUpload(client, upload);
  const { objects } = await client.list(`${prefix}/`, true, MOST_OBJECTS);
  // Killed after its last step: a whole set.
  if (objects.some(({ key }) => key === manifestKey(prefix))) return;
  // A server may list more than it was asked for: other machines' sets are not to be removed.
  const own = objects.filter(({ key }) => key.startsWith(`${prefix}/`));
  for (const { key } of own) await removeObject(client, key);
}

const isIn = ({ endpoint, bucket }: S3Place, place: S3Place): boolean =>
  endpoint === place.endpoint && bucket === place.bucket;

/**
 * Removes what runs of this machine have begun in a bucket that were killed, and no other machine's. What the key may
 * not remove is said, and left to the bucket's own rules.
 */
export async function clearKilled(host: Host, client: S3Client, reporter: Reporter): Promise<void> {
  for (const text of unfinishedPlaces(host)) {
    const place = parseS3(text);
    if (!place || !isIn(place, client.place) || place.prefix === "") continue;
    try {
      await clearOne(client, place.prefix);
      reporter.log(`removed ${text}, which an earlier run had begun`);
    } catch (error) {
      reporter.warn(`What an earlier run has begun stays in ${text}: ${messageOf(error)}`);
    }
    forgetUnfinished(host, text);
  }
}
