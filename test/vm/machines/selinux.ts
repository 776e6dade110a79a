import type { GuestMachine } from "../guest-machine.ts";

/** A busy emulator, where each access is checked, is slower than systemd's patience with disks, of 90 s. */
const patient = "x-systemd.device-timeout=900";

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
      options: patient,
    },
    {
      device: "/dev/vda3",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001503"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001503",
      mountPoint: "/var",
      fsType: "xfs",
      options: patient,
    },
  ],
  files: {
    "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=default\n",
    // As the shell of an administrator: a service of no domain of its own may mount only where the policy foresees it.
    "/etc/systemd/system/agent.service.d/selinux.conf":
      "[Service]\nSELinuxContext=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\n",
  },
};
