import type { ImageSource } from "../archive/save/archive-request.ts";
import { estimateScope } from "../archive/save/estimate-scope.ts";
import { BOOT_LIST_BYTES } from "../archive/set/boot-digests.ts";
import { dateText } from "../archive/set/chain.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Secret } from "../base/secret.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { selfPath } from "../host/self.ts";
import { type ImageDraft, prepareImage } from "../image/build-image.ts";
import { checkIsoTools } from "../image/build-iso.ts";
import { checkLength, checkSpace } from "./checks.ts";
import { type AskPhrase, readHeaderPhrase } from "./header-phrase.ts";
import { imageRequestOf } from "./image-request.ts";
import { CACHE } from "./leftovers.ts";
import { expectedHeadBytes } from "./media-plan.ts";
import { readSource, type Source } from "./read-source.ts";
import { requireRehearsal } from "./rehearse.ts";
import { checkReplaced } from "./replaced.ts";
import type { BackupRequest, WorkPlaces } from "./request.ts";
import { hookBytesOf } from "./save-hooks.ts";
import { scanImages } from "./scan-images.ts";
import { headerBytesOf } from "./seal-headers.ts";
import { findParent, type Parent } from "./set-store.ts";
import { sharedNeeds } from "./shared-extents.ts";
import { signingKey } from "./sign-set.ts";

/** A backup whose checks have passed: nothing has been written yet. */
export interface Job {
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
  readonly set: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly source: Source;
  readonly images: readonly ImageSource[];
  readonly image: ImageDraft;
  readonly contentBytes: number;
  /** Devices (`8:1`) whose files share much. */
  readonly sharing: readonly string[];
  /** Catalog and manifest, expected. */
  readonly headBytes: number;
  /** Of a differential backup. */
  readonly parent: Parent | undefined;
  /** What headers of encrypted volumes are encrypted to; they stay out of the set without it. */
  readonly headerPhrase?: Secret | undefined;
}

type Estimate = Awaited<ReturnType<typeof estimateScope>>;
/** Of a range, in the catalog. */
const RANGE_BYTES = 10;

/** What the images add to the files. */
function withImages({ entries, bytes, pathBytes, occupied }: Estimate, images: readonly ImageSource[]): Estimate {
  const extents = images.flatMap((image) => image.extents);
  const stored = extents.reduce((sum, value, at) => (at % 2 === 1 ? sum + value : sum), 0);
  return {
    entries: entries + images.length,
    bytes: bytes + stored,
    occupied,
    // A quarter of it is expected to remain of names, which compress well.
    pathBytes: pathBytes + extents.length * 2 * RANGE_BYTES,
  };
}

/** Directories for sparse files, best first. */
function rehearsalPlaces({ scratch, temp, directory }: BackupRequest): string[] {
  return [temp, scratch, CACHE, directory].filter((path) => path !== undefined);
}

async function describeParent(
  host: Host,
  request: BackupRequest,
  source: Source,
  reporter: Reporter,
): Promise<Parent | undefined> {
  const parent = await findParent(host, request, source.host);
  if (parent) {
    const { level = 0, created } = parent.manifest;
    reporter.info(msg`Builds on ${parent.name}, level ${level} of ${dateText(created)}`);
  }
  // In a store nothing is ever replaced.
  const isReplacing = request.medium?.kind !== "store";
  for (const text of isReplacing ? checkReplaced(host, request, parent, source.host) : []) reporter.warn(text);
  return parent;
}

/** Looks whether a rescue system can be made; writes nothing. */
function draftImage(
  host: Host,
  { source, set, created, request, places }: Pick<Job, "source" | "set" | "created" | "request" | "places">,
  trustedKey: string | undefined,
  reporter: Reporter,
): Promise<ImageDraft> {
  const { kernel, additions, network, copies = [] } = request;
  const found = { ...(network ? { network } : {}), ...(copies.length > 0 ? { copies } : {}) };
  const seed = { set, host: source.host.name, created, ...found };
  const paths = { outputDirectory: places.boot, cacheDirectory: CACHE, executable: selfPath() };
  const wishes = { kernel, ...(additions === undefined ? {} : { additions }), ...paths };
  reporter.step(msg`Checking kernel, modules and tools for the rescue system`);
  checkIsoTools(host);
  return prepareImage(host, imageRequestOf(source.layout, seed, wishes, trustedKey), reporter);
}

async function countFiles(
  { request, source, parent, images }: Pick<Job, "request" | "source" | "parent" | "images">,
  reporter: Reporter,
): Promise<Estimate> {
  reporter.step(msg`Counting files`);
  const { root } = request;
  const files = await estimateScope({ root, scope: source.scope, ...(parent ? { parent: parent.request } : {}) });
  const estimate = withImages(files, images);
  const what = parent ? msg` to read, the rest is as it was` : "";
  reporter.info(msg`${estimate.entries} entries, ${formatBytes(estimate.bytes)}${what}`);
  return estimate;
}

/** Everything that can be checked before the first byte is written. */
export async function prepareBackup(
  host: Host,
  request: BackupRequest,
  places: WorkPlaces,
  reporter: Reporter,
  askPhrase: AskPhrase | undefined,
): Promise<Job> {
  const headerPhrase = await readHeaderPhrase(host, request, askPhrase);
  const trustedKey = request.signKey === undefined ? undefined : await signingKey(host, request.signKey);
  const created = Math.floor(host.nowMs() / 1000);
  const looked = await readSource(host, request, places, reporter);
  const { layout, sources: images } = await scanImages(host, looked.layout, created, reporter);
  const source = { ...looked, layout };
  const run = places.scratch.slice(places.scratch.lastIndexOf("/") + 1);
  await requireRehearsal(host, layout, rehearsalPlaces(request), run, reporter);
  const parent = await describeParent(host, request, source, reporter);
  const begun = { request, places, set: crypto.randomUUID(), created, source, images, parent, headerPhrase };
  const image = await draftImage(host, begun, trustedKey, reporter);
  const estimate = await countFiles(begun, reporter);
  const needs = sharedNeeds(host, layout, estimate.occupied);
  for (const text of needs.notes) reporter.warn(text);
  checkSpace(host, request, places, estimate.bytes);
  const tooLong = checkLength(request, estimate.bytes);
  if (tooLong !== undefined) reporter.warn(tooLong);
  const sealedBytes = headerPhrase ? headerBytesOf(layout) : 0;
  const headBytes = expectedHeadBytes(estimate) + BOOT_LIST_BYTES + sealedBytes + hookBytesOf(host, request.hooks);
  const known = { ...source, layout: needs.layout };
  return { ...begun, source: known, image, contentBytes: estimate.bytes, headBytes, sharing: needs.sharing };
}
