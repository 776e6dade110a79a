/** What an image that is about to be replaced holds, and is still needed for. */

import { dateText, setsIn } from "../archive/set/chain.ts";
import { isIsoOfSet, manifestIn } from "../archive/set/iso-medium.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { mayBeSameMachine } from "../archive/set/same-machine.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { type BackupRequest, isoPathOf } from "./request.ts";
import type { Parent } from "./set-store.ts";

const refuse = (message: string): MondoError =>
  new MondoError("refused", message, { hint: msg`Give another prefix with -p, or another directory with -d.` });

/** Only a backup of this machine may be replaced: another machine's, or some other file, is somebody's only copy. */
function requireOurs(host: Host, iso: string, old: Manifest | undefined, us: Manifest["host"]): void {
  if (old && !mayBeSameMachine(old.host, us)) {
    const whose = old.host.name === us.name ? msg`another machine called ${us.name}` : old.host.name;
    throw refuse(msg`${iso} is the backup of ${whose}, and would be replaced by that of ${us.name}`);
  }
  if (!old && host.exists(iso) && !isIsoOfSet(host, iso)) {
    throw refuse(msg`${iso} is no backup made by mondo, and would be replaced by one`);
  }
}

/** Refuses to give a set's images names of which something has one that is not a backup of this machine. */
export function checkNames(host: Host, request: BackupRequest, of: number, us: Manifest["host"]): void {
  for (let number = 1; number <= of; number++) {
    const iso = isoPathOf(request, number);
    requireOurs(host, iso, manifestIn(host, iso), us);
  }
}

/** Sets beside an image that build on it and can't be restored without it. */
function builtOn(host: Host, request: BackupRequest, iso: string, old: Manifest): string[] {
  return host.list(request.directory).flatMap((name) => {
    const later = name.endsWith("-1.iso") ? manifestIn(host, `${request.directory}/${name}`) : undefined;
    if (!later?.parents?.some(({ set }) => set === old.set)) return [];
    return [
      msg`${name} (level ${later.level}) builds on the backup of ${dateText(old.created)} in ${iso}, which is replaced now: to restore it, keep a copy of that`,
    ];
  });
}

const idsOf = ({ chain }: Parent): ReadonlySet<string> => new Set(chain.map(({ set }) => set.toLowerCase()));

/** What is worth knowing of the parent's image, which a restore will need. */
function parentPlace(host: Host, request: BackupRequest, parent: Parent): string[] {
  const beside = request.medium?.kind === "directory" ? setsIn(host, request.directory, idsOf(parent)) : undefined;
  if (beside?.size === parent.chain.length) return [];
  const [{ prefix, set } = { prefix: "", set: "" }] = parent.chain.slice(-1);
  const iso = isoPathOf({ directory: request.directory, prefix });
  if (request.parent !== undefined || (!beside && manifestIn(host, iso)?.set === set)) return [];
  return [
    msg`${beside ? msg`what it builds on is not in ${request.directory}` : msg`${iso} is not there`}: this backup builds on the one of ${dateText(parent.manifest.created)}, and can't be restored without it`,
  ];
}

/**
 * Refuses to replace what is not a backup of this machine, or what the new backup builds on; returns sentences about
 * what the new backup makes useless, and about a parent whose image is not beside it.
 */
export function checkReplaced(
  host: Host,
  request: BackupRequest,
  parent: Parent | undefined,
  us: Manifest["host"],
): string[] {
  // Directories are replaced by none.
  if (request.medium?.kind === "directory") return parent ? parentPlace(host, request, parent) : [];
  const iso = isoPathOf(request);
  const old = manifestIn(host, iso);
  requireOurs(host, iso, old, us);
  if (old && parent?.chain.some(({ set }) => set === old.set)) {
    throw refuse(msg`${iso} is a backup on which the new one would build, and would be replaced by it`);
  }
  const missing = parent ? parentPlace(host, request, parent) : [];
  if (!old) return missing;
  const [oldLevel, newLevel] = [old.level ?? 0, request.diffLevel];
  const other = msg`${iso} holds a backup of level ${oldLevel}, of ${dateText(old.created)}; it is replaced by one of level ${newLevel}`;
  return [...missing, ...(oldLevel === newLevel ? [] : [other]), ...builtOn(host, request, iso, old)];
}
