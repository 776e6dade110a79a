import { msg } from "../../base/message.ts";
import { GIB } from "../../base/units.ts";
import { type Filesystem, type Layout, nodeById, nodesOf } from "../../layout/types.ts";
import { mountsOf } from "./content-edits.ts";
import { callNode } from "./find-node.ts";
import { fstabChanges } from "./followed.ts";
import { isPosix } from "./fs-traits.ts";
import { lostOptions } from "./fstab-words.ts";

const featuresOf = ({ details }: Filesystem): string[] =>
  Array.isArray(details.features) ? details.features : Object.keys(details.features ?? {});

/** What a file system of another type can't keep. */
function lostIn(was: Filesystem, now: Filesystem, subvolumes: number): string[] {
  if (!isPosix(now.type)) {
    const large = now.type === "vfat" ? [msg`files of ${4 * GIB - 1} bytes at most`] : [];
    const kept = isPosix(was.type) ? [msg`no owners, modes, links, extended attributes and ACLs`] : [];
    return [...kept, ...large];
  }
  return [
    ...(subvolumes > 0 && now.type !== "btrfs" ? [msg`no subvolumes: ${subvolumes} become directories`] : []),
    ...(was.usedSharingBytes !== undefined && now.type !== "btrfs" && now.type !== "xfs"
      ? [msg`no extents that files share: they take their full size`]
      : []),
    ...(was.type === "btrfs" && now.type !== "btrfs" ? [msg`no checksums of data and no compression`] : []),
    ...(featuresOf(was).includes("casefold") ? [msg`no directories in which case doesn't count`] : []),
    ...(featuresOf(was).includes("encrypt") ? [msg`no encryption of directories (fscrypt)`] : []),
    ...(was.details.quotas === undefined || was.details.quotas === "" ? [] : [msg`no quotas: set them again`]),
  ];
}

function typeWarnings(before: Layout, after: Layout): string[] {
  return nodesOf(after, "filesystem").flatMap((now) => {
    const was = nodeById(before, now.id);
    if (was?.kind !== "filesystem" || was.type === now.type) return [];
    const subvolumes = nodesOf(before, "subvolume").filter(({ of }) => of === was.id).length;
    const lost = lostIn(was, now, subvolumes);
    const about = msg`${callNode(after, now)} becomes ${now.type} instead of ${was.type}`;
    return [
      lost.length === 0 ? msg`${about}, with the defaults of its tool` : msg`${about}, which keeps ${lost.join("; ")}`,
    ];
  });
}

function optionWarnings(before: Layout, after: Layout): string[] {
  return fstabChanges(before, after).flatMap(({ was, now }) => {
    if (!was) return [];
    if (!now) return [msg`The line of ${was.path === "none" ? was.spec : was.path} in /etc/fstab becomes a comment`];
    if (was.type === now.type) return [];
    const lost = lostOptions(was.options, now.type);
    return lost.length === 0
      ? []
      : [msg`${now.path} is mounted without ${lost.join(", ")}, which ${now.type} doesn't know`];
  });
}

/** Mounts that are new or gone: files go by their paths. */
function placeWarnings(before: Layout, after: Layout): string[] {
  const gone = nodesOf(before, "mount").filter(({ path }) => !nodesOf(after, "mount").some((one) => one.path === path));
  const fresh = nodesOf(after, "mount").filter(
    ({ path }) => !nodesOf(before, "mount").some((one) => one.path === path),
  );
  return [
    ...gone.map(({ path }) => msg`The files of ${path} go onto the file system above it`),
    ...fresh.map(({ path, of }) => {
      const fs = nodeById(after, of);
      const first = mountsOf(after, of)[0]?.path === path;
      const what = fs?.kind === "filesystem" && first ? ` (${fs.type})` : "";
      return msg`The files below ${path} go onto a file system of their own${what}: nobody has counted whether they fit`;
    }),
  ];
}

function volumeWarnings(before: Layout, after: Layout): string[] {
  const known = new Set(before.nodes.map(({ id }) => id));
  const locked = nodesOf(after, "luks").filter(({ id }) => !known.has(id));
  const open = nodesOf(before, "luks").filter(({ id }) => !nodeById(after, id));
  return [
    ...locked.map(({ path }) => msg`${path} is encrypted: the pass phrase given now is asked for at each start`),
    ...open.map(({ name }) => msg`What was encrypted as ${name} lies on the disks in the clear`),
  ];
}

/** What the edits change that people may not expect, a sentence each. Pure. */
export function editWarnings(before: Layout, after: Layout): string[] {
  return [
    ...typeWarnings(before, after),
    ...optionWarnings(before, after),
    ...placeWarnings(before, after),
    ...volumeWarnings(before, after),
  ];
}
