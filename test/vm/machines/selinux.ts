import type { GuestMachine } from "../guest-machine.ts";

/** SELinux enforcing Debian's default policy; /var and /boot are file systems of their own. */
export const selinux: GuestMachine = {
  name: "selinux",
  firmware: "bios",
  system: {
    suite: "bookworm",
    architecture: "amd64",
    more: ["selinux-policy-default", "selinux-utils", "policycoreutils"],
  },
  policy: "default",
  kernelWords: "selinux=1 security=selinux",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-SELINUX-1",
      table: `label: dos
label-id: 0x6d6f6e15
1: start=2048, size=262144, type=83, bootable
2: start=264192, size=4194304, type=83
3: start=4458496, size=1048576, type=83
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001502"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001502",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001501"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001501",
      mountPoint: "/boot",
      fsType: "ext4",
    },
    {
      device: "/dev/vda3",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001503"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001503",
      mountPoint: "/var",
      fsType: "xfs",
    },
  ],
  files: { "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=default\n" },
};
