import type { Scope } from "../archive/save/scope.ts";
import { isIsoOfSet } from "../archive/set/iso-medium.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { MondoError } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { hiddenSubvolumePaths, nestedSubvolumePaths } from "../layout/subvolumes.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { unsavedReason } from "../layout/unsaved-words.ts";
import { isBlockMapLoader } from "../probe/block-map-loaders.ts";
import { obstacles } from "../probe/obstacles.ts";
import { probeMachine } from "../probe/probe.ts";
import { cryptNotes } from "./crypt-notes.ts";
import { describeHost } from "./describe-host.ts";
import { quotaNotes } from "./quota-notes.ts";
import { type BackupRequest, scratchNamed, type WorkPlaces } from "./request.ts";
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

const LOADER_HINT = "Install GRUB 2 or extlinux, restart the machine with it, and back it up again.";
const ROOT_HINT = "Such a machine is saved as a tree of files only: name a directory that shows it with --root.";
const MOUNT_HINT = "Leave it out with -E and its path, and save it by other means.";
const DEVICE_HINT =
  "Save what is not mounted for writing as an image with -x /dev/NAME, or leave it out with -E /dev/NAME.";

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

/** Says what is mounted, or to be, and not saved. What is lost is told again at the end, as a problem. */
function tellUnsaved(layout: Layout, reporter: Reporter): void {
  for (const node of nodesOf(layout, "unsaved")) {
    const text = `${node.path} is ${unsavedReason(node)}`;
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
    return /\.iso(\.new)?$/.test(name) && isIsoOfSet(host, `${directory}/${name}`);
  });
}

/** Our own product and scratch must not go into the backup, wherever they lie and by whatever path they are named. */
function ownPaths(host: Host, request: BackupRequest, places: WorkPlaces): string[] {
  const named = [request.directory, request.scratch, request.temp].filter((path) => path !== undefined);
  const directories = new Set(named.map((path) => host.realPath(path) ?? path));
  const real = (path: string) => {
    const at = path.lastIndexOf("/");
    return `${host.realPath(path.slice(0, at) || "/") ?? path.slice(0, at)}/${path.slice(at + 1)}`;
  };
  const ours = [
    ...[...directories].flatMap((path) =>
      ownNames(host, path, request).map((name) => `${path === "/" ? "" : path}/${name}`),
    ),
    host.realPath(SET_STORE) ?? SET_STORE,
    ...[places.scratch, places.boot, ...["", ".new", ".new.partial", ".new.boot"].map((end) => places.iso + end)].map(
      real,
    ),
  ];
  const base = host.realPath(request.root) ?? request.root;
  const root = base === "/" ? "" : base;
  return ours.filter((path) => path.startsWith(`${root}/`)).map((path) => path.slice(root.length));
}

/** The pass phrase of the sealed headers must not lie beside them in clear. */
function phraseFile(host: Host, { luksHeaders }: BackupRequest): string[] {
  if (luksHeaders === undefined || luksHeaders === "ask") return [];
  return [luksHeaders, host.realPath(luksHeaders) ?? luksHeaders];
}

function scopeOf(host: Host, request: BackupRequest, layout: Layout, places: WorkPlaces): Scope {
  const own = [...nodesOf(layout, "mount").map((mount) => mount.path), ...nestedSubvolumePaths(layout)];
  const mounts = request.root === "/" ? own : ["/"];
  return {
    include: request.include,
    exclude: [
      ...request.exclude,
      ...hiddenSubvolumePaths(layout),
      ...nodesOf(layout, "swap-file").map((file) => file.path),
      ...nodesOf(layout, "image").map((image) => `/${image.entry}`),
      ...ownPaths(host, request, places),
      ...phraseFile(host, request),
      "/var/cache/mondo",
      "/var/tmp/mondo",
    ],
    mounts,
  };
}

/** Looks at the machine (or the tree) that is to be saved. Throws `unsupported` for what could not be rebuilt. */
export async function readSource(
  host: Host,
  request: BackupRequest,
  places: WorkPlaces,
  reporter: Reporter,
): Promise<Source> {
  const describe = describeHost(host, request.root);
  if (request.root !== "/") {
    reporter.info(`${request.root} is saved as a tree of files; a restore will not make disks for it`);
    return { host: describe, layout: filesOnly, scope: scopeOf(host, request, filesOnly, places) };
  }
  reporter.step("Reading disks, file systems and boot loader");
  const outputs = [request.directory, request.scratch, request.temp].filter((path) => path !== undefined);
  const layout = await probeMachine(host, "/", {
    exclude: request.excludeDevices,
    outputs,
    snapshots: request.snapshots,
    images: request.imageDevices,
    paths: { include: request.include, exclude: request.exclude.map((path) => host.realPath(path) ?? path) },
  });
  for (const note of nodesOf(layout, "note")) reporter.warn(note.text);
  for (const text of [...cryptNotes(layout, request), ...quotaNotes(layout)]) reporter.warn(text);
  tellUnsaved(layout, reporter);
  for (const left of nodesOf(layout, "left-out")) reporter.info(`${left.path} is left out: ${left.why}`);
  refuseObstacles(layout);
  requireReadable(layout);
  return { host: describe, layout, scope: scopeOf(host, request, layout, places) };
}
