import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { type Layout, nodesOf, type Unsaved } from "./types.ts";

/** "(ext4 on /dev/sdb1, 2.1 GiB): fstab names it, but it is not mounted": what is not in the backup, and why. */
export function unsavedWords({ what, why, sizeBytes }: Unsaved): string {
  const size = sizeBytes === undefined ? "" : `, ${formatBytes(sizeBytes)}`;
  return `(${what}${size}): ${why}`;
}

/** The same for sentences that begin with the mount point. */
export const unsavedReason = (node: Unsaved): string => msg`not in the backup ${unsavedWords(node)}`;

/** Mounts whose content is gone together with the machine, with a sentence for each. */
export function lostMounts(layout: Layout): { readonly path: string; readonly reason: string }[] {
  const lost = nodesOf(layout, "unsaved").filter(({ standing }) => standing === "lost");
  return lost.map((node) => ({ path: node.path, reason: unsavedReason(node) }));
}
