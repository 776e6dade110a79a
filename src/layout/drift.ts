import { msg } from "../base/message.ts";
import { compareLayouts } from "./compare-layouts.ts";
import { describeDiskShortly } from "./describe-disk-shortly.ts";
import { calledOf, contentOf, partitionsOf, tableOn, volumeDevices, volumesOf } from "./graph.ts";
import type { Disk, Filesystem, Layout, NodeId, Swap } from "./types.ts";
import { nodeById, nodesOf } from "./types.ts";

const same = (a: string | undefined, b: string | undefined) => a !== undefined && a === b;

/** Which disk now is which disk then: by WWN, then serial, then partition table, then name. */
function pairDisks(saved: Layout, live: Layout): Map<NodeId, Disk> {
  const pairs = new Map<NodeId, Disk>();
  const taken = new Set<NodeId>();
  const isNoOther = (a: Disk, b: Disk) => (a.wwn ?? b.wwn) === b.wwn && (a.serial ?? b.serial) === b.serial;
  const rules: ((a: Disk, b: Disk) => boolean)[] = [
    (a, b) => same(a.wwn, b.wwn),
    (a, b) => same(a.serial, b.serial),
    (a, b) => isNoOther(a, b) && same(tableOn(saved, a.id)?.uuid, tableOn(live, b.id)?.uuid),
    (a, b) => isNoOther(a, b) && a.path === b.path,
  ];
  for (const rule of rules) {
    for (const disk of nodesOf(saved, "disk")) {
      const found = nodesOf(live, "disk").find((one) => !taken.has(one.id) && rule(disk, one));
      if (!found || pairs.has(disk.id)) continue;
      pairs.set(disk.id, found);
      taken.add(found.id);
    }
  }
  return pairs;
}

/** The same devices on both sides, as pairs of ids: disks, partitions with one number, volumes with one UUID. */
function pairDevices(saved: Layout, live: Layout, disks: ReadonlyMap<NodeId, Disk>): [NodeId, NodeId][] {
  const withPartitions = ([id, here]: [NodeId, NodeId]): [NodeId, NodeId][] => {
    const [then, now] = [tableOn(saved, id), tableOn(live, here)];
    const before = then ? partitionsOf(saved, then.id) : [];
    const parts = now ? partitionsOf(live, now.id) : [];
    const pairs = before.flatMap((a): [NodeId, NodeId][] =>
      parts.filter((b) => b.number === a.number).map((b) => [a.id, b.id]),
    );
    return [[id, here], ...pairs];
  };
  const bare = [...disks].map(([id, disk]): [NodeId, NodeId] => [id, disk.id]);
  const volumes = volumeDevices(saved).flatMap((a): [NodeId, NodeId][] =>
    volumeDevices(live)
      .filter((b) => b.kind === a.kind && b.uuid === a.uuid)
      .map((b) => [a.id, b.id]),
  );
  return [...bare, ...volumes].flatMap(withPartitions);
}

const named = (content: Filesystem | Swap) =>
  content.kind === "swap" ? "swap" : `${content.type}${content.uuid === undefined ? "" : ` ${content.uuid}`}`;

/** What is on devices that held nothing. */
function newContents(saved: Layout, live: Layout, disks: ReadonlyMap<NodeId, Disk>): string[] {
  return pairDevices(saved, live, disks).flatMap(([then, now]) => {
    const [before, after] = [contentOf(saved, then), contentOf(live, now)];
    const device = nodeById(live, now);
    if (before || !after || !device || !("path" in device)) return [];
    return [msg`${device.path}: holds ${named(after)} now, and nothing known at the backup`];
  });
}

function newVolumes(saved: Layout, live: Layout): string[] {
  return volumesOf(live)
    .filter((volume) => !volumesOf(saved).some((one) => one.kind === volume.kind && one.uuid === volume.uuid))
    .map((volume) => msg`${calledOf(volume)}: is new`);
}

/** Items of both lists by key, compared by their text. */
function changed<T>(then: readonly T[], now: readonly T[], key: (item: T) => string, text: (item: T) => string) {
  const before = new Map(then.map((item) => [key(item), text(item)]));
  const after = new Map(now.map((item) => [key(item), text(item)]));
  return [
    ...[...before].filter(([name]) => !after.has(name)).map(([name, was]) => msg`${name}: is gone (was ${was})`),
    ...[...after].filter(([name]) => !before.has(name)).map(([name, is]) => msg`${name}: is new (${is})`),
    ...[...after]
      .filter(([name, is]) => before.has(name) && before.get(name) !== is)
      .map(([name, is]) => msg`${name}: is ${is} instead of ${before.get(name)}`),
  ];
}

function mountsOf(layout: Layout): { path: string; what: string }[] {
  return nodesOf(layout, "mount").flatMap((mount) => {
    const fs = nodeById(layout, mount.of);
    return fs?.kind === "filesystem" ? [{ path: mount.path, what: msg`${named(fs)}, directory ${mount.root}` }] : [];
  });
}

function changedUse(saved: Layout, live: Layout): string[] {
  const fstab = (layout: Layout) => nodesOf(layout, "fstab").flatMap((node) => node.entries);
  const crypttab = (layout: Layout) => nodesOf(layout, "crypttab").flatMap((node) => node.entries);
  const starts = (layout: Layout) => [
    ...nodesOf(layout, "firmware").map((firmware) => ({ name: "firmware", what: firmware.mode })),
    {
      name: msg`boot loader`,
      what: nodesOf(layout, "loader")
        .map((loader) => loader.type)
        .sort()
        .join(", "),
    },
  ];
  return [
    ...changed(
      mountsOf(saved),
      mountsOf(live),
      (mount) => msg`mount ${mount.path}`,
      (mount) => mount.what,
    ),
    ...changed(
      fstab(saved),
      fstab(live),
      (entry) => `/etc/fstab ${entry.path === "none" ? entry.spec : entry.path}`,
      ({ spec, type, options }) => `${spec} ${type} ${options}`,
    ),
    ...changed(
      crypttab(saved),
      crypttab(live),
      (entry) => `/etc/crypttab ${entry.name}`,
      ({ source, key, options }) => `${source} ${key} ${options.join(",")}`,
    ),
    ...changed(
      starts(saved),
      starts(live),
      (one) => one.name,
      (one) => one.what,
    ),
  ];
}

/**
 * How a machine's layout differs from the one that was saved, a sentence each: disks, tables, partitions, volumes, file
 * systems, mounts, fstab, what starts it. How full file systems are, and which kernel runs, is no difference.
 */
export function layoutDrift(saved: Layout, live: Layout): string[] {
  const disks = pairDisks(saved, live);
  const devices = Object.fromEntries([...disks].map(([id, disk]) => [id, disk.path]));
  const gone = nodesOf(saved, "disk").filter((disk) => !disks.has(disk.id));
  const now = new Set([...disks.values()].map((disk) => disk.id));
  const fresh = nodesOf(live, "disk").filter((disk) => !now.has(disk.id));
  const sizes = nodesOf(saved, "disk").flatMap((disk) => {
    const found = disks.get(disk.id);
    return found === undefined || found.sizeBytes === disk.sizeBytes
      ? []
      : [msg`${found.path}: sizeBytes is ${found.sizeBytes} instead of ${disk.sizeBytes}`];
  });
  const lost = new Set(gone.map((disk) => disk.id));
  const rest: Layout = { version: 1, nodes: saved.nodes.filter((node) => !lost.has(node.id)) };
  return [
    ...gone.map((disk) => msg`the disk ${describeDiskShortly(disk)}: is gone`),
    ...fresh.map((disk) => msg`the disk ${describeDiskShortly(disk)}: is new`),
    ...sizes,
    ...compareLayouts(rest, live, devices),
    ...newContents(saved, live, disks),
    ...newVolumes(saved, live),
    ...changedUse(saved, live),
  ];
}
