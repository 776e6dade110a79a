import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { GuestFilesystem, GuestMachine } from "../vm/guest-machine.ts";
import { architectureOf } from "./base-system.ts";
import { blankDisk } from "./blank-disk.ts";
import { type GuestTrees, guestFilesRecipe, guestTrees, odditiesScript } from "./guest-files.ts";
import { inUml } from "./uml.ts";

const MIB = 1024 * 1024;
const ROOT = "/run/guest";

/** Name of a disk while it is made. */
const diskName = (index: number) => `/dev/vd${"abcdefgh"[index]}`;
const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");

function tables(machine: GuestMachine): string {
  return machine.disks
    .flatMap(({ table }, index) =>
      table === undefined ? [] : [`sfdisk --quiet ${diskName(index)} <<'TABLE'\n${table}TABLE`],
    )
    .join("\n");
}

function mount({ device, mountPoint, fsType, options }: GuestFilesystem): string {
  const target = `${ROOT}${mountPoint}`;
  return `mkdir -p ${target}\nmount -t ${fsType} -o ${options ?? "defaults"} ${device} ${target}`;
}

/** What grub-install does for UEFI, by hand and always the same. As Debian's: shim, signed GRUB, stub grub.cfg. */
const uefiLoader = (esp: string, efi: "x64" | "aa64", platform: string) => `
mkdir -p ${esp}/EFI/debian ${esp}/EFI/BOOT
printf 'search.fs_uuid %s root\\nset prefix=($root)%s\\nconfigfile $prefix/grub.cfg\\n' "$(chroot . grub-probe --target=fs_uuid /boot/grub)" \\
  "$(chroot . grub-mkrelpath /boot/grub)" >${esp}/EFI/debian/grub.cfg
cp usr/lib/shim/shim${efi}.efi.signed ${esp}/EFI/debian/shim${efi}.efi
cp usr/lib/shim/mm${efi}.efi.signed ${esp}/EFI/debian/mm${efi}.efi
cp usr/lib/grub/${platform}-signed/grub${efi}.efi.signed ${esp}/EFI/debian/grub${efi}.efi
cp usr/lib/shim/shim${efi}.efi.signed ${esp}/EFI/BOOT/BOOT${efi.toUpperCase()}.EFI
cp usr/lib/grub/${platform}-signed/grub${efi}.efi.signed ${esp}/EFI/BOOT/grub${efi}.efi`;

/**
 * systemd-boot as its package installs it, with the entry that the kernel's package makes, a menu of a second, and a
 * fresh seed. What it starts lies at `top`: the ESP, or the extended boot loader partition.
 */
const systemdBoot = (
  esp: string,
  top: string,
) => `export SYSTEMD_RELAX_ESP_CHECKS=1${esp === top ? "" : " SYSTEMD_RELAX_XBOOTLDR_CHECKS=1"}
chroot . bootctl install --no-variables --esp-path=/${esp}${esp === top ? "" : ` --boot-path=/${top}`}
mkdir -p ${top}/$(cat etc/machine-id)
for kernel in boot/vmlinuz-*; do
  version=\${kernel#boot/vmlinuz-}
  chroot . kernel-install add "$version" "/$kernel" "/boot/initrd.img-$version"
done
printf 'timeout 1\\ndefault %s-*\\n' "$(cat etc/machine-id)" >${esp}/loader/loader.conf
cat ${top}/loader/entries/*.conf`;

/** What Debian has put into /boot, where a file system without links is mounted there. */
const bootOnFat = `mkdir -p mnt/below
mount --bind . mnt/below
find mnt/below/boot -maxdepth 1 -type f -exec cp -t boot {} + -exec rm {} +
umount mnt/below
rmdir mnt/below`;

/** extlinux in the file system of /boot, and the code that starts the partition that GPT calls bootable by BIOS. */
const extlinux = (root: string) => `mkdir -p boot/extlinux
kernel=$(basename boot/vmlinuz-*)
cat >boot/extlinux/extlinux.conf <<MENU
SERIAL 0 115200
DEFAULT linux
TIMEOUT 10
LABEL linux
  KERNEL ../$kernel
  INITRD /initrd.img-\${kernel#vmlinuz-}
  APPEND root=${root} ro console=tty0 console=ttyS0,115200 quiet
MENU
chroot . extlinux --install /boot/extlinux
dd if=usr/lib/EXTLINUX/gptmbr.bin of=/dev/vda bs=440 count=1 conv=notrunc status=none`;

function loader(machine: GuestMachine): string {
  const root = machine.filesystems.find(({ mountPoint }) => mountPoint === "/")?.source ?? "";
  if (machine.loader === "extlinux") return extlinux(root);
  if (machine.loader === "systemd-boot") {
    const fats = machine.filesystems.flatMap(({ fsType, mountPoint }) => (fsType === "vfat" ? [mountPoint] : []));
    return fats.includes("/boot") ? `${bootOnFat}\n${systemdBoot("efi", "boot")}` : systemdBoot("boot/efi", "boot/efi");
  }
  return `${grub(machine)}\nchroot . update-grub`;
}

function grub(machine: GuestMachine): string {
  if (machine.firmware === "bios") {
    const named = machine.disks.flatMap(({ boots }, index) => (boots ? [diskName(index)] : []));
    const disks = named.length > 0 ? named : [diskName(0)];
    return disks.map((disk) => `chroot . grub-install --target=i386-pc ${disk}`).join("\n");
  }
  const esps = machine.filesystems.filter(({ fsType }) => fsType === "vfat");
  const [efi, platform] =
    architectureOf(machine) === "arm64" ? (["aa64", "arm64-efi"] as const) : (["x64", "x86_64-efi"] as const);
  return `mkdir -p boot/grub/${platform}
cp usr/lib/grub/${platform}/*.mod usr/lib/grub/${platform}/*.lst boot/grub/${platform}/
${esps.map(({ mountPoint }) => uefiLoader(mountPoint.slice(1), efi, platform)).join("\n")}`;
}

/** Labels everything, also what mounts hide: file systems are looked at one by one. */
function labels({ policy, filesystems }: GuestMachine): string {
  if (policy === undefined) return "";
  const mounts = filesystems.map(({ mountPoint }) => mountPoint).filter((path) => path.startsWith("/"));
  const files = `/etc/selinux/${policy}/contexts/files/file_contexts`;
  const one = (path: string) => `mount --bind .${path} mnt
chroot . setfiles -F -r /mnt ${files} /mnt
umount mnt`;
  // As seen from the root, paths of other file systems begin with their mount points.
  const others = mounts.filter((path) => path !== "/").map((path) => `chroot . setfiles -F ${files} ${path}`);
  return `${[one("/"), ...others].join("\n")}\n`;
}

/** Programs for aarch64 run in chroots, too. */
const foreign = `modprobe binfmt_misc
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register`;

/** Everything from blank disks to a system that starts, as one script for `inUml`. */
function script(machine: GuestMachine, base: string, trees: Pick<GuestTrees, "root" | "initramfs">): string {
  const mounted = machine.filesystems.filter(({ mountPoint }) => mountPoint.startsWith("/"));
  const made = machine.filesystems.filter(({ make }) => make !== undefined);
  return `${architectureOf(machine) === "arm64" ? `${foreign}\n` : ""}export DM_DISABLE_UDEV=1 MDADM_NO_UDEV=1
modprobe -qa ext4 xfs btrfs vfat nls_cp437 nls_ascii raid0 raid1 raid10 raid456 dm_mod dm_crypt dm_thin_pool dm_cache dm_raid || true
${tables(machine)}
${machine.volumes ?? ""}
${made.map(({ make = [], device }) => `${quoted(make)} ${device}`).join("\n")}
mkdir -p ${ROOT}
${mounted
  .filter(({ fsType }) => fsType !== "vfat")
  .map(mount)
  .join("\n")}
cd ${ROOT}
tar --xattrs --xattrs-include='*' --numeric-owner -xpf ${base}
${mounted
  .filter(({ fsType }) => fsType === "vfat")
  .map(mount)
  .join("\n")}
tar -C ${trees.root} --owner=0 --group=0 -c . | tar --no-overwrite-dir --no-same-permissions -x
mkdir -p mnt/ram
chmod 755 usr/local/sbin/agent.sh
ln -sf ../agent.service etc/systemd/system/multi-user.target.wants/agent.service
bash ${odditiesScript} srv/odd
if mountpoint -q srv/data; then bash ${odditiesScript} srv/data/odd; fi
mkdir -p mnt/below boot
mount --bind . mnt/below
for at in boot mnt/ram; do
  mkdir -p "mnt/below/$at/below"
  echo "below $at" >"mnt/below/$at/below/the mount"
  ln "mnt/below/$at/below/the mount" "mnt/below/$at/below/again"
  ln mnt/below/etc/debian_version "mnt/below/$at/below/linked"
done
umount mnt/below
rmdir mnt/below
for dir in proc sys dev; do mount --rbind --make-rslave /$dir $dir; done
mount -t tmpfs run run
mkdir -p dev/disk/by-uuid
for device in /dev/vd* /dev/md* /dev/mapper/*; do
  uuid=$(blkid -p -o value -s UUID "$device" 2>/dev/null || true)
  [ -z "$uuid" ] || ln -sf "$device" "dev/disk/by-uuid/$uuid"
done
${loader(machine)}
if [ -n "$(ls -A ${trees.initramfs})" ]; then
  cp -r ${trees.initramfs} tmp/initramfs
  chroot . sh -c 'cd /tmp/initramfs && find . -mindepth 1 | cpio -o -H newc -R 0:0 --quiet | gzip -n' >/run/more
  for initrd in boot/initrd.img-*; do cat /run/more >>"$initrd"; done
fi
rm -rf var/log/* tmp/* root/.bash_history
${machine.finish === undefined ? "" : `${machine.finish}\n`}${labels(machine)}cd /
umount -R ${ROOT}
${machine.volumes === undefined ? "" : "lvm vgchange -q -an\ndmsetup remove_all\nmdadm --stop --scan"}`;
}

/**
 * Makes the machine's whole disks as raw sparse files: partitions, volumes, file systems, Debian, boot loader,
 * oddities.
 */
export async function buildGuestDisks(machine: GuestMachine, base: string, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const trees = guestTrees(machine);
  const disks = machine.disks.map(({ sizeMiB, sectorBytes = 512 }, index) => {
    return { file: blankDisk(join(directory, guestDiskFile(index)), sizeMiB * MIB), sectorBytes };
  });
  try {
    await inUml(script(machine, base, trees), { disks, memoryMiB: 1536 });
  } finally {
    trees.remove();
  }
}

/** Name of the file of the disk with that index. */
export const guestDiskFile = (index: number): string => `disk-${index}.raw`;

/** Everything that the making of the disks depends on: for cache keys. */
export function guestRecipe(machine: GuestMachine, base: string): string {
  const places = { root: "root", initramfs: "initramfs" };
  // The same wherever the repository lies.
  const steps = script(machine, base, places).replaceAll(odditiesScript, "oddities.sh");
  return [JSON.stringify(machine), guestFilesRecipe(), steps].join("\0");
}
