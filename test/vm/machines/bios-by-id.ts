import type { GuestMachine } from "../guest-machine.ts";

const byId = "/dev/disk/by-id/virtio-MONDO-BYID-1";

/** Names devices by the disk's serial number and by the kernel's names: in fstab, in GRUB's menu, for hibernation. */
export const biosById: GuestMachine = {
  name: "bios-by-id",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-BYID-1",
      table: `label: dos
label-id: 0x6d6f6e10
1: start=2048, size=524288, type=83, bootable
2: start=526336, size=4587520, type=83
3: start=5113856, size=262144, type=82
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001002"],
      source: `${byId}-part2`,
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001001"],
      source: "/dev/vda1",
      mountPoint: "/boot",
      fsType: "ext4",
    },
    {
      device: "/dev/vda3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001003"],
      source: "/dev/vda3",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: { "/etc/default/grub.d/names.cfg": "GRUB_DISABLE_LINUX_UUID=true\n" },
  kernelWords: `resume=${byId}-part3`,
};
