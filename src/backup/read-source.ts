import type { Scope } from "../archive/save/scope.ts";
import { datedSetsBelow } from "../archive/set/dated-sets.ts";
import { isIsoOfSet } from "../archive/set/iso-medium.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { MondoError } from "../base/errors.ts";
import { msg, told } from "../base/message.ts";
import { isBelow } from "../base/mount-path.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { type HiddenPlace, hiddenEntry, hiddenPlaces, hiddenWords } from "../layout/hidden-places.ts";
import { SNAPSHOT_HOME } from "../layout/own-snapshots.ts";
import { hiddenSubvolumePaths, nestedSubvolumePaths } from "../layout/subvolumes.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { unsavedReason } from "../layout/unsaved-words.ts";
import { isBlockMapLoader } from "../probe/block-map-loaders.ts";
import { obstacles } from "../probe/obstacles.ts";
import { probeMachine } from "../probe/probe.ts";
import { type ChosenPaths, choosePaths } from "./choose-paths.ts";
import { cryptNotes } from "./crypt-notes.ts";
import { describeHost } from "./describe-host.ts";
import { isKeptSet } from "./destination/kept-images.ts";
import { targetAbove } from "./directory-home.ts";
import { foreignMountNotes, mountsBelow, refusePseudo } from "./mounts-below.ts";
import { quotaNotes } from "./quota-notes.ts";
import { type BackupRequest, scratchNamed, type WorkPlaces } from "./request.ts";
import { requireLoader } from "./require-loader.ts";
import { requireReadable } from "./require-readable.ts";
import { SET_STORE } from "./set-store.ts";

/** What is backed up: who it is, its storage, and which paths belong to it. */
export interface Source {
  readonly host: Manifest["host"];
  readonly layout: Layout;
  readonly scope: Scope;
}

/** A tree that is no machine of its own: files, no disks. */
const filesOnly: Layout = { version: 1, nodes: [] };

const LOADER_HINT = msg`Install GRUB 2 or extlinux, restart the machine with it, and back it up again.`;
const ROOT_HINT = msg`Such a machine is saved as a tree of files only: name a directory that shows it with --root.`;
const MOUNT_HINT = msg`Unmount it for the backup, or leave it out with -E and its path and save it by other means.`;
const DEVICE_HINT = msg`Save what is not mounted for writing as an image with -x /dev/NAME, or leave it out with -E /dev/NAME.`;

/** What to do about the first of what is refused. */
function hintOn(layout: Layout, count: number): string {
  const unsupported = nodesOf(layout, "unsupported");
  const mounts = unsupported.filter(({ on }) => on === "root");
  if (mounts.some(({ path }) => path === "/")) return ROOT_HINT;
  if (unsupported.some(isBlockMapLoader)) return LOADER_HINT;
  return mounts.length > 0 && mounts.length === count ? MOUNT_HINT : DEVICE_HINT;
}

/** Refuses what could be saved but not brought back, by name, before anything is written. */
function refuseObstacles(layout: Layout): void {
  const found = obstacles(layout);
  if (found.length === 0) return;
  throw new MondoError("unsupported", found.join("\n"), {
    hint: hintOn(layout, found.length),
    data: { obstacles: found },
  });
}

/** Says what is mounted, or to be, and not saved. What is lost is reported again at the end, as a problem. */
function tellUnsaved(layout: Layout, reporter: Reporter): void {
  for (const node of nodesOf(layout, "unsaved")) {
    const text = msg`${node.path} is ${unsavedReason(node)}`;
    if (node.standing === "idle") reporter.info(text);
    else reporter.warn(text);
  }
}

/** Images that a run is writing, and what it makes beside them, of whatever prefix. */
const UNFINISHED = /-\d+\.iso(\.new)?(\.partial|\.boot)?$/;

/** What lies in a target or scratch directory and is ours: sets and their parts of any prefix, scratch, locks. */
function ownNames(host: Host, directory: string, { setName }: BackupRequest): string[] {
  return host.list(directory).filter((name) => {
    if (name.startsWith(".mondo.") || scratchNamed(name) !== undefined) return true;
    if (name.startsWith(setName) && UNFINISHED.test(name)) return true;
    if (isKeptSet(host, directory, name)) return true;
    return /\.iso(\.new)?$/.test(name) && isIsoOfSet(host, `${directory}/${name}`);
  });
}

/** The file that a stream goes into, also when a shell has opened it. */
function streamFiles(host: Host, { medium }: BackupRequest): string[] {
  if (medium?.kind !== "stream") return [];
  const path = medium.target === "-" ? (host.readLink("/proc/self/fd/1") ?? "") : medium.target;
  return path.startsWith("/") ? [path, `${path}.partial`] : [];
}

/**
 * Our own product and scratch must not go into the backup, not even as empty directories, wherever they lie and by
 * whatever path they are named.
 */
function ownPaths(host: Host, request: BackupRequest, places: WorkPlaces): string[] {
  const named = [request.directory, request.scratch, request.temp].filter((path) => path !== undefined);
  const directories = new Set(named.map((path) => host.realPath(path) ?? path));
  const real = (path: string) => {
    const at = path.lastIndexOf("/");
    return `${host.realPath(path.slice(0, at) || "/") ?? path.slice(0, at)}/${path.slice(at + 1)}`;
  };
  const isDirectory = request.medium?.kind === "directory";
  const tops = [...directories].map((path) => (isDirectory && path === request.directory ? targetAbove(path) : path));
  const ours = [
    ...(isDirectory ? [real(request.directory)] : []),
    ...(request.outputs ?? []).map(real),
    ...tops.flatMap((path) => datedSetsBelow(host, path)).map(({ directory }) => directory),
    ...[...directories].flatMap((path) =>
      ownNames(host, path, request).map((name) => `${path === "/" ? "" : path}/${name}`),
    ),
    ...[places.scratch, places.images, places.boot, places.iso, `${places.iso}.new`].map(real),
    ...streamFiles(host, request).map(real),
  ];
  return belowRoot(host, request, ours);
}

/** The same for what lies below a mount: what was written there while the target was not mounted. */
function ownBelow(host: Host, request: BackupRequest, place: HiddenPlace): string[] {
  const named = [request.directory, request.scratch, request.temp].filter((path) => path !== undefined);
  const real = named.map((path) => host.realPath(path) ?? path).filter((path) => isBelow(path, place.path));
  const clone = real.length === 0 ? undefined : host.cloneTree(place.under);
  if (!clone) return [];
  try {
    return [...new Set(real)].flatMap((path) => {
      const inner = path.slice(place.under === "/" ? 0 : place.under.length);
      const at = `${hiddenEntry(place)}${path.slice(place.path.length)}`;
      return ownNames(host, `${clone.path}${inner}`, request).map((name) => `${at}/${name}`);
    });
  } finally {
    clone.close();
  }
}

/** Real paths as they are seen below the root; those elsewhere are left out. */
function belowRoot(host: Host, { root }: BackupRequest, paths: readonly string[]): string[] {
  const base = host.realPath(root) ?? root;
  const above = base === "/" ? "" : base;
  return paths.filter((path) => path.startsWith(`${above}/`)).map((path) => path.slice(above.length));
}

/** The pass phrase of the sealed headers must not lie beside them in clear. */
function phraseFile(host: Host, { luksHeaders }: BackupRequest): string[] {
  if (luksHeaders === undefined || luksHeaders === "ask") return [];
  return [luksHeaders, host.realPath(luksHeaders) ?? luksHeaders];
}

/** What this program keeps on a machine, which is of no use on another. */
function ownStores(host: Host, request: BackupRequest): string[] {
  const stores = [SET_STORE, "/var/cache/mondo", "/var/tmp/mondo"];
  return belowRoot(
    host,
    request,
    stores.map((path) => host.realPath(path) ?? path),
  );
}

/** Where the snapshots of a backup are while it runs, as far as a top level of btrfs is seen. */
function snapshotHomes(layout: Layout): string[] {
  const btrfs = new Set(nodesOf(layout, "filesystem").flatMap(({ id, type }) => (type === "btrfs" ? [id] : [])));
  const tops = nodesOf(layout, "mount").filter(({ of, root }) => btrfs.has(of) && root === "/");
  return tops.map(({ path }) => `${path === "/" ? "" : path}/${SNAPSHOT_HOME}`);
}

function refuseOwn(include: readonly string[], own: readonly string[]): void {
  const never = include.find((path) => own.includes(path));
  if (never === undefined) return;
  throw new MondoError(
    "usage",
    msg`-I ${never} is never saved: a restore makes it again, or it belongs to this backup`,
    {
      hint: msg`Leave it out of -I.`,
    },
  );
}

interface ScopeParts {
  readonly chosen: ChosenPaths;
  readonly layout: Layout;
  readonly places: WorkPlaces;
  /** Mount points that belong to the set. */
  readonly mounts: readonly string[];
}

function scopeOf(host: Host, request: BackupRequest, { chosen, layout, places, mounts }: ScopeParts): Scope {
  const remade = [
    ...nodesOf(layout, "swap-file").map((file) => file.path),
    ...nodesOf(layout, "image").map((image) => `/${image.entry}`),
  ];
  const own = [...remade, ...belowRoot(host, request, phraseFile(host, request)), ...ownStores(host, request)];
  const absent = [...ownPaths(host, request, places), ...snapshotHomes(layout)];
  refuseOwn(chosen.include, [...own, ...absent]);
  const exclude = [...chosen.exclude, ...hiddenSubvolumePaths(layout), ...own];
  const hidden = hiddenPlaces(layout);
  const below = hidden.flatMap((place) => ownBelow(host, request, place));
  return { include: chosen.include, exclude, absent: [...absent, ...below], mounts, hidden };
}

/** A tree of files: of what is mounted below it, the disks belong to it. */
function readTree(host: Host, request: BackupRequest, places: WorkPlaces, reporter: Reporter): Source {
  reporter.info(msg`${request.root} is saved as a tree of files; a restore will not make disks for it`);
  const chosen = chosenPaths(host, request, reporter);
  const below = mountsBelow(host, request.root);
  for (const text of foreignMountNotes(below, chosen, request.root)) reporter.warn(text);
  const mounts = ["/", ...below.flatMap(({ path, isEntered }) => (isEntered ? [path] : []))];
  const scope = scopeOf(host, request, { chosen, layout: filesOnly, places, mounts });
  return { host: describeHost(host, request.root), layout: filesOnly, scope };
}

function chosenPaths(host: Host, request: BackupRequest, reporter: Reporter): ChosenPaths {
  const chosen = choosePaths(host, request);
  refusePseudo(host, request.root, chosen.include);
  for (const note of chosen.notes) reporter.warn(note);
  return chosen;
}

/** Looks at the machine (or the tree) that is to be saved. Throws `unsupported` for what could not be rebuilt. */
export async function readSource(
  host: Host,
  request: BackupRequest,
  places: WorkPlaces,
  reporter: Reporter,
): Promise<Source> {
  if (request.root !== "/") return readTree(host, request, places, reporter);
  const chosen = chosenPaths(host, request, reporter);
  reporter.step(msg`Reading disks, file systems and boot loader`);
  const outputs = [request.directory, request.scratch, request.temp].filter((path) => path !== undefined);
  const layout = await probeMachine(host, "/", {
    exclude: request.excludeDevices,
    outputs,
    snapshots: request.snapshots,
    images: request.imageDevices,
    paths: chosen,
  });
  for (const note of nodesOf(layout, "note")) reporter.warn(told(note.text));
  for (const text of [...cryptNotes(layout, request), ...quotaNotes(layout)]) reporter.warn(text);
  tellUnsaved(layout, reporter);
  for (const node of nodesOf(layout, "hidden")) {
    if (node.files > 0) reporter.info(`${node.path} ${hiddenWords(node)}`);
  }
  for (const left of nodesOf(layout, "left-out")) reporter.info(msg`${left.path} is left out: ${told(left.why)}`);
  requireLoader(host, layout, request);
  refuseObstacles(layout);
  requireReadable(layout);
  const mounts = [...nodesOf(layout, "mount").map((mount) => mount.path), ...nestedSubvolumePaths(layout)];
  const scope = scopeOf(host, request, { chosen, layout, places, mounts });
  return { host: describeHost(host, request.root), layout, scope };
}
