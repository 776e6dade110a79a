import { msg } from "../base/message.ts";
import type { Action } from "../effects/effect.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { changedFstabOptions, changedRootFlags } from "./fstab.ts";

/** Replaces the numbers of btrfs subvolumes, which change. */
export function subvolumeActions(layout: Layout, root: string): Action[] {
  return [...fstabOptions(layout, root), ...rootFlagsActions(layout, root)];
}

function fstabOptions(layout: Layout, root: string): Action[] {
  const changes = changedFstabOptions(layout);
  if (changes.length === 0) return [];
  const say = msg`Name subvolumes in /etc/fstab by their paths, because their numbers are others now`;
  const effects = [{ do: "fstabOptions", path: `${root}/etc/fstab`, changes } as const];
  return [{ id: "fstab-options", node: "fstab", say, destroys: [], effects }];
}

/** Where distributions keep the kernel's command line. */
const COMMAND_LINES = ["/etc/default/grub", "/etc/kernel/cmdline", "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"];

function rootFlagsActions(layout: Layout, root: string): Action[] {
  const words = changedRootFlags(layout);
  if (Object.keys(words).length === 0) return [];
  const say = msg`Name the root's subvolume by its path on the kernel's command line, because its number is another now`;
  const own = nodesOf(layout, "loader").flatMap(({ details }) => details.configs ?? []);
  const files = [...new Set([...COMMAND_LINES, ...own])];
  const effects = files.map((path) => ({ do: "replaceWords", path: `${root}${path}`, words }) as const);
  return [{ id: "root-flags", node: "loader", say, destroys: [], effects }];
}
