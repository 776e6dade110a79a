/** What carries the backup or the rescue is never a disk to restore onto, however it is connected. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Host } from "../../../src/host/host.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import type { Disk, Layout } from "../../../src/layout/types.ts";
import { carriersOf } from "../../../src/restore/carriers.ts";
import { fakeHost } from "../../support/fake-host.ts";

const mount = (source: string, path: string, type = "ext4") => `30 1 8:1 / ${path} rw - ${type} ${source} rw`;
const partition = (disk: string, number: number) => ({
  links: { [`/sys/class/block/${disk}${number}`]: `/sys/devices/x/block/${disk}/${disk}${number}` },
  files: { [`/sys/devices/x/block/${disk}/${disk}${number}/partition`]: `${number}\n` },
});

interface Case {
  readonly name: string;
  readonly mounts: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Device nodes. */
  readonly blocks?: readonly string[];
  readonly place: string;
  readonly carriers: readonly string[];
}

const stick = partition("sdb", 1);
const cases: readonly Case[] = [
  {
    name: "an optical drive",
    mounts: [mount("/dev/sr0", "/medium", "iso9660")],
    place: "/medium/mondo",
    carriers: ["/dev/sr0"],
  },
  {
    name: "a partition of a USB disk",
    mounts: [mount("/dev/sda1", "/"), mount("/dev/sdb1", "/mnt/usb")],
    ...stick,
    place: "/mnt/usb/set",
    carriers: ["/dev/sdb1", "/dev/sdb"],
  },
  {
    name: "a partition of an array",
    mounts: [mount("/dev/sda1", "/"), mount("/dev/md0p1", "/srv")],
    links: { "/sys/class/block/md0p1": "/sys/devices/virtual/block/md0/md0p1", ...partition("sdc", 2).links },
    files: {
      "/sys/devices/virtual/block/md0/md0p1/partition": "1\n",
      "/sys/class/block/md0/slaves/sdb": "",
      "/sys/class/block/md0/slaves/sdc2": "",
      ...partition("sdc", 2).files,
    },
    place: "/srv/backup",
    carriers: ["/dev/md0p1", "/dev/md0", "/dev/sdb", "/dev/sdc2", "/dev/sdc"],
  },
  {
    name: "a stick that the ISO was copied to",
    mounts: [],
    blocks: ["/dev/sdb"],
    place: "/dev/sdb",
    carriers: ["/dev/sdb"],
  },
  {
    name: "an ISO file in a loop, on a partition of a USB disk",
    mounts: [mount("/dev/sdb1", "/mnt/usb"), mount("/dev/loop3", "/medium", "iso9660")],
    files: {
      ...stick.files,
      "/sys/class/block/loop3/loop/backing_file": "/mnt/usb/web1-1.iso\n",
      "/mnt/usb/web1-1.iso": "",
    },
    links: stick.links,
    place: "/medium",
    carriers: ["/dev/loop3", "/dev/sdb1", "/dev/sdb"],
  },
  {
    name: "a disk that reads from a web server (NBD)",
    mounts: [mount("/dev/nbd0", "/medium", "iso9660")],
    place: "/medium",
    carriers: ["/dev/nbd0"],
  },
  {
    name: "a LUN of iSCSI without partitions",
    mounts: [mount("/dev/sdq", "/mnt/lun", "xfs")],
    files: { "/sys/class/block/sdq/size": "1\n" },
    place: "/mnt/lun",
    carriers: ["/dev/sdq"],
  },
  {
    name: "a logical volume on an array of two disks",
    mounts: [mount("/dev/mapper/vg-backup", "/mnt/backup")],
    files: {
      ...stick.files,
      "/dev/dm-4": "",
      "/sys/class/block/dm-4/slaves/md7/x": "",
      "/sys/class/block/md7/slaves/sdb1/x": "",
      "/sys/class/block/md7/slaves/sdc/x": "",
    },
    links: { ...stick.links, "/dev/mapper/vg-backup": "/dev/dm-4" },
    place: "/mnt/backup/set",
    carriers: ["/dev/dm-4", "/dev/md7", "/dev/sdb1", "/dev/sdb", "/dev/sdc"],
  },
  {
    name: "a path of a multipath device",
    mounts: [mount("/dev/mapper/mpatha", "/mnt/san")],
    files: { "/dev/dm-0": "", "/sys/class/block/dm-0/slaves/sdx/x": "", "/sys/class/block/dm-0/slaves/sdy/x": "" },
    links: { "/dev/mapper/mpatha": "/dev/dm-0" },
    place: "/mnt/san",
    carriers: ["/dev/dm-0", "/dev/sdx", "/dev/sdy"],
  },
  { name: "a share", mounts: [mount("nas:/backup", "/mnt/nas", "nfs4")], place: "/mnt/nas", carriers: [] },
];

function hostOf({ mounts, files = {}, links = {}, blocks = [] }: Case): Host {
  const host = fakeHost({ files: { ...files, "/proc/self/mountinfo": mounts.join("\n") }, links });
  const stat = (path: string) => (blocks.includes(path) ? ({ kind: "block" } as ReturnType<Host["stat"]>) : undefined);
  return { ...host, stat };
}

const GIB = 1 << 30;
const disk = (path: string): Disk => ({
  ...{ kind: "disk", id: `disk:${path.slice(5)}`, path, sizeBytes: 20 * GIB, logicalSectorBytes: 512 },
  ...{ physicalSectorBytes: 512, rotational: false, removable: false, serial: path },
});
const candidate = (path: string): Candidate => ({
  ...{ disk: disk(path), readOnly: false, contents: "nothing that is known", storageDrivers: [] },
});

for (const one of cases) {
  test(`carriersOf() ${one.name} names every device below, and matchDisks() takes none of them`, () => {
    const carriers = carriersOf(hostOf(one), one.place);
    assert.equal([...new Set(carriers)], one.carriers);
    const disks = one.carriers.filter((path) => /^\/dev\/(sd[a-z]|nbd\d|loop\d|dm-\d|md\d|sr\d)$/.test(path));
    for (const path of disks) {
      // Even if it is the very disk that was backed up.
      const layout: Layout = { version: 1, nodes: [disk(path)] };
      try {
        matchDisks(layout, [candidate(path)], carriers);
        assert.unreachable(path);
      } catch (error) {
        assert.match(error instanceof MondoError ? error.message : String(error), /carries the backup or the rescue/);
      }
      assert.is(
        matchDisks(layout, [candidate(path), candidate("/dev/vda")], carriers).disks[`disk:${path.slice(5)}`]?.disk
          .path,
        "/dev/vda",
      );
    }
  });
}

test.run();
