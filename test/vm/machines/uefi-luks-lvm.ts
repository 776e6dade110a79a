import type { GuestMachine } from "../guest-machine.ts";

const PHRASE = "mondo tests type this";
const KEY = "sixty-four bytes of a key that only the tests know, or nearly so";
const [system, data] = ["6d6f6e64-6f00-4000-8000-000000000701", "6d6f6e64-6f00-4000-8000-000000000702"];

/**
 * LUKS2 with 4 KiB sectors for LVM, opened by a typed pass phrase; LUKS1 for data, opened by a key file in the root.
 */
export const uefiLuksLvm: GuestMachine = {
  name: "uefi-luks-lvm",
  firmware: "uefi",
  passPhrase: PHRASE,
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3328,
      serial: "MONDO-LUKS-7",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000007
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
2: start=133120, size=393216, type=BC13C2FF-59E6-4262-A352-B275FD6F7172, name="boot"
3: start=526336, size=5767168, type=CA7D7CCB-63ED-4C53-861C-1742536059CC, name="system"
4: start=6293504, size=262144, type=CA7D7CCB-63ED-4C53-861C-1742536059CC, name="data"
`,
    },
  ],
  volumes: `printf %s '${PHRASE}' >/run/phrase
printf %s '${KEY}' >/run/key
argon='--pbkdf argon2id --pbkdf-force-iterations 4 --pbkdf-memory 65536 --pbkdf-parallel 1'
cryptsetup luksFormat -q --type luks2 --uuid ${system} --label system --subsystem mondo --sector-size 4096 $argon \\
  --key-file /run/phrase /dev/vda3
cryptsetup open --key-file /run/phrase --allow-discards --persistent /dev/vda3 vda3_crypt
pvcreate -q /dev/mapper/vda3_crypt
vgcreate -q vgc /dev/mapper/vda3_crypt
lvcreate -q -y -n root -L 2400M vgc
lvcreate -q -y -n swap -L 128M vgc
slow='--pbkdf-force-iterations 2000 --hash sha512'
cryptsetup luksFormat -q --type luks1 --uuid ${data} --cipher aes-cbc-essiv:sha256 --key-size 256 $slow --key-file /run/phrase /dev/vda4
cryptsetup luksAddKey -q $slow --key-file /run/phrase /dev/vda4 /run/key
cryptsetup open --key-file /run/key /dev/vda4 data
`,
  filesystems: [
    {
      device: "/dev/vgc/root",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000000703"],
      source: "/dev/mapper/vgc-root",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-L", "boot", "-U", "6d6f6e64-6f00-4000-8000-000000000704"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000704",
      mountPoint: "/boot",
      fsType: "ext4",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-n", "MONDOESP", "-i", "6D6F7001"],
      source: "UUID=6D6F-7001",
      mountPoint: "/boot/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/mapper/data",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000000705"],
      source: "/dev/mapper/data",
      mountPoint: "/srv/data",
      fsType: "ext4",
    },
    {
      device: "/dev/vgc/swap",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000000706"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000706",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: {
    "/etc/crypttab": `# made by the testbed\nvda3_crypt UUID=${system} none luks,discard\ndata UUID=${data} /etc/keys/data.key luks\n`,
    "/etc/keys/data.key": KEY,
  },
  initramfs: { "/cryptroot/crypttab": `vda3_crypt UUID=${system} none luks,discard\n` },
};
