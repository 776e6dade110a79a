import type { Layout, LayoutNode } from "../layout/types.ts";
import { volumeDriverOf } from "./volume/volume-drivers.ts";

const uuidOf = (node: LayoutNode) => ("uuid" in node ? node.uuid : undefined);

/** How volumes differ from those of the same kind and UUID that were found, in what only their drivers can read. */
export function volumeDifferences(wanted: Layout, found: Layout): string[] {
  return wanted.nodes.flatMap((node) => {
    const at = found.nodes.find((one) => one.kind === node.kind && uuidOf(one) === uuidOf(node));
    return (at && volumeDriverOf(node)?.differences?.(node, at)) ?? [];
  });
}
