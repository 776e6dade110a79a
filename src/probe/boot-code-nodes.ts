import { decodeText } from "../base/bytes.ts";
import { bootAreas } from "../drivers/boot-areas.ts";
import type { DeviceReader } from "../drivers/contracts.ts";
import { type BootCode, type Layout, type LayoutNode, type NodeId, nodesOf } from "../layout/types.ts";
import { type Facts, replay } from "./facts.ts";

/** What mkfs.fat writes where code could be: it says so, and waits for a key. */
const NO_CODE = "This is not a bootable disk";
/** The maker's name in the boot sectors that extlinux and syslinux write themselves. */
const SYSLINUX = /^.{3}(EXT|SYS)LINUX/s;

/** What was recorded of the device of a disk or partition. */
export function readerOf(facts: Facts, node: LayoutNode | undefined): DeviceReader {
  const path = node?.kind === "disk" || node?.kind === "partition" ? node.path : undefined;
  return replay(facts.devices.find((device) => device.path === path)?.reads ?? []);
}

/** The bytes without zeros around them; undefined when there are no others. */
function trimmed(bytes: Uint8Array, offset: number): BootCode | undefined {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return undefined;
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return { offset: offset + first, base64: Buffer.from(bytes.subarray(first, end)).toString("base64") };
}

/** Code on the disks and partitions of a layout outside of their tables and file systems, whoever's it is. */
export function bootCodeIn(facts: Facts, layout: Layout): ReadonlyMap<NodeId, readonly BootCode[]> {
  const found = [...nodesOf(layout, "disk"), ...nodesOf(layout, "partition")].flatMap((node) => {
    const read = readerOf(facts, node);
    if (decodeText(read(0, 512)).includes(NO_CODE)) return [];
    const code = bootAreas(layout, node).flatMap(([from, to]) => trimmed(read(from, to - from), from) ?? []);
    return code.length === 0 ? [] : [[node.id, code] as const];
  });
  return new Map(found);
}

/** The nodes with the code that no loader's driver installs again. */
export function withBootCode(
  nodes: readonly LayoutNode[],
  code: ReadonlyMap<NodeId, readonly BootCode[]>,
  loaders: readonly LayoutNode[],
  bootSector: (id: NodeId) => Uint8Array,
): LayoutNode[] {
  const named = loaders.filter((node) => node.kind === "loader" && node.type !== "boot-code");
  const claimed = new Set(named.flatMap((node) => (node.kind === "loader" ? node.on : [])));
  const extlinux = named.some((node) => node.kind === "loader" && node.type === "extlinux");
  const isExtlinux = (id: NodeId) => extlinux && SYSLINUX.test(Buffer.from(bootSector(id)).toString("latin1"));
  return nodes.map((node) => {
    const own = node.kind === "disk" || node.kind === "partition" ? code.get(node.id) : undefined;
    return own === undefined || claimed.has(node.id) || isExtlinux(node.id) ? node : { ...node, bootCode: own };
  });
}
