import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { swapDriver } from "../drivers/fs/swap.ts";
import type { Action } from "../effects/effect.ts";
import { mountHolding } from "../layout/graph.ts";
import { type Layout, nodeById, nodesOf } from "../layout/types.ts";

/** Makes every swap file: its content was not saved. */
export function swapFileActions(layout: Layout, root: string): Action[] {
  return nodesOf(layout, "swap-file").map((file) => {
    const mount = mountHolding(layout, file.path)?.mount;
    const fs = mount && nodeById(layout, mount.of);
    const inPlace = fs?.kind === "filesystem" && fs.type === "btrfs";
    const path = `${root}${file.path}`;
    const { sizeBytes, mode } = file;
    return {
      id: `make:${file.id}`,
      node: file.id,
      say: msg`Make the swap file ${file.path} (${formatBytes(sizeBytes)})`,
      destroys: [],
      effects: [
        { do: "fill", path, sizeBytes, mode, ...(inPlace ? { inPlace } : {}) },
        ...swapDriver.make({ ...file, kind: "swap", on: file.id }, path),
      ],
    };
  });
}

/** What an administrator has to do for a swap file that the machine hibernates to. */
export function swapFileWarnings(layout: Layout): string[] {
  return nodesOf(layout, "swap-file").flatMap(({ path, resumeOffset }) =>
    resumeOffset === undefined
      ? []
      : msg`The kernel's command line has resume_offset=${resumeOffset} for ${path}, which will be at another place: find its new offset (filefrag -v ${path}; on btrfs: btrfs inspect-internal map-swapfile -r ${path}) and change it before the machine hibernates`,
  );
}
