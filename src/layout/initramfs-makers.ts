/** A program that makes initial RAM disks. */
interface InitramfsMaker {
  /** Where systems have it. */
  readonly paths: readonly string[];
  /** How it makes those of all kernels again. */
  readonly argv: readonly [string, ...string[]];
  /**
   * The option before a list of drivers that it has to put in, where it looks at the running machine for others and
   * may miss them; absent: its own configuration names them.
   */
  readonly drivers?: string;
}

/** Those that a restore starts; the first that a system has is its own. */
export const initramfsMakers: readonly InitramfsMaker[] = [
  { paths: ["/usr/sbin/update-initramfs"], argv: ["update-initramfs", "-u", "-k", "all"] },
  {
    paths: ["/usr/bin/dracut", "/usr/sbin/dracut"],
    argv: ["dracut", "-f", "--regenerate-all"],
    drivers: "--add-drivers",
  },
  { paths: ["/usr/bin/mkinitcpio", "/usr/sbin/mkinitcpio"], argv: ["mkinitcpio", "-P"] },
];

/**
 * The command for a program that a set names, for a root that needs these drivers; of the set's own arguments none is
 * used.
 */
export function rebuildCommand(
  program: string | undefined,
  needed: readonly string[] = [],
): readonly string[] | undefined {
  const maker = initramfsMakers.find(({ argv }) => argv[0] === program);
  if (!maker || maker.drivers === undefined || needed.length === 0) return maker?.argv;
  return [...maker.argv, maker.drivers, needed.join(" ")];
}
