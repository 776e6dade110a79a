import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { calledOf, disksOf, mountHolding, nodesBelow, partitionsOf, tableSeenOn } from "../../layout/graph.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Disk, Filesystem, Layout, Loader, Raid } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { leastContentBytes } from "../fit/demand.ts";
import { mountsOf } from "./content-edits.ts";
import { callNode } from "./find-node.ts";
import type { Flaw } from "./flaw.ts";
import { isPosix, leastDeviceBytes, roomForFiles } from "./fs-traits.ts";
import { BIOS_BOOT } from "./partition-types.ts";

const stops = (about: string, what: string, todo: string): Flaw => ({
  about,
  what: `${about}: ${what}`,
  todo,
  weight: "stops",
});
const doubt = (about: string, what: string, todo: string): Flaw => ({ ...stops(about, what, todo), weight: "doubt" });

/** File systems that GRUB reads. */
const GRUB_READS = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat", "exfat"]);
/** What a system can't live on without owners, modes and links. */
const NEEDS_POSIX = /^\/(|usr|var|etc|home|root|opt|srv|bin|sbin|lib|lib64)(\/|$)/;

/** Nothing to start from. */
function rootFlaws(layout: Layout): Flaw[] {
  if (nodesOf(layout, "mount").some(({ path }) => path === "/")) return [];
  return [stops("/", msg`no file system is mounted there, so there is no system`, msg`Mount one at /.`)];
}

/** Bytes that a file system is too small by what its files take, as far as anybody counted. */
function roomFlaw(layout: Layout, fs: Filesystem): Flaw[] {
  const about = callNode(layout, fs);
  const device = nodeById(layout, fs.on);
  if (fs.details.fresh === true && fs.sizeBytes < leastDeviceBytes(fs.type)) {
    const what = msg`its ${formatBytes(fs.sizeBytes)} are too few for ${fs.type}, which needs ${formatBytes(leastDeviceBytes(fs.type))}`;
    return [stops(about, what, msg`Make it larger, or choose another type.`)];
  }
  if (device && "sizeBytes" in device && fs.alsoOn === undefined && fs.sizeBytes > device.sizeBytes) {
    const what = msg`it has ${formatBytes(fs.sizeBytes)}, and ${calledOf(device)} has only ${formatBytes(device.sizeBytes)}`;
    return [stops(about, what, msg`Make the device larger, or format it again.`)];
  }
  const used = fs.usedSharingBytes ?? fs.usedBytes;
  if (used === undefined) return [];
  const room = fs.details.fresh === true ? roomForFiles(fs.type, fs.sizeBytes) : fs.sizeBytes;
  if (used > room) {
    const what = msg`its files take ${formatBytes(used)}, and ${fs.type} has room for ${formatBytes(room)} on ${formatBytes(fs.sizeBytes)}`;
    return [stops(about, what, msg`Make it larger.`)];
  }
  const least = fs.details.assumed === true ? 0 : Math.min(leastContentBytes(fs), fs.sizeBytes);
  return used * 1.1 > room && least === 0
    ? [doubt(about, msg`its files leave only ${formatBytes(room - used)} free`, msg`Make it larger.`)]
    : [];
}

/** Types that keep less than the system needs. */
function typeFlaws(layout: Layout, fs: Filesystem): Flaw[] {
  if (isPosix(fs.type)) return [];
  const bad = mountsOf(layout, fs.id).find(({ path }) => NEEDS_POSIX.test(path));
  const what = msg`${fs.type} keeps no owners, modes and links, without which a system doesn't work`;
  return bad ? [stops(bad.path, what, msg`Choose ext4, xfs or btrfs.`)] : [];
}

/** An array whose halves fail together. */
function raidFlaws(layout: Layout, raid: Raid): Flaw[] {
  const disks = raid.members.map(({ on }) =>
    disksOf(layout, on)
      .map(({ id }) => id)
      .join(),
  );
  const twice = disks.find((disk, at) => disks.indexOf(disk) !== at);
  if (twice === undefined || raid.level === "raid0" || raid.level === "linear") return [];
  const disk = nodeById(layout, twice);
  const what = msg`two of its members lie on ${disk ? calledOf(disk) : twice}: if that disk fails, both are gone`;
  return [doubt(raid.path, what, msg`Take members on different disks.`)];
}

const hasLayer = (layout: Layout, id: string, kind: string) =>
  nodesBelow(layout, id).some((node) => node.kind === kind);

/** What firmware itself reads must look like a plain FAT. */
function espFlaws(layout: Layout, id: string): Flaw[] {
  const fs = nodeById(layout, id);
  if (fs?.kind !== "filesystem") return [];
  const about = callNode(layout, fs);
  if (fs.type !== "vfat") {
    return [stops(about, msg`it is the EFI system partition, and firmware reads no ${fs.type}`, msg`Leave it vfat.`)];
  }
  const layer = nodesBelow(layout, id).find(({ kind }) => kind === "luks" || kind === "logical-volume");
  if (layer) {
    const what = msg`it is the EFI system partition, and firmware finds none on ${calledOf(layer)}`;
    return [stops(about, what, msg`Leave it on a partition.`)];
  }
  const raid = nodesBelow(layout, id).find((node): node is Raid => node.kind === "raid");
  const isPlain = raid?.level === "raid1" && (raid.metadata === "1.0" || raid.metadata === "0.90");
  if (!raid || isPlain) return [];
  const what = msg`it is the EFI system partition, and firmware reads none on ${raid.level} with metadata ${raid.metadata}`;
  return [stops(about, what, msg`Take RAID 1, which gets metadata 1.0 there, or leave it on a partition.`)];
}

const hasPlace = (layout: Layout, disk: Disk) => {
  const table = tableSeenOn(layout, disk.id);
  if (!table || table.scheme === "dos") return table !== undefined;
  return partitionsOf(layout, table.id).some(({ type }) => type === BIOS_BOOT);
};

/** A loader that can't read what it starts, or has no place. */
function loaderFlaws(layout: Layout, loader: Loader): Flaw[] {
  if (loader.type === "none") return [];
  if (loader.on.length === 0) {
    const what = msg`the boot loader (${loader.type}) has no disk to start from any more`;
    return [stops(msg`boot loader`, what, msg`Leave /boot on a disk that it can be installed on.`)];
  }
  const holding = mountHolding(layout, `${loader.details.directory ?? "/boot"}/`);
  const fs = holding && nodeById(layout, holding.mount.of);
  const about = holding?.mount.path ?? "/boot";
  const esps = loader.on.flatMap((id) => espFlaws(layout, id));
  if (fs?.kind !== "filesystem") return esps;
  const isGrub = loader.type.startsWith("grub");
  const encrypted = hasLayer(layout, fs.id, "luks");
  const unreadable = isGrub
    ? !GRUB_READS.has(fs.type)
    : hasLayer(layout, fs.id, "logical-volume") || hasLayer(layout, fs.id, "raid");
  return [
    ...esps,
    ...(encrypted
      ? [
          stops(
            about,
            msg`the boot loader reads its menu and the kernel there, and it would be encrypted`,
            msg`Keep /boot on a file system of its own that is not encrypted.`,
          ),
        ]
      : []),
    ...(unreadable
      ? [
          stops(
            about,
            msg`the boot loader (${loader.type}) can't read it there`,
            msg`Keep it on a plain partition with ext4.`,
          ),
        ]
      : []),
    ...(loader.type === "grub-bios" ? biosFlaws(layout, loader) : []),
  ];
}

function biosFlaws(layout: Layout, loader: Loader): Flaw[] {
  const disks = loader.on.flatMap((id) => nodesOf(layout, "disk").filter((disk) => disk.id === id));
  return disks
    .filter((disk) => !hasPlace(layout, disk) && nodesOn(layout, disk.id).length > 0)
    .map((disk) =>
      doubt(
        disk.path,
        msg`GRUB starts from it by BIOS, and its GPT has no BIOS boot partition`,
        msg`Add one: 1 MiB, purpose bios-boot.`,
      ),
    );
}

/** A disk that is erased for nothing. */
function idleDisks(layout: Layout): Flaw[] {
  return nodesOf(layout, "disk")
    .filter(
      (disk) =>
        !layout.nodes.some(
          (node) =>
            (node.kind === "filesystem" ||
              node.kind === "swap" ||
              node.kind === "image" ||
              node.kind === "physical-volume" ||
              node.kind === "volume-group" ||
              node.kind === "raid" ||
              node.kind === "luks") &&
            disksOf(layout, node.id).includes(disk),
        ),
    )
    .map((disk) => doubt(disk.path, msg`nothing lies on it, and yet it would be erased`, msg`Use it, or remove it.`));
}

/**
 * What would not work with a layout, however it came about: no root, too little room, what the boot loader can't read.
 * Pure, and fast enough for each key that a person presses.
 */
export function flawsOf(layout: Layout): Flaw[] {
  const filesystems = nodesOf(layout, "filesystem");
  return [
    ...rootFlaws(layout),
    ...filesystems.flatMap((fs) => [...roomFlaw(layout, fs), ...typeFlaws(layout, fs)]),
    ...nodesOf(layout, "raid").flatMap((raid) => raidFlaws(layout, raid)),
    ...nodesOf(layout, "loader").flatMap((loader) => loaderFlaws(layout, loader)),
    ...idleDisks(layout),
  ];
}
