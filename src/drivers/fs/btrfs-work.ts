import { msg } from "../../base/message.ts";
import type { Effect } from "../../effects/effect.ts";
import { bytesOn } from "../../layout/graph.ts";
import { type Filesystem, type Layout, nodesOf, type Subvolume } from "../../layout/types.ts";
import type { FilesystemContext, FilesystemWork } from "../contracts.ts";
import { btrfsMounted } from "./btrfs-details.ts";

/** Bytes on each device, in the order of their numbers. */
export function shares(fs: Filesystem): number[] {
  return [fs.on, ...(fs.alsoOn ?? []).map((other) => other.on)].map((device) => bytesOn(fs, device));
}

/** The subvolumes that a restore makes, each after the one that it lies in. */
function keptOf(layout: Layout, fs: Filesystem): Subvolume[] {
  return nodesOf(layout, "subvolume").filter((one) => one.of === fs.id && one.leftOut !== true);
}

const btrfs = (place: string, ...words: string[]): Effect => {
  return { do: "run", argv: ["btrfs", ...words, place], writes: [place] };
};
/** btrfs-property takes what to set behind the place. */
const seal = (path: string): Effect => {
  return { do: "run", argv: ["btrfs", "property", "set", "-t", "subvol", path, "ro", "true"], writes: [path] };
};
const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const plural = (list: readonly unknown[]) => (list.length === 1 ? "" : "s");

function createEffects(subvolumes: readonly Subvolume[], at: string): Effect[] {
  return subvolumes.flatMap(({ path }): Effect[] => {
    const parent = parentOf(path);
    const made = parent === "" || subvolumes.some((other) => other.path === parent);
    return [
      ...(made ? [] : [{ do: "mkdir", path: `${at}/${parent}` } as const]),
      btrfs(`${at}/${path}`, "subvolume", "create"),
    ];
  });
}

/** The size of each device, and the subvolumes with the default one; nothing when mkfs.btrfs has done all. */
export function populateBtrfs(fs: Filesystem, context: FilesystemContext, at: string): FilesystemWork | undefined {
  const { device, others, layout } = context;
  const subvolumes = keptOf(layout, fs);
  const sizes = shares(fs);
  const unequal = new Set(sizes).size > 1;
  const chosen = subvolumes.find((one) => one.isDefault);
  const simple = btrfsMounted(fs).quotas === "simple";
  if (subvolumes.length === 0 && !unequal && !simple) return undefined;
  const options = ["noatime", "subvolid=5", ...others.map((other) => `device=${other}`)].join(",");
  const effects: Effect[] = [
    { do: "mkdir", path: at },
    { do: "mount", source: device, path: at, type: "btrfs", options },
    ...(unequal ? sizes.map((bytes, i) => btrfs(at, "filesystem", "resize", `${i + 1}:${bytes}`)) : []),
    // Simple quotas count only what is written after they were enabled.
    ...(simple ? [btrfs(at, "quota", "enable", "--simple")] : []),
    ...createEffects(subvolumes, at),
    ...(chosen ? [btrfs(`${at}/${chosen.path}`, "subvolume", "set-default")] : []),
    { do: "unmount", path: at },
  ];
  const names = subvolumes.slice(0, 4).map((one) => one.path);
  const list = subvolumes.length === 0 ? "" : `: ${names.join(", ")}${subvolumes.length > 4 ? ", …" : ""}`;
  return { say: msg`Make ${subvolumes.length} subvolume${plural(subvolumes)} on ${device}${list}`, effects };
}

function limitEffects(fs: Filesystem, subvolumes: readonly Subvolume[], root: string, top: string): Effect[] {
  const groups = btrfsMounted(fs).quotaGroups ?? [];
  return groups.flatMap((group): Effect[] => {
    const number = group.id.startsWith("0/") ? Number(group.id.slice(2)) : undefined;
    const subvolume = subvolumes.find((one) => one.number === number);
    if (number !== undefined && subvolume?.at === undefined) return [];
    // A restored subvolume has another number: its path names it.
    const place = subvolume?.at === undefined ? top : `${root}${subvolume.at === "/" ? "" : subvolume.at}`;
    const named = subvolume ? [] : [group.id];
    const limit = (bytes: number | undefined, ...words: string[]) =>
      bytes === undefined ? [] : [btrfs(place, "qgroup", "limit", ...words, String(bytes), ...named)];
    return [
      ...(subvolume ? [] : [btrfs(top, "qgroup", "create", group.id)]),
      ...limit(group.maxReferenced),
      ...limit(group.maxExclusive, "-e"),
      ...group.parents.map((parent) =>
        btrfs(top, "qgroup", "assign", "--no-rescan", subvolume ? place : group.id, parent),
      ),
    ];
  });
}

/** Quotas, which would count and limit the restore itself, and the read-only flags, which would end it. */
export function completeBtrfs(fs: Filesystem, { layout }: FilesystemContext, root: string): FilesystemWork | undefined {
  const subvolumes = keptOf(layout, fs);
  const mount = nodesOf(layout, "mount").find((one) => one.of === fs.id);
  if (!mount) return undefined;
  const below = (path: string) => `${root}${path === "/" ? "" : path}`;
  const top = below(mount.path);
  const { quotas } = btrfsMounted(fs);
  const counting = quotas === "full" ? [btrfs(top, "quota", "enable")] : [];
  const sealed = subvolumes.flatMap((one) => (one.readOnly && one.at !== undefined ? [below(one.at)] : [])).reverse();
  const effects = [
    ...(quotas === undefined ? [] : [...counting, ...limitEffects(fs, subvolumes, root, top)]),
    ...sealed.map(seal),
  ];
  if (effects.length === 0) return undefined;
  const words = [
    ...(quotas === undefined ? [] : [msg`enable quotas`]),
    ...(sealed.length === 0 ? [] : [msg`make ${sealed.length} subvolume${plural(sealed)} read-only`]),
  ].join(", ");
  return { say: msg`${words.charAt(0).toUpperCase()}${words.slice(1)} on the file system at ${mount.path}`, effects };
}
