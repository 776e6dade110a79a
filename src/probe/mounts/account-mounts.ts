import { stored } from "../../base/message.ts";
import { isBelow, mountPath } from "../../base/mount-path.ts";
import { type MountLine, parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { mountHolding } from "../../layout/graph.ts";
import { type Layout, type LayoutNode, nodesOf, type Unsaved, type Unsupported } from "../../layout/types.ts";
import type { DeviceFacts, Facts } from "../facts.ts";
import { disksBelow, type SetUses, type Use, usesOf } from "../uses.ts";
import { isEssential, isOrchestrated, isOwnMount, isRemovable } from "./is-own-mount.ts";
import { classOf, type MountClass, mountWords } from "./mount-class.ts";
import { lowerPath } from "./set-path.ts";
import { stackedWords } from "./stacked-devices.ts";
import { isWanted } from "./wanted-mounts.ts";

/** Which paths the operator wants saved; both as seen below the root. */
export interface ChosenPaths {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What an account needs to know. */
export interface Accounting {
  readonly facts: Facts;
  /** Described as far as it goes without the accounts. */
  readonly layout: Layout;
  readonly root: string;
  readonly uses: SetUses;
  readonly chosen: ChosenPaths;
  /** Directories that the backup is written to. */
  readonly outputs: readonly string[];
}

/** Where temporary mounts belong (Filesystem Hierarchy Standard 3.0), and what is gone with the next start. */
const PASSING = /^\/(?:mnt|media|run|tmp|proc|sys|dev)(?:\/|$)/;
const OPTICAL = /^\/dev\/(?:sr|scd)\d/;

/** Whether the operator wants what is at a path saved. */
export function isChosen({ include, exclude }: ChosenPaths, path: string): boolean {
  const below = (list: readonly string[]) => list.some((one) => isBelow(path, mountPath(one)));
  return below(include) && !below(exclude);
}

/** Whether the operator names the mount itself: then its files are saved, wherever they lie. */
const isNamed = ({ include }: ChosenPaths, path: string): boolean => include.some((one) => mountPath(one) === path);

/** One mount, with the device that it is on where that is known. */
interface Seen {
  readonly line: MountLine;
  readonly use: Use | undefined;
  readonly disks: readonly DeviceFacts[];
}

function seenMounts({ facts, root }: Accounting): Seen[] {
  const uses = usesOf(facts, root);
  return parseMountinfo(facts.mountinfo).flatMap((mount): Seen[] => {
    const path = lowerPath(root, mount.path);
    if (path === undefined) return [];
    const use = uses.find((one) => one.mount?.path === path);
    return [{ line: { ...mount, path }, use, disks: use ? disksBelow(facts, use.device) : [] }];
  });
}

/** Whether what a mount shows is in the backup, there or at another place: some mount of the file system shows it. */
function isSaved({ layout }: Accounting, { line }: Seen, all: readonly Seen[]): boolean {
  const mounts = new Set(nodesOf(layout, "mount").map(({ path }) => path));
  if (mounts.has(line.path)) return true;
  const shown = all.filter((other) => mounts.has(other.line.path) && other.line.devno === line.devno);
  return shown.some((other) => isBelow(line.root, other.line.root));
}

/** Whether the file behind a loop device is in the backup. */
function isSavedFile({ facts, layout, chosen }: Accounting, { line }: Seen): boolean {
  const file = facts.loops?.[line.devno];
  if (file === undefined || file.endsWith(" (deleted)")) return false;
  return mountHolding(layout, file) !== undefined && isChosen(chosen, file);
}

function unsaved(
  { facts, root }: Accounting,
  { line, use }: Seen,
  standing: Unsaved["standing"],
  why: string,
): Unsaved {
  const at = root === "/" ? line.path : mountPath(`${root}/${line.path}`);
  const free = facts.freeBytes[at];
  const used = use && free !== undefined ? Math.max(0, use.device.sizeBytes - free) : facts.usedBytes?.[at];
  const sizeBytes = used ?? use?.device.sizeBytes;
  const what = line.source === "" || line.source === "none" ? line.type : stored`${line.type} on ${line.source}`;
  return {
    kind: "unsaved",
    id: `unsaved:${line.path}`,
    path: line.path,
    what,
    why,
    standing,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  };
}

function refused({ line }: Seen, what: string): Unsupported {
  return { kind: "unsupported", id: `unsupported:mount:${line.path}`, on: "root", path: line.path, what };
}

/** Whether a mount is where the backup goes. */
function isOutput({ outputs }: Accounting, { line }: Seen, all: readonly Seen[]): boolean {
  const holding = (path: string) =>
    all
      .filter((one) => isBelow(path, one.line.path))
      .sort((a, b) => b.line.path.length - a.line.path.length)
      .at(0);
  return outputs.some((path) => holding(path)?.line.path === line.path);
}

/** What is nobody's data, or belongs to somebody else than the machine. */
function isBesides(facts: Facts, { line, disks }: Seen, kind: MountClass): boolean {
  if (kind === "kernel" || kind === "memory") return true;
  if (isWanted(facts, line.path)) return false;
  return isOrchestrated(line.path) || isBelow(line.path, "/run") || disks.some(isRemovable);
}

/** Of a mount that no device of this machine is known to hold. */
function accountForeign(account: Accounting, seen: Seen, kind: MountClass, own: boolean): LayoutNode[] {
  const { line } = seen;
  const one = (standing: Unsaved["standing"], why: string) => [unsaved(account, seen, standing, why)];
  if (kind === "zfs") {
    // A pool that somebody imports for a while keeps nobody from backing up the system.
    if (!PASSING.test(line.path) || isWanted(account.facts, line.path)) return [refused(seen, mountWords(line))];
    return one("lost", stored`ZFS is not supported, and nothing of the system lies there: save it by its own means`);
  }
  if (kind === "server") return one("elsewhere", stored`its data is on another machine`);
  if (kind === "view") return one("elsewhere", stored`it shows what lies at other places, and only that is saved`);
  if (kind === "image" && (OPTICAL.test(line.source) || !own))
    return one("idle", stored`it is a medium that is only read`);
  if (own && isEssential(account.facts, line.path)) return [refused(seen, mountWords(line))];
  // Engines of containers, chroots and builders mount theirs wherever their data is kept.
  if (kind === "overlay") return one("elsewhere", stored`it shows what lies in other directories`);
  return one(
    PASSING.test(line.path) ? "elsewhere" : "lost",
    stored`it is on no disk of the backup, and /etc/fstab does not name it`,
  );
}

function accountOne(account: Accounting, seen: Seen, all: readonly Seen[]): LayoutNode[] {
  const { facts, uses, chosen } = account;
  const { line, use, disks } = seen;
  const kind = classOf(line);
  // The root is looked at by itself (`rootObstacle`).
  if (line.path === "/" || !isChosen(chosen, line.path) || isNamed(chosen, line.path) || isBesides(facts, seen, kind))
    return [];
  if (isOutput(account, seen, all) || isSaved(account, seen, all) || isSavedFile(account, seen)) return [];
  // What is excluded is reported where its disk is.
  if ([...uses.excluded.keys()].some((one) => one.mount?.path === line.path)) return [];
  const stacked = disks.find(({ name }) => stackedWords(name) !== undefined);
  const [, why] = [...uses.out].find(([one]) => one.mount?.path === line.path && one.device === use?.device) ?? [];
  const own = isOwnMount(facts, line, disks) && (isWanted(facts, line.path) || !PASSING.test(line.path));
  if (stacked) {
    if (own)
      return [
        refused(seen, stored`${stackedWords(stacked.name)} (${stacked.path}) with a file system of type ${line.type}`),
      ];
    return [unsaved(account, seen, PASSING.test(line.path) ? "elsewhere" : "lost", why ?? stored`it is on no disk`)];
  }
  if (!use) return accountForeign(account, seen, kind, own);
  if (why !== undefined && own) return [];
  if (why !== undefined) return [unsaved(account, seen, PASSING.test(line.path) ? "elsewhere" : "lost", why)];
  if (nodesOf(account.layout, "unsupported").length > 0) return [];
  return [unsaved(account, seen, "lost", stored`of its file system only the directory ${line.root} is mounted`)];
}

/**
 * What of the mounts that are seen is neither saved nor nobody's data: named, or refused where a restored machine would
 * lack a part of its own. What the operator leaves out is not named.
 */
export function accountMounts(account: Accounting): LayoutNode[] {
  const all = seenMounts(account);
  return all.flatMap((seen) => accountOne(account, seen, all));
}
