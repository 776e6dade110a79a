import { stored } from "../base/message.ts";
import { type MountLine, parseMountinfo, parseSwaps } from "../formats/fs/mount-tables.ts";
import { contentOfDevice } from "./describe-content.ts";
import { spreadOf } from "./describe-filesystems.ts";
import type { DeviceFacts, Facts, StorageFacts } from "./facts.ts";
import { isOrchestrated, isOwnMount, isRemovable } from "./mounts/is-own-mount.ts";
import { lowerPath } from "./mounts/set-path.ts";
import { stackedWords } from "./mounts/stacked-devices.ts";

/** A device that the running system uses, and where. */
export interface Use {
  readonly device: DeviceFacts;
  /** Absent for swap. The path is below the root of the set. */
  readonly mount?: MountLine;
}

/** The device, and the others that the file system on it lies on. */
function partsOf(facts: StorageFacts, device: DeviceFacts): DeviceFacts[] {
  const key = spreadOf(facts, device)?.key;
  if (key === undefined) return [device];
  return [device, ...facts.devices.filter((other) => other !== device && spreadOf(facts, other)?.key === key)];
}

/**
 * Which devices are mounted below the root or hold active swap. Device numbers count; names only where a file system
 * has none of its own (btrfs). `all`: mounts that others hide, too.
 */
export function usesOf(facts: StorageFacts, root: string, which: "seen" | "all" = "seen"): Use[] {
  const byNumber = new Map(facts.devices.map((device) => [device.devno, device]));
  const byPath = new Map(facts.devices.map((device) => [device.path, device]));
  for (const device of facts.devices) if (!byPath.has(`/dev/${device.name}`)) byPath.set(`/dev/${device.name}`, device);
  // Without udev a mapped device is a node of its own there, and no link.
  for (const device of facts.devices)
    if (device.dmName !== undefined) byPath.set(`/dev/mapper/${device.dmName}`, device);
  const mounts = parseMountinfo(facts.mountinfo, which).flatMap((line): Use[] => {
    const device = byNumber.get(line.devno) ?? byPath.get(line.source);
    const path = lowerPath(root, line.path);
    if (!device || path === undefined) return [];
    return partsOf(facts, device).map((part) => ({ device: part, mount: { ...line, path } }));
  });
  const swaps = parseSwaps(facts.swaps).flatMap(({ path }): Use[] => {
    const device = byPath.get(path);
    return device && root === "/" ? [{ device }] : [];
  });
  return [...mounts, ...swaps];
}

/** The disks that a device stands on: itself, the disk of a partition, the members of a volume. */
export function disksBelow(facts: StorageFacts, device: DeviceFacts): DeviceFacts[] {
  const byName = new Map(facts.devices.map((d) => [d.name, d]));
  const found = new Map<string, DeviceFacts>();
  const visit = (at: DeviceFacts | undefined, depth: number) => {
    if (!at || depth > 16) return;
    const below = at.parent !== undefined ? [at.parent] : at.slaves;
    if (below.length === 0) found.set(at.name, at);
    for (const name of below) visit(byName.get(name), depth + 1);
  };
  visit(device, 0);
  return [...found.values()];
}

/** The use whose mount holds a directory. */
function holding(uses: readonly Use[], path: string): Use | undefined {
  const below = (at: string) => at === "/" || path === at || path.startsWith(`${at}/`);
  return uses
    .filter((use) => use.mount && below(use.mount.path))
    .sort((a, b) => (b.mount?.path.length ?? 0) - (a.mount?.path.length ?? 0))[0];
}

/** What belongs to the set and what doesn't, with the reason in words. */
export interface SetUses {
  readonly uses: readonly Use[];
  /** Names of disks that a restore may touch, and only these. */
  readonly disks: ReadonlySet<string>;
  /** Why a used disk stays out, by name. */
  readonly left: ReadonlyMap<string, string>;
  /** Of these, those that the backup is written to: the directory, by the name of the disk. */
  readonly receivers: ReadonlyMap<string, string>;
  /** Uses that are not of the set, with the reason. */
  readonly out: ReadonlyMap<Use, string>;
  /** Of these, the ones that they, or a disk below them, are excluded. */
  readonly excluded: ReadonlyMap<Use, Exclusion>;
}

/** Why an exclusion takes something out of the set. */
export interface Exclusion {
  readonly why: string;
  /** All that it lies on is excluded. */
  readonly isWhole: boolean;
}

/** Why a device stays out that the operator named. */
export const EXCLUDED = stored`it is excluded`;

/** Why an exclusion of the operator takes a use out of the set: a volume is lost with any disk that it lies on. */
function exclusionOf(facts: StorageFacts, { device }: Use, excluded: ReadonlySet<string>): Exclusion | undefined {
  const disks = disksBelow(facts, device);
  const out = disks.filter((disk) => excluded.has(disk.path));
  if (excluded.has(device.path) || (out.length > 0 && out.length === disks.length))
    return { why: EXCLUDED, isWhole: true };
  if (out.length === 0) return undefined;
  const paths = out.map(({ path }) => path).join(", ");
  return { why: stored`its volume lies on ${paths}, too, which is excluded`, isWhole: false };
}

/** Why a use is none of the machine's own, apart from what is excluded. */
function strangeness(facts: Facts, { device, mount }: Use): string | undefined {
  const disks = disksBelow(facts, device);
  const stacked = disks.find(({ name }) => stackedWords(name) !== undefined);
  if (stacked) return stored`it stands on ${stackedWords(stacked.name)}`;
  if (!mount || isOwnMount(facts, mount, disks)) return undefined;
  if (isOrchestrated(mount.path)) return stored`containers or packages use it (${mount.path})`;
  if (disks.some(isRemovable)) return stored`it is removable, and mounted at ${mount.path}, but not by /etc/fstab`;
  return stored`it is mounted at ${mount.path}, but not by /etc/fstab`;
}

const HOLDS_NOTHING = new Set(["nothing", "swap", "gpt", "dos"]);

/** What else than swap lies on a disk, apart from a device: a path, or nothing. */
function otherOn(facts: Facts, disk: DeviceFacts, device: DeviceFacts): DeviceFacts | undefined {
  const parts = facts.devices.filter((one) => one === disk || one.parent === disk.name);
  return parts.find(
    (one) => one !== device && one.sizeBytes > 0 && !HOLDS_NOTHING.has(contentOfDevice(facts, one).kind),
  );
}

/**
 * Why swap on a disk that nothing else is used of makes it none of the set: what else lies there would be erased by a
 * restore, and is in no backup.
 */
function lonelySwaps(facts: Facts, kept: readonly Use[], images: readonly string[]): [Use, string][] {
  const disksOf = ({ device }: Use) => disksBelow(facts, device);
  const mounted = new Set(kept.filter(({ mount }) => mount).flatMap(disksOf));
  return kept.flatMap((use): [Use, string][] => {
    const { device, mount } = use;
    const [disk] = disksOf(use);
    if (mount || !disk || device.slaves.length > 0 || images.includes(device.path) || mounted.has(disk)) return [];
    const other = otherOn(facts, disk, device);
    if (!other) return [];
    const why = stored`only the swap on ${device.path} is used of it; what lies on ${other.path} is not mounted, and not saved`;
    return [[use, why]];
  });
}

/** What of the used devices stays out of the set, and why; of what the backup is written to, the directory, too. */
function strangers(
  facts: Facts,
  all: readonly Use[],
  excluded: ReadonlySet<string>,
  outputs: readonly string[],
  images: readonly string[],
): { readonly out: Map<Use, string>; readonly receiving: ReadonlyMap<Use, string> } {
  const reasons = new Map<Use, string>();
  const receiving = new Map<Use, string>();
  for (const use of all) {
    const why = exclusionOf(facts, use, excluded)?.why ?? strangeness(facts, use);
    if (why !== undefined) reasons.set(use, why);
  }
  for (const [use, why] of lonelySwaps(
    facts,
    all.filter((one) => !reasons.has(one)),
    images,
  ))
    reasons.set(use, why);
  const kept = all.filter((use) => !reasons.has(use));
  for (const path of outputs) {
    const use = holding(kept, path);
    if (!use || use.mount?.path === "/") continue;
    const own = new Set(disksBelow(facts, use.device).map((disk) => disk.name));
    const others = kept.filter((other) => other.device.name !== use.device.name);
    // A disk that carries the system as well is of the set, and so is all that is on it.
    if (others.some((other) => disksBelow(facts, other.device).some((disk) => own.has(disk.name)))) continue;
    for (const same of kept) {
      if (same.device.name !== use.device.name) continue;
      reasons.set(same, stored`the backup is written to it (${path})`);
      receiving.set(same, path);
    }
  }
  return { out: reasons, receiving };
}

/** What decides besides the facts. */
interface Wishes {
  readonly root: string;
  readonly outputs?: readonly string[];
  readonly images?: readonly string[];
}

/**
 * Decides which devices belong to the set: the system's own mounts and swap, and what becomes an image, but not where
 * the backup goes.
 */
export function setUses(
  facts: Facts,
  { root, outputs = [], images = [] }: Wishes,
  excluded: ReadonlySet<string>,
): SetUses {
  const imaged = facts.devices.filter((device) => images.includes(device.path)).map((device): Use => ({ device }));
  const all = [...usesOf(facts, root), ...imaged];
  const { out, receiving } = strangers(facts, all, excluded, outputs, images);
  const uses = all.filter((use) => !out.has(use));
  const disks = new Set(uses.flatMap((use) => disksBelow(facts, use.device)).map((disk) => disk.name));
  const left = new Map<string, string>();
  const receivers = new Map<string, string>();
  for (const [use, why] of out) {
    const directory = receiving.get(use);
    for (const { name, path } of disksBelow(facts, use.device)) {
      left.set(name, excluded.has(path) ? EXCLUDED : why);
      if (directory !== undefined && !excluded.has(path)) receivers.set(name, directory);
    }
  }
  // On a disk of the set everything is remade: what is mounted there by hand is looked at like the rest.
  const both = all.filter(
    (use) => !excluded.has(use.device.path) && disksBelow(facts, use.device).some((disk) => disks.has(disk.name)),
  );
  const gone = [...out.keys()].flatMap((use) => {
    const exclusion = both.includes(use) ? undefined : exclusionOf(facts, use, excluded);
    return exclusion ? [[use, exclusion] as const] : [];
  });
  return {
    uses: both,
    disks,
    left,
    receivers,
    out: new Map([...out].filter(([use]) => !both.includes(use))),
    excluded: new Map(gone),
  };
}
