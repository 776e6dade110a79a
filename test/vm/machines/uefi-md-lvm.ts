import type { GuestDisk, GuestMachine } from "../guest-machine.ts";

const array = "ARRAY /dev/md/0 metadata=1.2 UUID=6d6f6e64:6f000000:05000000:00000001 name=uefi-md-lvm:0\n";

const disk = (number: 1 | 2): GuestDisk => ({
  bus: "nvme",
  sizeMiB: 2816,
  serial: `MONDO-NVME-PAIR-${number}`,
  table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-00000000050${number}
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=6D6F6E64-6F00-4000-8000-00000000051${number}, name="ESP ${number}"
2: start=133120, size=5582848, type=A19D880F-05FC-4D3B-A006-743F0F84911E, uuid=6D6F6E64-6F00-4000-8000-00000000052${number}
`,
});

const esp = (number: 1 | 2, device: string, mountPoint: string) => ({
  device,
  make: ["mkfs.vfat", "-F", "32", "-s", "1", "-n", `ESP${number}`, "-i", `6D6F500${number}`],
  source: `UUID=6D6F-500${number}`,
  mountPoint,
  fsType: "vfat",
  options: "umask=0077,nofail",
});

/** An EFI system partition on each of two disks; all the rest, /boot too, in LVM on a mirror. */
export const uefiMdLvm: GuestMachine = {
  name: "uefi-md-lvm",
  firmware: "uefi",
  disks: [disk(1), disk(2)],
  volumes: `mdadm --create /dev/md0 --run --assume-clean --level=1 --raid-devices=2 --homehost=uefi-md-lvm --name=0 \\
  --bitmap=internal --uuid=6d6f6e64:6f000000:05000000:00000001 /dev/vda2 /dev/vdb2
pvcreate -q /dev/md0
vgcreate -q vg0 /dev/md0
lvcreate -q -y -n root -L 2400M vg0
lvcreate -q -y -n swap -L 128M vg0
`,
  filesystems: [
    {
      device: "/dev/vg0/root",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000000501"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000501",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    esp(1, "/dev/vda1", "/boot/efi"),
    esp(2, "/dev/vdb1", "/boot/efi2"),
    {
      device: "/dev/vg0/swap",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000000502"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000502",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\nMAILADDR root\n${array}` },
  initramfs: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\n${array}` },
};
