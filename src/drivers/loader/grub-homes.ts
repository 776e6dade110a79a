import type { LoaderPaths } from "../contracts.ts";

/** Where distributions keep the modules of GRUB, by platform. */
export const GRUB_HOMES = ["/usr/lib/grub", "/usr/share/grub2", "/usr/lib/grub2"];

const PLATFORMS = ["i386-pc", "x86_64-efi", "arm64-efi"];
const TOOLS = ["grub-install", "grub2-install", "update-grub", "grub-mkconfig", "grub2-mkconfig"];
const modulesOf = (name: string) => GRUB_HOMES.flatMap((home) => PLATFORMS.map((at) => `${home}/${at}/${name}`));
const inDirectories = (name: string) => [`/boot/grub/${name}`, `/boot/grub2/${name}`];

/** What says that GRUB starts the system, and what can install it again. */
export const grubPaths: LoaderPaths = {
  files: [
    ...inDirectories("grub.cfg"),
    ...inDirectories("i386-pc/normal.mod"),
    ...modulesOf("normal.mod"),
    ...[...TOOLS.map((name) => `/usr/sbin/${name}`), "/usr/bin/grub-install"],
  ],
  texts: [
    ...inDirectories("grub.cfg"),
    ...inDirectories("device.map"),
    ...["/boot/grub2/grubenv", "/etc/default/grub"],
    ...modulesOf("modinfo.sh"),
  ],
};
