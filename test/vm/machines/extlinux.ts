import type { GuestMachine } from "../guest-machine.ts";

/** extlinux on a GPT: no GRUB, no BIOS boot partition, `ldlinux.sys` immutable. */
export const extlinux: GuestMachine = {
  name: "extlinux",
  firmware: "bios",
  loader: "extlinux",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-EXTLINUX-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000012
1: start=2048, size=524288, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="boot", attrs="LegacyBIOSBootable"
2: start=526336, size=4587520, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
3: start=5113856, size=262144, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001202"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001202",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.ext4", "-q", "-F", "-O", "^64bit,^metadata_csum"].concat([
        "-U",
        "6d6f6e64-6f00-4000-8000-000000001201",
      ]),
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001201",
      mountPoint: "/boot",
      fsType: "ext4",
    },
    {
      device: "/dev/vda3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001203"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001203",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
};
