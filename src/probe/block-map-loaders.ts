import { decodeText } from "../base/bytes.ts";
import { stored } from "../base/message.ts";
import { hasGrubBootCode } from "../drivers/loader/grub-bios.ts";
import type { Disk, Layout, LayoutNode, Partition, Unsupported } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import { type Facts, replay } from "./facts.ts";

/** LILO's first stage, in a disk's or a partition's first sector. Source: lilo-24, first.S, "sig". */
const LILO = { offset: 6, text: "LILO" } as const;
const LILO_CONFIG = "/etc/lilo.conf";
const LEGACY_MENUS = ["/boot/grub/menu.lst", "/boot/grub/grub.conf"];
const LEGACY_STAGE = "/boot/grub/stage2";
/** Files by which `blockMapLoaders` knows them. */
export const BLOCK_MAP_FILES = [LILO_CONFIG, ...LEGACY_MENUS, LEGACY_STAGE];
/** Loaders of which nothing is known. */
const UNNAMED: ReadonlySet<string> = new Set(["none", "boot-code"]);
/** What GRUB 2 can't be without, and GRUB Legacy never has. */
const GRUB_2 = /^\/boot\/grub2?\/(grub\.cfg$|[^/]+\/normal\.mod$)/;

function obstacle({ id, path }: Disk | Partition, name: string): Unsupported {
  const what = stored`${name}, a boot loader that finds its files by block numbers (install GRUB 2 or extlinux instead)`;
  return { kind: "unsupported", id: `unsupported:loader:${id}`, on: id, path, what };
}

/** Whether a node stands for such a loader. */
export const isBlockMapLoader = ({ id }: Unsupported): boolean => id.startsWith("unsupported:loader:");

/**
 * LILO and GRUB Legacy, whose boot sectors name the blocks of their files: those lie elsewhere after a restore, and the
 * tools that would name them again can't be had any more. `loaders` are those that were found. Pure.
 */
export function blockMapLoaders(facts: Facts, layout: Layout, loaders: readonly LayoutNode[]): Unsupported[] {
  if (nodesOf(layout, "firmware")[0]?.mode === "uefi") return [];
  const has = (path: string) => facts.files.includes(path);
  const readerOf = ({ path }: Disk | Partition) =>
    replay(facts.devices.find((device) => device.path === path)?.reads ?? []);
  const isLilo = (node: Disk | Partition) => decodeText(readerOf(node)(LILO.offset, 4)) === LILO.text;
  const disks = nodesOf(layout, "disk");
  const lilo = has(LILO_CONFIG) ? [...disks, ...nodesOf(layout, "partition")].filter(isLilo) : [];
  if (lilo.length > 0) return lilo.map((node) => obstacle(node, "LILO"));
  if (!LEGACY_MENUS.some(has) || facts.files.some((path) => GRUB_2.test(path))) return [];
  const coded = disks.filter((disk) => hasGrubBootCode(readerOf(disk)(0, 512)));
  const others = loaders.some((node) => node.kind === "loader" && !UNNAMED.has(node.type));
  const hidden = has(LEGACY_STAGE) && !others ? disks.slice(0, 1) : [];
  return (coded.length > 0 ? coded : hidden).map((disk) => obstacle(disk, "GRUB Legacy"));
}
