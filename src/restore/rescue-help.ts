import { msg } from "../base/message.ts";
import { termLines, wrap } from "../base/wrap.ts";
import { LOG_PATH } from "../ui/rescue-log.ts";

/** What is typed, and what it does, for whoever has a shell in the rescue system. */
export const rescueEntries: readonly (readonly [string, string])[] = [
  ["lsblk -f", msg`the disks, what lies on them, and what is mounted`],
  ["mondo restore --activate", msg`starts the set's arrays, encrypted volumes and volume groups; mounts nothing`],
  [
    "mondo restore --mount-only",
    msg`mounts the system on the disks below /mnt/restore, writable; then chroot /mnt/restore, and in it what that system has: passwd, update-grub, an editor; exit leaves it`,
  ],
  ["umount -R /mnt/restore", msg`afterwards: only then everything is on the disks`],
  ["mondo restore --loader-only", msg`installs its boot loader again; nothing else is written`],
  ["mondo restore --files", msg`single files, marked in the tree of the backup`],
  ["mondo restore --pattern /etc/fstab", msg`the same without questions, back to their place`],
  [
    "mondo restore --compare --severity 3",
    msg`what differs from the backup and should not; writes nothing to the disks`,
  ],
  [
    "mondo plan /mnt/medium/mondo",
    msg`each step of a restore, with nothing done; --edit and --set show it with another layout`,
  ],
  ["mondo restore --edit-only", msg`changes the layout by questions, and saves that for --edit: mondo help edit`],
  ["mondo restore", msg`the whole restore; nothing is erased before you have agreed to it`],
  ["ip address", msg`the network. The menu's "Choose another backup" asks for card and address, and reaches servers`],
  [`less ${LOG_PATH}`, msg`what happened so far; /run/mondo/plan.json is the plan, journal.jsonl beside it each step`],
  ["exit", msg`back to the menu, which also saves the log on a stick; reboot and poweroff stop in good order`],
];

/** What a shell of the rescue is good for, for people; wrapped to the width in characters. */
export function renderRescueHelp(width: number): string {
  return [
    ...wrap(
      msg`The rescue system lies in memory, and you are root in it: the saved machine's kernel and tools. The disks are as they were until you write to them. Without --from the backup is the one that the menu has found.`,
      width,
    ),
    "",
    ...rescueEntries.flatMap(([typed, does]) => termLines(typed, does, { width, column: 38 })),
    "",
    ...wrap(msg`mondo help COMMAND explains each; mondo help boot has the words for the boot menu.`, width),
  ].join("\n");
}
