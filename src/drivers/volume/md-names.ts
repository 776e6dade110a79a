/** Names of levels by their number in the superblock. Source: linux/raid/md_p.h. */
const LEVELS: Readonly<Record<number, string>> = {
  [-1]: "linear",
  0: "raid0",
  1: "raid1",
  4: "raid4",
  5: "raid5",
  6: "raid6",
  10: "raid10",
};
/** Source: drivers/md/raid5.h, mdadm maps.c. */
const PARITY_LAYOUTS: Readonly<Record<number, string>> = {
  0: "left-asymmetric",
  1: "right-asymmetric",
  2: "left-symmetric",
  3: "right-symmetric",
  4: "parity-first",
  5: "parity-last",
};
const FAR_IS_OFFSET = 1 << 16;

/** As mdadm's --level takes it; undefined for a level that mondo does not make (multipath, faulty). */
export function raidLevelName(level: number): string | undefined {
  return LEVELS[level];
}

/** As mdadm's --layout takes it; undefined where the level has none, `unknown` where the number says nothing to us. */
export function raidLayoutName(level: number, layout: number): string | undefined {
  if (level === 5 || level === 6) return PARITY_LAYOUTS[layout] ?? "unknown";
  if (level !== 10) return undefined;
  const [near, far] = [layout & 0xff, (layout >> 8) & 0xff];
  if (layout === (near | (1 << 8)) && near >= 1) return `n${near}`;
  if (layout === ((far << 8) | 1)) return `f${far}`;
  return layout === ((far << 8) | 1 | FAR_IS_OFFSET) ? `o${far}` : "unknown";
}

/** The kernel module of a level by its name. */
export function raidModule(level: string): string {
  return /^raid[456]$/.test(level) ? "raid456" : level;
}
