import { hiddenTree } from "../../layout/hidden-places.ts";
import { type Layout, nodeById, nodesOf } from "../../layout/types.ts";
import { filesystemDriver } from "./filesystem-drivers.ts";

/**
 * Mount points whose file systems can't hold owners, modes and xattrs (FAT): what a restore and a comparison may expect
 * there.
 */
export function lenientMountsOf(layout: Layout): string[] {
  return nodesOf(layout, "mount").flatMap((mount) => {
    const fs = nodeById(layout, mount.of);
    return fs?.kind === "filesystem" && filesystemDriver(fs.type)?.posix === false
      ? [mount.path, hiddenTree(mount.path)]
      : [];
  });
}
