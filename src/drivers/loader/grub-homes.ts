/** Where distributions keep the modules of GRUB, by platform. */
export const GRUB_HOMES = ["/usr/lib/grub", "/usr/share/grub2", "/usr/lib/grub2"];
