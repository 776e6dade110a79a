import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type Layout, nodesOf } from "../layout/types.ts";

/**
 * Refuses a machine without a root file system: a restore would unpack its files into the rescue system's memory, and
 * call that done. Throws `unsupported`.
 */
export function requireRoot(layout: Layout): void {
  const mounts = nodesOf(layout, "mount");
  if (mounts.length + nodesOf(layout, "filesystem").length === 0 || mounts.some(({ path }) => path === "/")) return;
  const paths = mounts.map(({ path }) => path).join(", ");
  const there = paths === "" ? "" : msg`, only what was mounted at ${paths}`;
  throw new MondoError(
    "unsupported",
    msg`the backup has no root file system (/)${there}: no machine can be made of it`,
    {
      hint: msg`Its files can be taken out with "mondo extract".`,
      data: { mounts: mounts.map(({ path }) => path) },
    },
  );
}
