import { BOOT_LIST_NAME } from "../../archive/set/boot-digests.ts";
import { datedName } from "../../archive/set/dated-sets.ts";
import { encodeManifest, type Manifest } from "../../archive/set/manifest.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { GIB, KIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { bootListOf } from "../boot-list.ts";
import { renderHowto } from "../howto.ts";
import { checkedRemoval } from "../old-sets.ts";
import type { Job } from "../prepare-backup.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";
import { keepReserve, useReserve } from "./reserve.ts";

/** A file that FAT takes, too: whoever copies the set need not cut it. */
const LARGEST_VOLUME = 4 * GIB - 64 * KIB;

/** Kernel and initrd, where the rescue, `mondo pxe` and people look for them. */
export function bringBoot(host: Host, { job, image }: DestinationWish): readonly string[] {
  const home = `${job.places.scratch}/boot`;
  const files = { vmlinuz: image.kernelPath, "initrd.img": image.initrdPath };
  host.makeDirectory(home, 0o700);
  for (const [name, path] of Object.entries(files)) {
    if (path !== `${home}/${name}`) host.copy(path, `${home}/${name}`);
    host.syncFile(`${home}/${name}`);
  }
  return Object.keys(files);
}

async function writeHead(
  host: Host,
  { places, request }: Job,
  boot: readonly string[],
  manifest: Manifest,
): Promise<void> {
  const signer = { set: manifest.set, key: request.signKey };
  const names = boot.map((name) => `boot/${name}`);
  host.write(`${places.set}/${BOOT_LIST_NAME}`, await bootListOf(host, places.scratch, names, signer), 0o600);
  host.write(`${places.set}/HOWTO.txt`, renderHowto(manifest, "directory"), 0o600);
  host.write(`${places.set}/manifest.json`, encodeManifest(manifest), 0o600);
}

/** Bytes of all files of a set. */
function bytesOf(host: Host, set: string): number {
  const files = ["mondo", "boot"].flatMap((name) =>
    host.list(`${set}/${name}`).map((file) => `${set}/${name}/${file}`),
  );
  return files.reduce((sum, path) => sum + (host.stat(path)?.sizeBytes ?? 0), 0);
}

/** Two backups of one second would have one name. */
function requireFree(host: Host, path: string): void {
  if (!host.exists(path)) return;
  throw new MondoError("refused", msg`${path} exists already`, {
    hint: msg`Look after the clock, and start it again.`,
  });
}

/**
 * A directory of its own in `request.directory`, written where it stays; it gets its name when it is complete. All that
 * comes behind the files has its room before they are saved.
 */
export async function directorySet(host: Host, wish: DestinationWish): Promise<Destination> {
  const { request, places, created } = wish.job;
  const name = `${request.directory}/${datedName(created, request.diffLevel)}`;
  requireFree(host, name);
  const boot = bringBoot(host, wish);
  keepReserve(host, places.scratch);
  const finish = async (manifest: Manifest, reporter: Reporter, signal: AbortSignal): Promise<BackupResult> => {
    reporter.step(msg`Completing ${name}`);
    useReserve(host, places.scratch);
    await writeHead(host, wish.job, boot, manifest);
    signal.throwIfAborted();
    host.rename(places.scratch, name);
    host.sync();
    const keep = request.medium?.kind === "directory" ? request.medium.keep : undefined;
    const retention = keep && { request, newest: name, keep };
    const removeOld = retention && (await checkedRemoval(host, retention, reporter, signal));
    const made = [{ name, sizeBytes: bytesOf(host, name) }];
    const catalog = `${name}/mondo/${manifest.catalog.name}`;
    return { made, manifest, catalog, ...(removeOld ? { removeOld } : {}) };
  };
  return { volumeBytes: LARGEST_VOLUME, finish };
}
