import { msg, stored, told } from "../base/message.ts";
import { formatBytes, formatBytesPlainly } from "../base/units.ts";
import { type Layout, nodesOf, type Unsaved } from "./types.ts";

const sizeOf = ({ sizeBytes }: Unsaved): string => (sizeBytes === undefined ? "" : `, ${formatBytes(sizeBytes)}`);

/** "(ext4 on /dev/sdb1, 2.1 GiB): fstab names it, but it is not mounted": what is not in the backup, and why. */
export const unsavedWords = (node: Unsaved): string => msg`(${told(node.what)}${sizeOf(node)}): ${told(node.why)}`;

/** The same for sentences that begin with the mount point. */
export const unsavedReason = (node: Unsaved): string => msg`not in the backup ${unsavedWords(node)}`;

/** Mounts whose content is gone together with the machine, each with a sentence for the manifest. */
export function lostMounts(layout: Layout): { readonly path: string; readonly reason: string }[] {
  const lost = nodesOf(layout, "unsaved").filter(({ standing }) => standing === "lost");
  return lost.map((node) => ({
    path: node.path,
    reason:
      node.sizeBytes === undefined
        ? stored`not in the backup (${node.what}): ${node.why}`
        : stored`not in the backup (${node.what}; ${formatBytesPlainly(node.sizeBytes)}): ${node.why}`,
  }));
}
