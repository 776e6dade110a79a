/**
 * Arrays and volume groups made by their own tools, taken down, and made again by a plan on other disks. Needs md and
 * device mapper.
 */
import { writeFileSync } from "node:fs";
import { test } from "uvu";
import { sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { canVolumes, ext4, lvm } from "../support/volume-lab.ts";
import { roundTrip, type VolumeCase } from "../support/volume-round-trip.ts";

const RAID = "A19D880F-05FC-4D3B-A006-743F0F84911E";

const cases: readonly VolumeCase[] = [
  {
    name: "RAID1 for /boot (metadata 1.0) and for LVM, partitions on two disks",
    disks: [600, 600],
    script: `label: gpt\n1: start=2048, size=2048\n2: start=4096, size=200000, type=${RAID}\n3: start=204800, size=900000, type=${RAID}\n`,
    make(disks) {
      const of = (part: number) => disks.map((disk) => `${disk}p${part}`);
      const create = ["mdadm", "--create", "--run", "--level=1", "--raid-devices=2"];
      sh([...create, "--metadata=1.0", "--homehost=old", "--name=boot", "/dev/md0", ...of(2)], "y\n");
      sh([...create, "--bitmap=internal", "/dev/md1", ...of(3)], "y\n");
      ext4("/dev/md0");
      lvm("pvcreate", "-q", "/dev/md1");
      lvm("vgcreate", "-q", "-s", "2M", "test-vg", "/dev/md1");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "200M", "test-vg");
      lvm("lvcreate", "-q", "-y", "-n", "swap", "-L", "32M", "test-vg");
      lvm("lvextend", "-q", "-L", "220M", "test-vg/root");
      ext4("/dev/test-vg/root");
      sh(["mkswap", "/dev/test-vg/swap"]);
    },
    mounts: [
      ["lv:test-vg/root", "/"],
      ["raid:md0", "/boot"],
    ],
  },
  {
    name: "striped, RAID1 and RAID5 volumes on three whole disks",
    disks: [300, 300, 300],
    make(disks) {
      lvm("vgcreate", "-q", "vgs", ...disks);
      lvm("lvcreate", "-q", "-y", "-n", "striped", "-i", "3", "-L", "60M", "vgs");
      lvm("lvcreate", "-q", "-y", "--type", "raid1", "-m", "1", "-n", "mirror", "-L", "80M", "vgs");
      lvm("lvcreate", "-q", "-y", "--type", "raid5", "-i", "2", "-n", "five", "-L", "80M", "vgs");
      for (const name of ["striped", "mirror", "five"]) ext4(`/dev/vgs/${name}`);
    },
    mounts: [
      ["lv:vgs/mirror", "/"],
      ["lv:vgs/striped", "/srv"],
      ["lv:vgs/five", "/var"],
    ],
  },
  {
    name: "RAID5 of three whole disks with a spare, and odd chunks",
    disks: [200, 200, 200, 200],
    make(disks) {
      const create = ["mdadm", "--create", "/dev/md5", "--run", "--level=5", "--raid-devices=3", "--spare-devices=1"];
      sh([...create, "--chunk=64K", "--layout=right-symmetric", "--data-offset=4M", ...disks], "y\n");
      sh(["mkfs.xfs", "-q", "-f", "-m", "reflink=0", "/dev/md5"]);
    },
    mounts: [["raid:md5", "/"]],
  },
  {
    name: "RAID10, far copies, and a RAID0 with metadata 1.1",
    disks: [300, 300],
    script: "label: dos\n1: start=2048, size=200000, type=fd\n2: start=204800, size=300000, type=fd\n",
    make(disks) {
      const of = (part: number) => disks.map((disk) => `${disk}p${part}`);
      const far = ["--level=10", "--layout=f2", "--raid-devices=2", "--bitmap=none"];
      sh(["mdadm", "--create", "/dev/md126", "--run", ...far, ...of(1)], "y\n");
      const none = ["--level=0", "--raid-devices=2", "--metadata=1.1", "--chunk=128K"];
      sh(["mdadm", "--create", "/dev/md127", "--run", ...none, ...of(2)], "y\n");
      ext4("/dev/md126");
      ext4("/dev/md127");
    },
    mounts: [
      ["raid:md127", "/"],
      ["raid:md126", "/srv"],
    ],
  },
  {
    name: "a thin pool with thin volumes, a mounted snapshot and an idle one, its metadata mirrored",
    disks: [300, 300],
    make(disks) {
      lvm("vgcreate", "-q", "vg-thin", ...disks);
      lvm("lvcreate", "-q", "-y", "-n", "plain", "-L", "32M", "vg-thin");
      lvm("lvcreate", "-q", "-y", "-n", "pool", "-L", "120M", "vg-thin");
      lvm("lvcreate", "-q", "-y", "--type", "raid1", "-n", "meta", "-L", "8M", "vg-thin");
      const kind = ["--type", "thin-pool", "-c", "128k", "--discards", "nopassdown", "-Z", "n"];
      lvm("lvconvert", "-q", "-y", ...kind, "--poolmetadata", "vg-thin/meta", "vg-thin/pool");
      for (const name of ["root", "home"]) lvm("lvcreate", "-q", "-y", "-V", "200M", "-T", "vg-thin/pool", "-n", name);
      for (const name of ["plain", "root", "home"]) ext4(`/dev/vg-thin/${name}`);
      lvm("lvcreate", "-q", "-y", "-s", "vg-thin/home", "-n", "yesterday");
      // A snapshot that no start activates unless it is told to.
      lvm("lvcreate", "-q", "-y", "-s", "vg-thin/home", "-n", "today");
      lvm("lvchange", "-q", "-ay", "-K", "vg-thin/today");
    },
    mounts: [
      ["lv:vg-thin/root", "/"],
      ["lv:vg-thin/home", "/home"],
      ["lv:vg-thin/today", "/snapshot"],
    ],
  },
  {
    name: "a volume with a snapshot, which is not made again",
    disks: [100],
    make(disks) {
      lvm("vgcreate", "-q", "vgs", ...disks);
      lvm("lvcreate", "-q", "-y", "-n", "kept", "-L", "32M", "vgs");
      ext4("/dev/vgs/kept");
      lvm("lvcreate", "-q", "-y", "-s", "-L", "8M", "-n", "before", "vgs/kept");
    },
    mounts: [["lv:vgs/kept", "/"]],
  },
  {
    name: "RAID6 with metadata 0.90, RAID4, a linear array and a degraded RAID5, in partitions of four disks",
    disks: [260, 260, 260, 260],
    script: `label: gpt\n1: start=2048, size=100000, type=${RAID}\n2: start=104448, size=100000, type=${RAID}\n3: start=206848, size=100000, type=${RAID}\n4: start=309248, size=100000, type=${RAID}\n`,
    make(disks) {
      const of = (part: number, ...some: readonly number[]) => some.map((disk) => `${disks[disk]}p${part}`);
      const create = (path: string, level: string, ...words: readonly string[]) =>
        sh(["mdadm", "--create", path, "--run", "--force", `--level=${level}`, ...words], "y\n");
      const old = ["--metadata=0.90", "--chunk=32K", "--bitmap=internal", "--raid-devices=4"];
      create("/dev/md6", "6", ...old, "--layout=left-asymmetric", ...of(1, 0, 1, 2, 3));
      create("/dev/md4", "4", "--raid-devices=3", "--bitmap=none", ...of(2, 0, 1, 2));
      create("/dev/md9", "linear", "--raid-devices=2", ...of(3, 2, 3));
      create("/dev/md5", "5", "--raid-devices=3", "--bitmap=internal", ...of(4, 0, 1), "missing");
      for (const path of ["/dev/md6", "/dev/md4", "/dev/md9", "/dev/md5"]) ext4(path);
    },
    mounts: [
      ["raid:md6", "/"],
      ["raid:md4", "/a"],
      ["raid:md9", "/b"],
      ["raid:md5", "/c"],
    ],
  },
  {
    name: "mirrors of which a fast disk is read and slow ones are written later",
    disks: [200, 200],
    script: `label: gpt\n1: start=2048, size=150000, type=${RAID}\n2: start=153600, size=150000, type=${RAID}\n`,
    make([a, b]) {
      const mirror = ["--run", "--level=1", "--raid-devices=2"];
      const slow = ["--write-behind=300", `${a}p1`, "--write-mostly", "--failfast", `${b}p1`];
      sh(["mdadm", "--create", "/dev/md0", ...mirror, "--bitmap=internal", ...slow], "y\n");
      const old = ["--metadata=0.90", "--bitmap=none", `${a}p2`, `${b}p2`];
      sh(["mdadm", "--create", "/dev/md1", ...mirror, ...old], "y\n");
      for (const path of ["/dev/md0", "/dev/md1"]) ext4(path);
      // mdadm could not say so of the first member alone.
      writeFileSync(`/sys/block/md1/md/dev-${a?.slice("/dev/".length)}p2/state`, "writemostly");
    },
    mounts: [
      ["raid:md0", "/"],
      ["raid:md1", "/srv"],
    ],
  },
  {
    name: "a RAID1 with metadata 0.90 and a spare, on whole disks",
    disks: [120, 120, 120],
    make(disks) {
      const words = ["--level=1", "--raid-devices=2", "--spare-devices=1", "--metadata=0.90", "--bitmap=none"];
      sh(["mdadm", "--create", "/dev/md0", "--run", ...words, ...disks], "y\n");
      ext4("/dev/md0");
    },
    mounts: [["raid:md0", "/"]],
  },
  {
    name: "RAID 0, 4, 6 and 10 and old mirrors as logical volumes on five disks",
    disks: [140, 140, 140, 140, 140],
    make(disks) {
      lvm("vgcreate", "-q", "-s", "1M", "vgmany", ...disks);
      const create = (name: string, type: string, mebibytes: number, ...words: readonly string[]) => {
        lvm("lvcreate", "-q", "-y", "--type", type, "-n", name, "-L", `${mebibytes}M`, ...words, "vgmany");
        ext4(`/dev/vgmany/${name}`);
      };
      create("zero", "raid0", 24, "-i", "3", "-I", "16k");
      create("zero-meta", "raid0_meta", 16, "-i", "2");
      create("four", "raid4", 24, "-i", "2");
      create("six", "raid6", 48, "-i", "3", "-I", "32k");
      create("ten", "raid10", 32, "-i", "2", "-m", "1");
      create("logged", "mirror", 16, "-m", "1", "--mirrorlog", "disk");
      create("core", "mirror", 16, "-m", "2", "--mirrorlog", "core");
    },
    mounts: [
      ["lv:vgmany/zero", "/"],
      ["lv:vgmany/zero-meta", "/a"],
      ["lv:vgmany/four", "/b"],
      ["lv:vgmany/six", "/c"],
      ["lv:vgmany/ten", "/d"],
      ["lv:vgmany/logged", "/e"],
      ["lv:vgmany/core", "/f"],
    ],
  },
  {
    name: "physical volumes without metadata, with ignored metadata, and in no group",
    disks: [500],
    script: `label: gpt\n${[1, 2, 3].map((n) => `${n}: size=200000\n`).join("")}${[4, 5, 6].map((n) => `${n}: size=20480\n`).join("")}`,
    make([disk]) {
      const of = (...parts: number[]) => parts.map((part) => `${disk}p${part}`);
      lvm("pvcreate", "-q", ...of(1));
      lvm("pvcreate", "-q", "--metadatacopies", "0", ...of(2));
      lvm("pvcreate", "-q", "--metadataignore", "y", ...of(3));
      lvm("vgcreate", "-q", "vgs", ...of(1, 2, 3));
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "250M", "vgs");
      ext4("/dev/vgs/root");
      lvm("pvcreate", "-q", ...of(4));
      lvm("pvcreate", "-q", "--metadatacopies", "2", "--metadataignore", "y", ...of(5));
      lvm("pvcreate", "-q", "--metadatacopies", "0", ...of(6));
    },
    mounts: [["lv:vgs/root", "/"]],
    look: () =>
      lvm("pvs", "--noheadings", "-o", "pv_uuid,vg_name,pv_mda_count,pv_mda_used_count,pv_size").split("\n").sort(),
  },
  {
    name: "a degraded RAID1",
    disks: [200],
    make(disks) {
      sh(
        ["mdadm", "--create", "/dev/md3", "--run", "--force", "--level=1", "--raid-devices=2", ...disks, "missing"],
        "y\n",
      );
      ext4("/dev/md3");
    },
    mounts: [["raid:md3", "/"]],
  },
];

for (const one of cases) {
  needing(test, canVolumes())(`a restore makes the volumes again as they were: ${one.name}`, () => roundTrip(one));
}

test.run();
