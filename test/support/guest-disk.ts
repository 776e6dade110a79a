import { closeSync, copyFileSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestMachine, GuestPartition } from "../vm/machines.ts";
import { bash, run } from "./shell.ts";

const guestFiles = join(import.meta.dirname, "../vm/guest");

/** Attaches a raw file and its partitions to loop devices, runs `use`, detaches. The kernel here needs `partx` for partitions. */
async function withLoop<T>(file: string, use: (loop: string) => Promise<T>): Promise<T> {
  const loop = (await run(["losetup", "--find", "--show", file])).trim();
  try {
    await run(["partx", "--add", loop]).catch(() => undefined);
    return await use(loop);
  } finally {
    await run(["partx", "--delete", loop]).catch(() => undefined);
    await run(["losetup", "--detach", loop]);
  }
}

function fstab(machine: GuestMachine): string {
  const lines = machine.partitions.flatMap((part) => {
    if (part.mountPoint === undefined) return [];
    const pass = part.mountPoint === "/" ? 1 : part.mountPoint === "none" || part.fsType === "xfs" ? 0 : 2;
    return `${part.source} ${part.mountPoint} ${part.fsType} ${part.options ?? "defaults"} 0 ${pass}`;
  });
  return `# made by the testbed\n${lines.join("\n")}\ntmpfs /mnt/ram tmpfs size=1m 0 0\n`;
}

const grubDefaults = `GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB_DISABLE_OS_PROBER=true
`;

/** Puts the machine's own files into its mounted root. */
async function personalise(machine: GuestMachine, root: string): Promise<void> {
  writeFileSync(join(root, "etc/fstab"), fstab(machine));
  writeFileSync(join(root, "etc/hostname"), `${machine.name}\n`);
  writeFileSync(join(root, "etc/hosts"), `127.0.0.1 localhost\n127.0.1.1 ${machine.name}\n`);
  writeFileSync(join(root, "etc/machine-id"), "6d6f6e646f0000000000000000000001\n");
  writeFileSync(join(root, "etc/default/grub"), grubDefaults);
  mkdirSync(join(root, "mnt/ram"), { recursive: true });
  copyFileSync(join(guestFiles, "agent.sh"), join(root, "usr/local/sbin/agent.sh"));
  copyFileSync(join(guestFiles, "agent.service"), join(root, "etc/systemd/system/agent.service"));
  await bash(
    `chmod 755 "$1/usr/local/sbin/agent.sh"
ln -sf ../agent.service "$1/etc/systemd/system/multi-user.target.wants/agent.service"
bash ${join(guestFiles, "oddities.sh")} "$1/srv/odd"
if mountpoint -q "$1/srv/data"; then bash ${join(guestFiles, "oddities.sh")} "$1/srv/data/odd"; fi`.replaceAll(
      "$1",
      root,
    ),
  );
}

/** What grub-install does for UEFI, by hand: this kernel cannot mount vfat. As Debian's: shim, signed GRUB, stub grub.cfg. */
function uefiLoader(machine: GuestMachine, root: string, loop: string): Promise<string> {
  const esp = machine.partitions.find((part) => part.fsType === "vfat");
  const boot = machine.partitions.find((part) => part.mountPoint === "/boot");
  const uuid = boot?.source?.replace("UUID=", "");
  return bash(`cd ${root}
mkdir -p boot/grub/x86_64-efi
cp usr/lib/grub/x86_64-efi/*.mod usr/lib/grub/x86_64-efi/*.lst boot/grub/x86_64-efi/
printf 'search.fs_uuid %s root\\nset prefix=($root)/grub\\nconfigfile $prefix/grub.cfg\\n' ${uuid} > boot/stub.cfg
esp=${loop}p${esp?.number}
mmd -i $esp ::EFI ::EFI/debian ::EFI/BOOT
mcopy -i $esp boot/stub.cfg ::EFI/debian/grub.cfg
mcopy -i $esp usr/lib/shim/shimx64.efi.signed ::EFI/debian/shimx64.efi
mcopy -i $esp usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed ::EFI/debian/grubx64.efi
mcopy -i $esp usr/lib/shim/mmx64.efi.signed ::EFI/debian/mmx64.efi
mcopy -i $esp usr/lib/shim/shimx64.efi.signed ::EFI/BOOT/BOOTX64.EFI
mcopy -i $esp usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed ::EFI/BOOT/grubx64.efi
rm boot/stub.cfg`);
}

/** A /dev with this disk alone, and with the by-uuid links that update-grub wants before it names the root by UUID. */
function chrootMounts(machine: GuestMachine, root: string, loop: string): string {
  const links = machine.partitions.flatMap((part) => {
    const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(part.make?.join(" ") ?? "");
    return uuid === null ? [] : [`ln -s ${loop}p${part.number} ${root}/dev/disk/by-uuid/${uuid[0]}`];
  });
  return `mount -t tmpfs -o mode=755 dev ${root}/dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom ${loop} ${loop}p* ${root}/dev/
mkdir -p ${root}/dev/disk/by-uuid
${links.join("\n")}
for dir in proc sys; do mount --rbind --make-rslave /$dir ${root}/$dir; done`;
}

/** Mounts the guest's file systems under `root`, fills them and makes them bootable. */
async function install(machine: GuestMachine, base: string, loop: string, root: string): Promise<void> {
  const device = (part: GuestPartition) => `${loop}p${part.number}`;
  const mounted = machine.partitions.filter((part) => part.mountPoint?.startsWith("/") && part.fsType !== "vfat");
  for (const part of machine.partitions) if (part.make !== undefined) await run([...part.make, device(part)]);
  try {
    for (const part of mounted) {
      const target = join(root, part.mountPoint ?? "");
      mkdirSync(target, { recursive: true });
      await run(["mount", "-t", part.fsType ?? "", device(part), target]);
    }
    await run(["tar", "-C", root, "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", base]);
    if (machine.firmware === "uefi") mkdirSync(join(root, "boot/efi"), { mode: 0o700, recursive: true });
    await personalise(machine, root);
    await bash(chrootMounts(machine, root, loop));
    if (machine.firmware === "bios") await run(["chroot", root, "grub-install", "--target=i386-pc", loop]);
    else await uefiLoader(machine, root, loop);
    await run(["chroot", root, "update-grub"]);
    await bash(`rm -rf ${root}/var/log/* ${root}/tmp/* ${root}/root/.bash_history`);
  } finally {
    await bash(`if mountpoint -q ${root}; then umount -R ${root}; fi`);
  }
}

/** Makes the machine's whole disk as a raw sparse file: partitions, file systems, Debian, boot loader, oddities. */
export async function buildGuestDisk(machine: GuestMachine, base: string, output: string): Promise<void> {
  const file = openSync(output, "w");
  ftruncateSync(file, machine.diskMiB * 1024 * 1024);
  closeSync(file);
  await run(["sfdisk", "--quiet", output], { input: machine.table });
  const root = (await run(["mktemp", "-d", "/tmp/mondo-guest.XXXXXX"])).trim();
  await withLoop(output, (loop) => install(machine, base, loop, root)).finally(() => run(["rmdir", root]));
}

/** Everything that the making of a disk depends on besides the machine's data: for cache keys. */
export function guestRecipe(): string {
  const names = ["agent.sh", "agent.service", "oddities.sh"];
  return [...names.map((name) => readFileSync(join(guestFiles, name), "utf8")), grubDefaults].join("\0");
}
