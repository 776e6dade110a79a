import { join } from "node:path";
import type { Machine } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk } from "../support/rescue.ts";
import { answer } from "./modes.vm.ts";
import { MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

interface Edited {
  readonly machine: string;
  /** Words of --set. */
  readonly set: readonly string[];
  /** Serial numbers of further disks. */
  readonly more: readonly string[];
  /** What commands show in the restored machine. */
  readonly shows: readonly (readonly [command: string, pattern: RegExp])[];
}

/** All about layouts, and the files in which they are written down. */
const LAYOUT = new RegExp(
  [
    "^. [PBTRVFGWCQ] ",
    "^. [MH] .*/etc/(fstab|crypttab|mdadm/mdadm\\.conf|default/grub|initramfs-tools/conf\\.d/resume)\\b",
    "^. M /etc(/mdadm|/default|/initramfs-tools/conf\\.d)?\\|d ",
    "^. [MH] .*/boot/(grub/grub\\.cfg|initrd\\.img-)",
    "^. [MH] .*/var/lib/initramfs-tools",
    // As which XFS shows ACLs once more.
    "^. X .* trusted\\.SGI_ACL_(FILE|DEFAULT)=",
  ].join("|"),
);

/** Backup, restore of another layout from the shell of the rescue, boot, compare all files. */
async function edited({ lab, directory, say }: ScenarioContext, trip: Edited): Promise<void> {
  const backup = await lab.backup(trip.machine);
  say("backed up");
  const disks = [emptyDisk(backup, directory), ...trip.more.map((serial) => emptyDisk(backup, directory, { serial }))];
  const vm = await bootRescue(backup, { directory: join(directory, "rescue"), disks, choose: "interactive", cpus: 2 });
  try {
    await answer(vm, MENU, "shell");
    await vm.expect(/rescue:[^\n]*# /, 60_000);
    const words = trip.set.map((word) => `--set ${word}`).join(" ");
    vm.serial.send(`mondo restore --nuke ${words}; echo STATUS=$?; sync\r`);
    const [, status] = await vm.expect(/\nSTATUS=(\d+)/, 900_000);
    if (status !== "0") throw await vm.failure(`the restore ended with ${status}`);
  } finally {
    await vm.kill();
  }
  say("restored");
  const also = async (machine: Machine) => {
    for (const [command, pattern] of trip.shows) {
      const { output } = await machine.run(command);
      if (!pattern.test(output)) throw new Error(`${command} shows no ${pattern}:\n${output}`);
    }
  };
  await bootsAsBefore(backup, disks, { directory: join(directory, "result"), differs: LAYOUT, also });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "edited-lvm-raid-xfs",
    says: "ext4 on one disk comes back as XFS in LVM on a mirror of two disks, boots, and has the same files",
    ci: false,
    run: (context) =>
      edited(context, {
        machine: "bios-gpt-ext4",
        more: ["EDITED-2"],
        set: [
          "second.disk=like:vda",
          "root.raid=raid1:second5",
          "root.lvm=vg0/root",
          "root.type=xfs",
          "boot.raid=raid1:second2",
        ],
        shows: [
          ["findmnt -no SOURCE,FSTYPE /", /^\/dev\/mapper\/vg0-root +xfs$/m],
          ["lsblk -rno NAME,TYPE", /vg0-root lvm/],
          ["cat /proc/mdstat", /raid1 vd\w5\[\d\] vd\w5\[\d\]|raid1 .*\[2\/2\]/],
          ["cat /proc/cmdline", /root=\/dev\/mapper\/vg0-root\b/],
          ["cat /etc/fstab", /^UUID=6d6f6e64-6f00-4000-8000-000000000105 \/ xfs defaults 0 0$/m],
        ],
      }),
  },
  {
    name: "edited-plain-btrfs",
    says: "LVM on a mirror comes back as btrfs on one disk without either, boots, and has the same files",
    ci: false,
    run: (context) =>
      edited(context, {
        machine: "bios-md-lvm",
        more: [],
        set: [
          ...["mondo-vg/swap.remove=yes", "root.lvm=none", "root.raid=none", "boot.raid=none", "vdb.remove=yes"],
          "root.type=btrfs",
        ],
        shows: [
          ["findmnt -no SOURCE,FSTYPE /", /^\/dev\/vda2 +btrfs$/m],
          ["findmnt -no SOURCE,FSTYPE /boot", /^\/dev\/vda1 +ext4$/m],
          ["cat /proc/cmdline", /root=UUID=6d6f6e64-6f00-4000-8000-000000000401\b/],
          ["cat /proc/mdstat", /^(?!.*active)/s],
          ["grep mondo: /etc/fstab /etc/mdadm/mdadm.conf", /fstab:.*mondo-vg\/swap[\s\S]*mdadm\.conf:.*ARRAY/],
        ],
      }),
  },
];
