/** Restores of encrypted and thin volumes that were killed and started again. Needs device mapper. */
import { test } from "uvu";
import { type KilledMachine, restoreKilled } from "../support/killed-restore.ts";
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
];

for (const machine of canVolumes() ? cases : []) {
  test(`a restore of ${machine.name} that was killed after any of its effects and started again gives the same`, () =>
    restoreKilled(machine, 5));
}

test.run();
