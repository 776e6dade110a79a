import { directoryNameOf } from "../archive/set/dated-sets.ts";
import { openSet } from "../archive/set/open-set.ts";
import { describeHost } from "../backup/describe-host.ts";
import { machinePlace, tryBucket } from "../backup/destination/bucket.ts";
import { checkedRemoval } from "../backup/old-sets.ts";
import type { BucketMedium } from "../backup/request.ts";
import { removeInBucket } from "../backup/retention/remove-in-bucket.ts";
import { verifyIso } from "../backup/verify-iso.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { httpExchange } from "../host/http-exchange.ts";
import { renderIpConf } from "../network/ip-conf.ts";
import { S3Client } from "../shares/s3/s3-client.ts";
import { encodeKeysFile, keysFor } from "../shares/s3/s3-keys.ts";
import { renderS3, type S3Place } from "../shares/s3/s3-place.ts";
import { requireResolved, s3At } from "../shares/s3/s3-share.ts";
import type { ArchiveOptions } from "./archive-options.ts";
import type { CommandContext } from "./command.ts";
import { credentialsOf } from "./credentials-option.ts";
import { personOnTerminal } from "./person-on-terminal.ts";
import { seenAddress, withShare } from "./with-share.ts";
import { setTarget } from "./with-shared-set.ts";

const PATIENCE_MS = 60_000;

/**
 * The same options with keys for a bucket, which is known to take what is written, and with what a restore needs to
 * find it again. Throws one sentence about server, bucket or key within some seconds.
 */
export async function withBucketKeys(
  { host, words }: CommandContext,
  options: ArchiveOptions,
  bucket: S3Place,
  reporter: Reporter,
): Promise<ArchiveOptions> {
  const place = requireResolved(host, bucket);
  const person = personOnTerminal(host);
  const keys = await keysFor(renderS3(place), { host, person, ownConfiguration: true, ...credentialsOf(host, words) });
  const medium = { kind: "bucket", place, keys } as const;
  if (options.backup) await tryBucket(host, medium, reporter);
  const share = s3At(machinePlace(place, describeHost(host, options.root).name));
  const ipconf = await seenAddress(host, share);
  const found = ipconf ? { ipconf: renderIpConf(ipconf) } : {};
  host.makeDirectory(options.directory);
  return { ...options, medium, network: { source: share.text, prefix: options.prefix, ...found } };
}

/** Removes from a bucket what no rule keeps beside the set that was just made. */
export function pruneInBucket(
  host: Host,
  { place, keys }: BucketMedium,
  options: Pick<ArchiveOptions, "root" | "setName" | "bucketKeep">,
  made: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { bucketKeep: keep } = options;
  if (keep === undefined) return Promise.resolve();
  const machine = machinePlace(place, describeHost(host, options.root).name);
  const credentials = encodeKeysFile(keys, "the keys of the backup");
  const use = { access: "read", target: setTarget(), expected: "manifest.json", credentials } as const;
  const wire = {
    host,
    exchange: httpExchange,
    log: (text: string) => reporter.log(text),
    patienceMs: PATIENCE_MS,
    signal,
  };
  return withShare(host, s3At(machine), use, async ({ directory }) => {
    const home = `${directory}/${directoryNameOf(options.setName)}`;
    const newest = `${home}/${made.slice(made.lastIndexOf("/") + 1)}`;
    const shown = (path: string) => `${renderS3(machine)}${path.slice(directory.length)}`;
    const remove = removeInBucket(new S3Client(machine, keys, wire), directory);
    const retention = { request: { directory: home }, newest, keep, remove, isChecked: true, shown };
    await (await checkedRemoval(host, retention, reporter, signal))();
  });
}

/**
 * Reads back the newest set of this machine and prefix in a bucket, which is the one that was made just now, if any;
 * returns the number of differences.
 */
export function verifyInBucket(
  host: Host,
  { place, keys }: BucketMedium,
  options: ArchiveOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const share = s3At(machinePlace(place, describeHost(host, options.root).name));
  const credentials = encodeKeysFile(keys, "the keys of the backup");
  const use = { access: "read", target: setTarget(), expected: "manifest.json", credentials } as const;
  return withShare(host, share, use, ({ directory }) =>
    verifyIso(host, options, openSet(host, directory, options.prefix).name, reporter, signal),
  );
}
