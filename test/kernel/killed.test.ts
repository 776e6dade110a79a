/** Restores of encrypted, thin and cached volumes that were killed and started again. Needs device mapper. */
import { test } from "uvu";
import { type KilledMachine, restoreKilled } from "../support/killed-restore.ts";
import { needing } from "../support/needing.ts";
import { canVolumes, ext4, lvm, makeLuks2 } from "../support/volume-lab.ts";

const cases: readonly KilledMachine[] = [
  {
    name: "LVM in LUKS2",
    disks: [160],
    make([disk = ""]) {
      makeLuks2(disk, "killed-crypt");
      lvm("vgcreate", "-q", "vgkilled", "/dev/mapper/killed-crypt");
      for (const name of ["root", "srv"]) {
        lvm("lvcreate", "-q", "-y", "-n", name, "-L", "40M", "vgkilled");
        ext4(`/dev/vgkilled/${name}`);
      }
    },
    mounts: [
      ["lv:vgkilled/root", "/"],
      ["lv:vgkilled/srv", "/srv"],
    ],
  },
  {
    name: "a thin pool on two disks",
    disks: [160, 160],
    make(disks) {
      lvm("vgcreate", "-q", "vgslim", ...disks);
      lvm("lvcreate", "-q", "-y", "--type", "thin-pool", "-n", "pool", "-L", "100M", "-c", "128k", "vgslim");
      for (const name of ["root", "home"]) {
        lvm("lvcreate", "-q", "-y", "-V", "120M", "-T", "vgslim/pool", "-n", name);
        ext4(`/dev/vgslim/${name}`);
      }
    },
    mounts: [
      ["lv:vgslim/root", "/"],
      ["lv:vgslim/home", "/home"],
    ],
  },
  {
    name: "a volume behind a write-back cache",
    disks: [100, 100],
    make([slow = "", fast = ""]) {
      lvm("vgcreate", "-q", "vgswift", slow, fast);
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "60M", "vgswift", slow);
      lvm("lvcreate", "-q", "-y", "-n", "fast", "-L", "32M", "vgswift", fast);
      const words = ["--type", "cache", "--cachevol", "fast", "--cachemode", "writeback"];
      lvm("lvconvert", "-q", "-y", ...words, "vgswift/root");
      ext4("/dev/vgswift/root");
    },
    mounts: [["lv:vgswift/root", "/"]],
  },
];

for (const machine of cases) {
  needing(test, canVolumes())(
    `a restore of ${machine.name} that was killed after any of its effects and started again gives the same`,
    () => restoreKilled(machine, 5),
  );
}

test.run();
