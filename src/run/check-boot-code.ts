import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { type Layout, type NodeId, nodesOf } from "../layout/types.ts";

/** Devices whose boot code isn't what the layout says, a sentence each. */
export function bootCodeDefects(
  host: Pick<Host, "readAt">,
  layout: Layout,
  targets: Readonly<Record<NodeId, string>>,
): string[] {
  return [...nodesOf(layout, "disk"), ...nodesOf(layout, "partition")].flatMap(({ id, bootCode = [] }) => {
    const path = targets[id];
    if (path === undefined) return [];
    const differs = bootCode.some(({ offset, base64 }) => {
      const bytes = Buffer.from(base64, "base64");
      return !bytes.equals(host.readAt(path, offset, bytes.byteLength));
    });
    return differs ? [msg`the first sectors of ${path} don't hold the boot code that they had`] : [];
  });
}
