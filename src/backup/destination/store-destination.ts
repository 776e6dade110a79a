import { BOOT_LIST_NAME } from "../../archive/set/boot-digests.ts";
import { datedName, directoryNameOf } from "../../archive/set/dated-sets.ts";
import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { encodeManifest, type Manifest } from "../../archive/set/manifest.ts";
import { encodeText } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { formatBytes } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { buildIso } from "../../image/build-iso.ts";
import type { ObjectBody, ObjectStore } from "../../shares/store/object-store.ts";
import { bootListOf } from "../boot-list.ts";
import { renderHowto } from "../howto.ts";
import type { BackupRequest } from "../request.ts";
import { clearKilled, MANIFEST } from "./clear-killed.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";
import { bringBoot } from "./directory-set.ts";
import { sharedBy } from "./head-files.ts";
import { menuOf } from "./menu-of.ts";
import { StoreSink } from "./store-sink.ts";
import { forgetUnfinished, noteUnfinished } from "./unfinished-places.ts";

/** A server that is restarted, or moved: hours of work are not thrown away for it. */
const PATIENCE_MS = 600_000;
const CLEARING_MS = 10_000;
/** Boots, and restores from the store. */
const RESCUE_ISO = "rescue.iso";

/** The small image that boots and finds the set in the store; returns its path. */
async function makeRescue(host: Host, { job, image, signal }: DestinationWish, reporter: Reporter): Promise<string> {
  const { places, set } = job;
  const scratch = `${places.scratch}/iso`;
  const output = `${places.scratch}/${RESCUE_ISO}`;
  const own = menuOf(host, job);
  const menu = { ...own, extraWords: [...(own.extraWords ?? []), "pxe"] };
  const boot = { kernel: image.kernelPath, initrd: image.initrdPath, menu };
  await buildIso(host, { output, scratch, volumeId: volumeIdOf(set, 1), ...boot }, reporter, signal);
  return output;
}

/** Looks whether all that was written is there, as long as it should be; returns the length of all of it. */
async function checkThere(store: ObjectStore, manifest: Manifest): Promise<number> {
  const objects = await store.list();
  const sizes = new Map(objects.map(({ path, sizeBytes }) => [path, sizeBytes]));
  for (const { name, sizeBytes } of [...manifest.volumes, ...sharedBy(manifest)]) {
    const path = `mondo/${name}`;
    if (sizes.get(path) === sizeBytes) continue;
    const there = sizes.get(path) ?? "no";
    throw new MondoError("damaged", msg`${store.name}/${path} has ${there} bytes there instead of ${sizeBytes}`, {
      hint: msg`Look at the server, and start the backup again.`,
    });
  }
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** What is missing in the store stays here: the volumes are there, and an upload of hours is not thrown away. */
function keepRest(host: Host, { job }: DestinationWish, place: string, manifest: Manifest, cause: unknown): MondoError {
  const directory = `${job.request.directory}/unwritten-${manifest.set}`;
  host.write(`${job.places.set}/manifest.json`, encodeManifest(manifest), 0o600);
  host.rename(job.places.set, directory);
  const message = msg`the volumes are in ${place}/mondo, but the rest could not be written: ${messageOf(cause)}; it is kept in ${directory}`;
  return new MondoError(cause instanceof MondoError ? cause.code : "system", message, {
    ...{ hint: msg`Copy its files there, manifest.json last; or make the backup again.`, cause },
    data: { kept: directory },
  });
}

const fileOf = (host: Host, file: string): ObjectBody => ({ file, sizeBytes: host.stat(file)?.sizeBytes ?? 0 });
const textOf = (text: string): ObjectBody => ({ bytes: encodeText(text) });

/** Everything but the volumes and the manifest. */
async function writeRest(
  host: Host,
  wish: DestinationWish,
  sink: StoreSink,
  manifest: Manifest,
  reporter: Reporter,
): Promise<void> {
  const { places } = wish.job;
  for (const { name } of sharedBy(manifest)) await sink.put(`mondo/${name}`, fileOf(host, `${places.set}/${name}`));
  const boot = bringBoot(host, wish).map((name) => `boot/${name}`);
  for (const name of boot) await sink.put(name, fileOf(host, `${places.scratch}/${name}`));
  await sink.put(RESCUE_ISO, fileOf(host, await makeRescue(host, wish, reporter)));
  const signer = { set: manifest.set, key: wish.job.request.signKey };
  await sink.put(`mondo/${BOOT_LIST_NAME}`, textOf(await bootListOf(host, places.scratch, boot, signer)));
  await sink.put("mondo/HOWTO.txt", textOf(renderHowto(manifest, "directory")));
}

/** Path of a run's set below the place that was named: `/HOST/PREFIX/DATE`. */
function pathOf({ job }: DestinationWish): string {
  const { request, source, created } = job;
  const names = [source.host.name, request.setName].map(directoryNameOf);
  return `/${[...names, datedName(created, request.diffLevel)].join("/")}`;
}

/** A store is listed in one go, and so is what is in the directory of a set. */
const MOST_VOLUMES = 50_000;

/** Length of a set's volumes: as the store likes them, or longer where there would be too many. Throws `refused`. */
export function volumeBytesFor(store: ObjectStore, contentBytes: number): number {
  const wanted = Math.max(store.volumeBytes, Math.ceil(contentBytes / MOST_VOLUMES));
  const most = store.mostVolumeBytes ?? wanted;
  if (wanted <= most) return wanted;
  const [content, room] = [contentBytes, most * MOST_VOLUMES].map(formatBytes);
  throw new MondoError(
    "refused",
    msg`${content} are more than goes to ${store.name} from this machine, which is ${room}`,
    {
      hint: msg`Each file that goes there has to fit into memory: leave something out, or back up to another kind of place.`,
    },
  );
}

/** The store that a request names. */
function storeOf({ medium }: Pick<BackupRequest, "medium">): ObjectStore {
  if (medium?.kind === "store") return medium.store;
  throw new MondoError("bug", msg`no store was named`);
}

/** A set in a store, as `HOST/PREFIX/DATE/mondo/…`. Its manifest comes last: what has none is no set. */
export async function storeDestination(host: Host, wish: DestinationWish, reporter: Reporter): Promise<Destination> {
  const { signal } = wish;
  const named = storeOf(wish.job.request);
  const volumeBytes = volumeBytesFor(named, wish.job.contentBytes);
  const clearing = named.with({ patienceMs: CLEARING_MS });
  await clearKilled(host, clearing, reporter);
  // Some servers let one user have few connections at a time.
  clearing.close?.();
  // Two runs of one second, on machines of one name, are told apart by whoever is first.
  const path = pathOf(wish);
  const own = named.with({ patienceMs: PATIENCE_MS, signal }).below(path);
  const { name } = own;
  if (!(await own.isEmpty())) {
    throw new MondoError("refused", msg`${name} exists already`, {
      hint: msg`Look after the clock, and start it again.`,
    });
  }
  const gone = () => forgetUnfinished(host, name);
  const sink = new StoreSink(own, clearing.below(path), { log: (text) => reporter.log(text), gone });
  noteUnfinished(host, name);
  const finish = async (manifest: Manifest): Promise<BackupResult> => {
    reporter.step(msg`Writing catalog, rescue system and manifest to ${name}`);
    try {
      await sink.settled();
    } catch (error) {
      await sink.discard();
      throw error;
    }
    try {
      await writeRest(host, wish, sink, manifest, reporter);
      const sizeBytes = await checkThere(own, manifest);
      await own.putNew(MANIFEST, encodeText(encodeManifest(manifest)));
      forgetUnfinished(host, name);
      return { made: [{ name, sizeBytes }], manifest };
    } catch (error) {
      if (signal.aborted) {
        await sink.discard();
        throw error;
      }
      await sink.dropUnfinished();
      // What is there is of use: no later run may remove it.
      forgetUnfinished(host, name);
      throw keepRest(host, wish, name, manifest, error);
    } finally {
      sink.close();
    }
  };
  return { sink, volumeBytes, finish };
}
