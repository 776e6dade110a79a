/** Manifest and catalog of what was backed up, kept on the machine: what differential backups build on. */

import { dateText } from "../archive/set/chain.ts";
import { manifestIn } from "../archive/set/iso-medium.ts";
import { encodeManifest, type Manifest, type ParentInfo } from "../archive/set/manifest.ts";
import { catalogSpan, openSet } from "../archive/set/open-set.ts";
import type { ParentRequest } from "../archive/set/parent.ts";
import { parentRequest, parentsFrom } from "../archive/set/parent.ts";
import { readManifest } from "../archive/set/read-manifest.ts";
import { mayBeSameMachine } from "../archive/set/same-machine.ts";
import type { FileSpan } from "../archive/set-files.ts";
import { verifyFile } from "../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { type BackupRequest, isoPathOf } from "./request.ts";

/** One directory a prefix, in it one a level: `web1/0`. What is below is never saved itself. */
export const SET_STORE = "/var/lib/mondo/sets";

type Chain = Pick<BackupRequest, "setName" | "root">;

/** A tree has sets of its own, whatever the prefix. */
function storeOf({ setName, root }: Chain): string {
  return `${SET_STORE}/${setName}${root === "/" ? "" : `@${encodeURIComponent(root)}`}`;
}

/** What a differential backup builds on. */
export interface Parent {
  /** For people. */
  readonly name: string;
  readonly manifest: Manifest;
  readonly request: ParentRequest;
  /** Its parents and itself. */
  readonly chain: readonly ParentInfo[];
}

const makeFull = msg`Make a full backup first (without -D), or name the one to build on with --parent.`;

interface Source {
  readonly name: string;
  readonly manifest: Manifest;
  readonly catalog: FileSpan;
}

function stored(host: Host, directory: string): Source {
  const manifest = readManifest(host, `${directory}/manifest.json`);
  const catalog = `${directory}/${manifest.catalog.name}`;
  return {
    name: directory,
    manifest,
    catalog: { path: catalog, offset: 0, sizeBytes: host.stat(catalog)?.sizeBytes ?? 0 },
  };
}

/** The newest backup of a lower level: those of its level and above went when it was made. */
function newestBelow(host: Host, request: BackupRequest): Source {
  const store = storeOf(request);
  for (let level = request.diffLevel - 1; level >= 0; level--) {
    if (host.exists(`${store}/${level}/manifest.json`)) return stored(host, `${store}/${level}`);
  }
  const lower = request.diffLevel === 1 ? msg`full backup` : msg`backup of a level below ${request.diffLevel}`;
  throw new MondoError(
    "not-found",
    msg`no ${lower} with the prefix ${request.setName} is known on this machine (${store})`,
    {
      hint: makeFull,
    },
  );
}

/** When the last full backup of this prefix began that this machine knows of, in seconds since 1970. */
export function lastFull(host: Host, request: Chain): number | undefined {
  try {
    return stored(host, `${storeOf(request)}/0`).manifest.created;
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/**
 * Refuses to build on a backup whose image has been replaced by a later one that this machine doesn't know of: that of
 * a run that was killed at its very end.
 */
function requireNotReplaced(host: Host, request: BackupRequest, manifest: Manifest): void {
  for (const { prefix, set, created } of parentsFrom(manifest)) {
    const iso = isoPathOf({ directory: request.directory, prefix });
    const there = manifestIn(host, iso);
    if (!there || there.set === set || there.created < created || !mayBeSameMachine(there.host, manifest.host))
      continue;
    throw new MondoError(
      "refused",
      msg`${iso} is the backup of ${dateText(there.created)}; the one of ${dateText(created)} on which the new one would build was replaced by it`,
      { hint: makeFull },
    );
  }
}

function opened(host: Host, place: string): Source {
  const set = openSet(host, place);
  return { name: set.name, manifest: set.manifest, catalog: catalogSpan(set) };
}

function requireSound({ manifest }: Source): void {
  const [flaw] = manifest.state?.flaws ?? [];
  if (flaw !== undefined) throw new MondoError("damaged", flaw, { hint: makeFull });
}

async function requireCatalog({ name, manifest, catalog }: Source): Promise<void> {
  try {
    await verifyFile(catalog.path, manifest.catalog, catalog, () => {});
  } catch (error) {
    if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
    throw new MondoError("damaged", msg`the catalog of the backup to build on is damaged: ${error.message}`, {
      hint: makeFull,
      cause: error,
      data: { name },
    });
  }
}

/** What a request builds on, checked; `undefined` for a full backup. Throws `not-found`, `usage` or `damaged`. */
export async function findParent(
  host: Host,
  request: BackupRequest,
  us: Manifest["host"],
): Promise<Parent | undefined> {
  if (request.diffLevel === 0) return undefined;
  const source = request.parent === undefined ? newestBelow(host, request) : opened(host, request.parent);
  const { name, manifest, catalog } = source;
  requireSound(source);
  if (request.parent === undefined) requireNotReplaced(host, request, manifest);
  const level = manifest.level ?? 0;
  if (level >= request.diffLevel) {
    throw new MondoError(
      "usage",
      msg`${name} is a backup of level ${level}, on which one of level ${request.diffLevel} can't build`,
      {
        hint: level === 9 ? makeFull : msg`Give --diff-level ${level + 1}.`,
      },
    );
  }
  if (!mayBeSameMachine(manifest.host, us)) {
    const whose = manifest.host.name === us.name ? msg`another machine called ${us.name}` : manifest.host.name;
    throw new MondoError("usage", msg`${name} is a backup of ${whose}, and this is ${us.name}`, {
      hint: makeFull,
    });
  }
  await requireCatalog(source);
  const chain = parentsFrom(manifest);
  return { name, manifest, chain, request: parentRequest(manifest, catalog, request.content) };
}

/**
 * Keeps what later backups build on, and drops those of its level and above, which nothing builds on any more. A
 * failure is only reported: the backup itself is whole. Returns whether later backups build on this one.
 */
export function rememberSet(
  host: Host,
  request: Chain,
  manifest: Manifest,
  catalog: string,
  reporter: Reporter,
): boolean {
  const [store, level] = [storeOf(request), manifest.level ?? 0];
  const next = `${store}/next`;
  try {
    host.makeDirectory(SET_STORE, 0o700);
    host.remove(next);
    host.makeDirectory(next, 0o700);
    host.copy(catalog, `${next}/${manifest.catalog.name}`);
    host.write(`${next}/manifest.json`, encodeManifest(manifest), 0o600);
    for (let old = 9; old >= level; old--) host.remove(`${store}/${old}`);
    host.rename(next, `${store}/${level}`);
    return true;
  } catch (error) {
    reporter.warn(msg`No differential backup can build on this one: ${store} can't be written (${messageOf(error)})`);
    return false;
  }
}
