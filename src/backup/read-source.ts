import type { Scope } from "../archive/save/scope.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { MondoError } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { hiddenSubvolumePaths, nestedSubvolumePaths } from "../layout/subvolumes.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { obstacles } from "../probe/obstacles.ts";
import { probeMachine } from "../probe/probe.ts";
import { cryptNotes } from "./crypt-notes.ts";
import { describeHost } from "./describe-host.ts";
import { quotaNotes } from "./quota-notes.ts";
import { type BackupRequest, type WorkPlaces, workPlacesOf } from "./request.ts";
import { SET_STORE } from "./set-store.ts";

/** What is backed up: who it is, its storage, and which paths belong to it. */
export interface Source {
  readonly host: Manifest["host"];
  readonly layout: Layout;
  readonly scope: Scope;
}

/** A tree that is no machine of its own: files, no disks. */
const filesOnly: Layout = { version: 1, nodes: [] };

/** Refuses what could be saved but not brought back, by name, before anything is written. */
function refuseObstacles(layout: Layout): void {
  const found = obstacles(layout);
  if (found.length === 0) return;
  throw new MondoError("unsupported", found.join("\n"), {
    hint: "Save what is not mounted for writing as an image with -x /dev/NAME, or leave it out with -E /dev/NAME.",
    data: { obstacles: found },
  });
}

/** Our own product and scratch must not go into the backup, wherever they lie. */
function ownPaths(host: Host, request: BackupRequest, places: WorkPlaces): string[] {
  const isOurs = new RegExp(
    `^${request.setName.replace(/[^\w-]/g, "\\$&")}(-d[1-9])?-\\d+\\.iso(\\.new)?(\\.partial)?$`,
  );
  const isos = host.list(request.directory).filter((name) => isOurs.test(name));
  const ours = [
    ...isos.map((name) => `${request.directory}/${name}`),
    SET_STORE,
    places.scratch,
    places.boot,
    `${places.iso}.partial`,
  ];
  const root = request.root === "/" ? "" : request.root;
  return ours.filter((path) => path.startsWith(`${root}/`)).map((path) => path.slice(root.length));
}

/** The pass phrase of the sealed headers must not lie beside them in clear. */
function phraseFile(host: Host, { luksHeaders }: BackupRequest): string[] {
  if (luksHeaders === undefined || luksHeaders === "ask") return [];
  return [luksHeaders, host.realPath(luksHeaders) ?? luksHeaders];
}

function scopeOf(host: Host, request: BackupRequest, layout: Layout): Scope {
  const own = [...nodesOf(layout, "mount").map((mount) => mount.path), ...nestedSubvolumePaths(layout)];
  const mounts = request.root === "/" ? own : ["/"];
  return {
    include: request.include,
    exclude: [
      ...request.exclude,
      ...hiddenSubvolumePaths(layout),
      ...nodesOf(layout, "swap-file").map((file) => file.path),
      ...nodesOf(layout, "image").map((image) => `/${image.entry}`),
      ...ownPaths(host, request, workPlacesOf(request)),
      ...phraseFile(host, request),
      "/var/cache/mondo",
      "/var/tmp/mondo",
    ],
    mounts,
  };
}

/** Looks at the machine (or the tree) that is to be saved. Throws `unsupported` for what could not be rebuilt. */
export async function readSource(host: Host, request: BackupRequest, reporter: Reporter): Promise<Source> {
  const describe = describeHost(host, request.root);
  if (request.root !== "/") {
    reporter.info(`${request.root} is saved as a tree of files; a restore will not make disks for it`);
    return { host: describe, layout: filesOnly, scope: scopeOf(host, request, filesOnly) };
  }
  reporter.step("Reading disks, file systems and boot loader");
  const outputs = [request.directory, request.scratch, request.temp].filter((path) => path !== undefined);
  const layout = await probeMachine(host, "/", {
    exclude: request.excludeDevices,
    outputs,
    snapshots: request.snapshots,
    images: request.imageDevices,
  });
  for (const note of nodesOf(layout, "note")) reporter.warn(note.text);
  for (const text of [...cryptNotes(layout, request), ...quotaNotes(layout)]) reporter.warn(text);
  for (const left of nodesOf(layout, "left-out")) reporter.info(`${left.path} is left out: ${left.why}`);
  refuseObstacles(layout);
  return { host: describe, layout, scope: scopeOf(host, request, layout) };
}
