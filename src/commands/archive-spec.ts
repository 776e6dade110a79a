import { msg } from "../base/message.ts";
import { codecs } from "../drivers/codec/codecs.ts";
import { archiveHabits } from "./archive-habits.ts";
import { askingOptions } from "./ask-backup/asking-options.ts";
import { copiesOption } from "./copies-option.ts";
import { credentialsOption } from "./credentials-option.ts";
import { discOptions } from "./disc-options.ts";
import { keepOptions } from "./keep-options.ts";
import { stickFilesystemOption } from "./medium-options.ts";
import { noteOption } from "./note-option.ts";
import { rescueOptions } from "./rescue-options.ts";
import { shareForms } from "./share-option.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";
import { statusPageOption } from "./with-status-page.ts";

const levels: readonly (OptionSpec & { readonly letter: string })[] = Array.from({ length: 10 }, (_, level) => ({
  letter: String(level),
  help: level === 0 ? msg`do not compress` : msg`compression level ${level}${level === 3 ? msg` (default)` : ""}`,
}));

/** `mondo archive`, `mondoarchive`. */
export const archiveSpec: CommandSpec = {
  name: "archive",
  alsoCalled: ["mondoarchive"],
  summary: msg`back up this machine to a bootable rescue ISO`,
  usage: "-O -i -d DIR [OPTION]…",
  description: [
    msg`Writes DIR/PREFIX-1.iso: a rescue system made of this machine's own kernel and tools, with the backup inside. The disc boots by BIOS and by UEFI, from CD or from a USB stick that it was copied to (dd).`,
    msg`The disks' layout, every file with its attributes and the boot loader are saved. If anything could not be rebuilt later, the backup names it and stops before it writes.`,
    msg`A differential backup (-D) records the whole state, deletions and renames included, but only the content that changed since the backup that it builds on: a restore needs the media of both. A file counts as changed if its change time, inode number, size or attributes differ from those in /var/lib/mondo/sets.`,
    msg`Lists of paths are separated by blanks; a blank inside a path is written with a backslash before it.`,
  ],
  options: [
    {
      letter: "O",
      long: "backup",
      help: msg`make a backup (mondoarchive needs -O, -V or both; mondo archive implies -O, unless -V is given without it)`,
    },
    {
      letter: "V",
      long: "verify",
      help: msg`read the finished medium back and compare it with the live files; exit status 4 on differences`,
    },
    noteOption(msg`with -V: `),
    {
      letter: "i",
      long: "iso",
      help: msg`write ISO files to a directory (the default)`,
    },
    {
      letter: "d",
      long: "dir",
      value: "DIR",
      completes: "directory",
      help: msg`directory for the ISO, an absolute path; with -n, a directory on the share (default: /); with -t, -r, -c or -w, the drive`,
    },
    {
      letter: "n",
      long: "nfs",
      value: shareForms("short", "files").join("|"),
      help: msg`write to this directory on a server, which is mounted for the backup unless it is mounted already; a restore over the network finds the backup there by itself; ways to write it: ${shareForms("all", "files").join(", ")}; a place that --to takes is taken here, too`,
    },
    {
      letter: "t",
      long: "tape",
      help: msg`write to the tape drive of -d (default: /dev/nst0); the next tape is asked for when one is full; a tape that holds something else, or a backup that is another machine's or less than 6 days old, is refused`,
    },
    ...discOptions,
    {
      letter: "b",
      long: "block",
      value: "SIZE",
      help: msg`with -t: length of a block on tape, in bytes or with k (default: 64k)`,
    },
    { long: "append", help: msg`with -t: write behind the backups that the tape holds` },
    {
      long: "obdr",
      help: msg`with -t: the tape begins with an image that drives boot from which can play a CD drive (OBDR)`,
    },
    {
      letter: "u",
      long: "stream",
      value: "-|FILE|DEVICE",
      completes: "file",
      help: msg`write one stream, from front to back: to standard output (-; messages then go to standard error), a file, or a device; mondo list, verify, extract and restore read it, from a pipe, too`,
    },
    {
      long: "overwrite",
      help: msg`with -u or -t: replace what a file, device or tape holds, whatever it is; without it, only an earlier backup of this machine`,
    },
    {
      long: "to",
      value: "URL",
      help: msg`write to an object store, an FTP or WebDAV server, or an SSH server without SFTP as the backup is made, as HOST/NAME/DATE there with a small rescue.iso that restores it; ways to write it: ${shareForms("all", "objects").join(", ")}; logging in by --credentials, or typed; the keys of an object store also by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials, and its server and region also by AWS_ENDPOINT_URL and AWS_REGION`,
    },
    credentialsOption,
    copiesOption,
    { letter: "p", long: "prefix", value: "NAME", help: msg`the ISO is NAME-1.iso (default: mondorescue)` },
    {
      letter: "s",
      long: "size",
      value: "SIZE[,SIZE]…",
      help: msg`cut the backup into NAME-1.iso, NAME-2.iso … of at most these sizes (in k, m, g or t; default: m), the last one for all that follow: 700m, 4480m,23g; the first one boots`,
    },
    {
      letter: "U",
      help: msg`write to the USB stick that -d names (/dev/sdX): the same as --usb`,
    },
    {
      long: "usb",
      value: "DEVICE",
      completes: "file",
      help: msg`write to a USB stick, which boots by BIOS and UEFI and keeps the dated backups of one or more machines; the first time it is partitioned, later backups are added. DEVICE is /dev/sdX, if it is empty; serial:NUMBER, which erases what it holds; or an image file for dd, made with -s SIZE`,
    },
    stickFilesystemOption,
    {
      long: "layout",
      value: "image|directory",
      completes: { words: ["image", "directory"] },
      help: msg`write ISO images (default), or a directory for each backup: DIR/HOST/PREFIX/2026-11-30T08-15-00 with the set and its rescue system, named when it is complete; restores find it on any disk of the machine`,
    },
    ...keepOptions,
    {
      letter: "D",
      long: "differential",
      help: msg`save what differs from the last full backup with this prefix, to NAME-d1-1.iso; a restore needs both`,
    },
    {
      long: "full-every",
      value: "DAYS",
      help: msg`with -D or --diff-level: make a full backup instead, where the last one that this machine knows of began so many days ago, or there is none`,
    },
    {
      long: "diff-level",
      value: "N",
      completes: { words: levels.map(({ letter }) => letter) },
      help: msg`save what differs from the newest backup of a level below N (0 to 9), to NAME-dN-1.iso; -D is level 1, 0 saves everything`,
    },
    {
      long: "parent",
      value: "SET",
      completes: "set",
      help: msg`with -D or --diff-level: the backup to build on (ISO or directory), instead of the one that this machine remembers`,
    },
    {
      long: "content",
      help: msg`with -D or --diff-level: read every file and compare its content, instead of trusting change times`,
    },
    {
      letter: "I",
      long: "include",
      value: "PATHS",
      many: true,
      completes: "file",
      help: msg`save only these paths (default: /); a mount point that does not belong to the machine is entered only if listed here; may be given several times`,
    },
    {
      letter: "J",
      long: "list",
      value: "FILE",
      completes: "file",
      help: msg`save only what FILE lists, one absolute path in a line; a directory brings what is below it`,
    },
    {
      letter: "E",
      long: "exclude",
      value: "PATHS",
      many: true,
      completes: "file",
      help: msg`leave out what is below these paths, except what -I lists there, or a device by its /dev/… name; may be given several times`,
    },
    {
      letter: "x",
      long: "image",
      value: "DEVICES",
      many: true,
      completes: "file",
      help: msg`save these partitions or volumes block by block: of a clean NTFS the clusters in use, of all others what is not zeros; they must not be mounted for writing, and come back onto partitions of at least their size`,
    },
    {
      letter: "N",
      long: "no-network",
      help: msg`leave out network file systems (they are left out of the layout in any case)`,
    },
    {
      letter: "k",
      long: "kernel",
      value: "FILE",
      completes: { words: ["FAILSAFE"], files: true },
      help: msg`kernel of the rescue system; FAILSAFE takes the distribution's kernel package (default: the running one)`,
    },
    ...rescueOptions,
    {
      long: "words",
      value: "WORDS",
      help: msg`further words for the kernel of the rescue system, separated by blanks, in every entry of the medium's boot menu: boot words, or the kernel's own, such as console=ttyS1,9600`,
    },
    {
      letter: "l",
      long: "loader",
      value: "GRUB|LILO|ELILO|RAW",
      completes: { words: ["GRUB", "LILO", "ELILO", "RAW"] },
      help: msg`refuse unless this machine starts by this boot loader, which is found by itself; LILO and RAW: by boot code that comes back byte for byte`,
    },
    {
      letter: "f",
      long: "boot-device",
      value: "DEVICE",
      completes: "file",
      help: msg`refuse unless the boot loader is on this disk; it is found by itself`,
    },
    {
      letter: "Q",
      long: "show-loader",
      help: msg`print the boot loader of this machine and the disks that it is on, and stop`,
    },
    {
      letter: "S",
      long: "scratch",
      value: "DIR",
      completes: "directory",
      help: msg`where the catalog and boot files are put together (default: the target directory)`,
    },
    {
      letter: "T",
      long: "temp",
      value: "DIR",
      completes: "directory",
      help: msg`where the rescue image is put together (default: the scratch directory)`,
    },
    {
      letter: "H",
      long: "restore-by-default",
      help: msg`the disc starts a restore by itself, once for each machine: RESTORE is the default of its menu`,
    },
    {
      letter: "e",
      long: "no-eject",
      help: msg`leave the disc in the drive after the restore, and full tapes and written discs in theirs`,
    },
    { long: "snapshots", help: msg`save read-only btrfs snapshots, too, each in full; left out without it` },
    {
      long: "snapshot",
      value: "auto|no|require",
      completes: { words: ["auto", "no", "require"] },
      help: msg`read files from snapshots that are made for the backup and removed again, so that all are of one moment: where LVM or btrfs can make them (auto, the default; what is read live is named), nowhere (no), or everywhere or not at all (require)`,
    },
    {
      long: "snapshot-size",
      value: "SIZE|N%",
      help: msg`with LVM without thin pools: room in the volume group for what is written to a volume meanwhile, as a size or a share of the volume (default: 15%, or what is free); when it gets full, a backup to images or a directory begins anew without it, any other fails`,
    },
    ...levels,
    { long: "level", value: "N", help: msg`compression level N, from 0 to 9: the same as -0 to -9` },
    { letter: "G", long: "gzip", help: msg`compress with gzip: any rescue disc reads it` },
    {
      letter: "L",
      long: "lzo",
      help: msg`compress with zstd at level 1 (or that which is given): as fast as lzo, which Mondo used, and smaller`,
      says: msg`lzo is not used: zstd at level 1 is as fast, and smaller`,
    },
    {
      long: "codec",
      value: "NAME",
      completes: { words: codecs.map(({ type }) => type) },
      help: msg`compress with zstd (default), gzip, xz (smallest, slowest; one level) or none; what can't be compressed is stored`,
    },
    {
      long: "root",
      value: "DIR",
      completes: "directory",
      help: msg`save the tree below DIR instead of this machine (files only, no disk layout), with the disks mounted below it`,
    },
    {
      long: "luks-headers",
      value: "FILE",
      completes: { words: ["ask"], files: true },
      help: msg`save the headers of LUKS volumes with all key slots, encrypted (age, scrypt) to the pass phrase in FILE (or systemd:NAME, as with --credentials), or typed (ask); without it a restore asks for a new pass phrase for each volume`,
    },
    {
      letter: "B",
      long: "before-image",
      value: "COMMAND",
      help: msg`run a shell command before each ISO file is written; _ISO_ in it (or $MONDO_ISO) is the file, _CD#_ its number; a failure ends the backup`,
    },
    {
      letter: "A",
      long: "after-image",
      value: "COMMAND",
      help: msg`the same for each ISO file when all are written and checked; a failure is an error, and the files stay`,
    },
    {
      long: "hooks",
      value: "DIR|none",
      completes: { words: ["none"], files: true },
      help: msg`call the programs in DIR, named like 50-name, with before-backup, before-snapshot, after-snapshot and after-backup (or failed) as their word (default: /etc/mondo/hooks.d, if it is there); one that fails ends the backup, unless with status 3`,
    },
    {
      long: "sign",
      value: "KEY",
      completes: "file",
      help: msg`sign the backup, and what boots on its medium, with this Ed25519 key of OpenSSH (one without a pass phrase, or the public key of one that ssh-agent holds); its rescue system then refuses other backups, and mondo verify --signed-by tells whether anything was changed`,
    },
    { long: "threads", value: "N", help: msg`compress with N threads (default: one per processor)` },
    statusPageOption,
    {
      long: "metrics",
      value: "FILE",
      completes: "file",
      help: msg`write when it last succeeded, how long it took, bytes, entries, problems and status to this file, for the textfile collector of Prometheus' node_exporter`,
    },
    ...askingOptions,
    { long: "json", help: msg`report progress as JSON, one object per line; the last one is a summary` },
    ...archiveHabits,
  ],
  examples: [
    { line: "mondoarchive -O -i -d /srv/backup", does: msg`back up everything to /srv/backup/mondorescue-1.iso` },
    {
      line: "mondoarchive -O -D -i -d /srv/backup",
      does: msg`what has changed since, to /srv/backup/mondorescue-d1-1.iso`,
    },
    {
      line: "mondoarchive -OV -i -d /srv/backup -p web1 -E '/srv /var/cache'",
      does: msg`leave out two trees, and verify the result`,
    },
    {
      line: "mondoarchive -O -i -d /srv/backup -x '/dev/sda1 /dev/sda3'",
      does: msg`save two partitions of Windows, too`,
    },
    {
      line: "mondo archive --usb /dev/sdb --keep 3",
      does: msg`to a USB stick, on which three backups of this machine stay`,
    },
    { line: "mondo archive --to s3://backups/machines", does: msg`to an object store` },
    { line: "mondoarchive -O -i -d /srv/backup -s 4480m", does: msg`images for DVDs, as many as it takes` },
    { line: "mondoarchive -O -r -d /dev/sr0", does: msg`to DVDs or BDs, as many as it takes` },
    { line: "mondoarchive -O -u - | ssh backup 'cat > web1.stream'", does: msg`to a program that takes it` },
  ],
};
