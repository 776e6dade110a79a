import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/shell.ts";

/**
 * A minimal Debian 12 server with its kernel, with what each of the compared programs asks for. No firmware packages.
 */
const packages = [
  [
    "linux-image-amd64",
    "systemd-sysv",
    "udev",
    "kmod",
    "procps",
    "iproute2",
    "login",
    "file",
    "bc",
    "gawk",
    "cpio",
    "less",
  ],
  ["grub2-common", "grub-pc-bin", "grub-efi-amd64-bin", "grub-efi-amd64-signed", "shim-signed", "efibootmgr"],
  ["e2fsprogs", "xfsprogs", "dosfstools", "fdisk", "parted", "gdisk", "mtools", "attr", "acl", "libcap2-bin"],
  ["zstd", "xz-utils", "xorriso", "genisoimage", "isolinux", "syslinux", "syslinux-common", "ethtool", "iputils-ping"],
  ["openssh-client", "isc-dhcp-client", "nfs-common", "ca-certificates", "lvm2", "mdadm", "cryptsetup-bin"],
  ["binutils", "pciutils", "usbutils", "initramfs-tools", "busybox", "dracut-core", "rear"],
].flat();

/** Path of a tar of that system, made by mmdebstrap once and kept in `cache`. */
export async function benchSystem(cache: string): Promise<string> {
  const name = `bench-${Bun.hash(packages.join(" ")).toString(16)}.tar`;
  const tar = join(cache, name);
  if (existsSync(tar)) return tar;
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) if (/^bench-.*[.]tar/.test(old)) rmSync(join(cache, old), { force: true });
  const partial = `${tar}.partial.tar`;
  const plain = '--aptopt=Apt::Install-Recommends "false"';
  const include = `--include=${packages.join(",")}`;
  await run(["mmdebstrap", "--mode=root", "--variant=minbase", plain, include, "bookworm", partial], {
    timeoutMs: 1_800_000,
  });
  renameSync(partial, tar);
  return tar;
}
