import { msg, told } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { calledOf } from "../layout/graph.ts";
import { type Filesystem, type Layout, nodeById, nodesOf } from "../layout/types.ts";

function pathOf(layout: Layout, fs: Filesystem): string {
  const device = nodeById(layout, fs.on);
  return device ? calledOf(device) : fs.on;
}

/** One sentence for each thing that could be saved but not rebuilt; empty when the whole layout can. */
export function obstacles(layout: Layout): string[] {
  const foreign = nodesOf(layout, "unsupported").map(({ on, path, what }) =>
    on === "root"
      ? msg`${path} is ${told(what)}: a restore can't make it again`
      : msg`${path} holds ${told(what)}, which can't be rebuilt at a restore`,
  );
  const odd = nodesOf(layout, "filesystem").flatMap((fs) => {
    const reason = filesystemDriver(fs.type)?.obstacle?.(fs);
    return reason === undefined
      ? []
      : [msg`${pathOf(layout, fs)} holds a file system (${fs.type}) that can't be rebuilt: ${reason}`];
  });
  return [...foreign, ...odd];
}
