/** A program that makes initial RAM disks. */
interface InitramfsMaker {
  /** Where systems have it. */
  readonly paths: readonly string[];
  /** How it makes those of all kernels again. */
  readonly argv: readonly [string, ...string[]];
}

/** Those that a restore starts; the first that a system has is its own. */
export const initramfsMakers: readonly InitramfsMaker[] = [
  { paths: ["/usr/sbin/update-initramfs"], argv: ["update-initramfs", "-u", "-k", "all"] },
  { paths: ["/usr/bin/dracut", "/usr/sbin/dracut"], argv: ["dracut", "-f", "--regenerate-all"] },
  { paths: ["/usr/bin/mkinitcpio", "/usr/sbin/mkinitcpio"], argv: ["mkinitcpio", "-P"] },
];

/** The command for a program that a set names; of the set's own arguments none is used. */
export function rebuildCommand(program: string | undefined): readonly string[] | undefined {
  return initramfsMakers.find(({ argv }) => argv[0] === program)?.argv;
}
