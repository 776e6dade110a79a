import { decodeText } from "../base/bytes.ts";
import { stored } from "../base/message.ts";
import { bootAreas } from "../drivers/boot-areas.ts";
import type { DeviceReader } from "../drivers/contracts.ts";
import { hasGrubBootCode } from "../drivers/loader/grub-bios.ts";
import { type BootCode, type Layout, type LayoutNode, type Loader, type NodeId, nodesOf } from "../layout/types.ts";
import { replay, type StorageFacts } from "./facts.ts";

/** What mkfs.fat writes where code could be: it says so, and waits for a key. */
const NO_CODE = "This is not a bootable disk";
/** The maker's name in the boot sectors that extlinux and syslinux write themselves. */
const SYSLINUX = /^.{3}(EXT|SYS)LINUX/s;

/** What was recorded of the device of a disk or partition. */
export function readerOf(facts: StorageFacts, node: LayoutNode | undefined): DeviceReader {
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

/** Disks and partitions with the code on them outside of tables and file systems, whoever's it is. */
export function withBootCode(facts: StorageFacts, nodes: readonly LayoutNode[]): LayoutNode[] {
  const layout: Layout = { version: 1, nodes };
  return nodes.map((node) => {
    if (node.kind !== "disk" && node.kind !== "partition") return node;
    const read = readerOf(facts, node);
    if (decodeText(read(0, 512)).includes(NO_CODE)) return node;
    const bootCode = bootAreas(layout, node).flatMap(([from, to]) => trimmed(read(from, to - from), from) ?? []);
    return bootCode.length === 0 ? node : { ...node, bootCode };
  });
}

/** The disks and partitions of a layout that have such code. */
export function nodesWithBootCode(layout: Layout): NodeId[] {
  return [...nodesOf(layout, "disk"), ...nodesOf(layout, "partition")].flatMap(({ id, bootCode }) =>
    bootCode === undefined ? [] : [id],
  );
}

/** The nodes without the code that a loader's driver installs again. */
export function withoutClaimedCode(
  nodes: readonly LayoutNode[],
  loaders: readonly LayoutNode[],
  bootSector: (id: NodeId) => Uint8Array,
): LayoutNode[] {
  const named = loaders.filter((node): node is Loader => node.kind === "loader" && node.type !== "boot-code");
  const claimed = new Set(named.flatMap(({ on }) => on));
  const extlinux = named.some(({ type }) => type === "extlinux");
  const isExtlinux = (id: NodeId) => extlinux && SYSLINUX.test(Buffer.from(bootSector(id)).toString("latin1"));
  return nodes.map((node) => {
    if ((node.kind !== "disk" && node.kind !== "partition") || node.bootCode === undefined) return node;
    const { bootCode: _, ...bare } = node;
    return claimed.has(node.id) || isExtlinux(node.id) ? bare : node;
  });
}

/** Code of other installations in partitions, which finds its files by block numbers: it comes back, they move. */
export function blockListNotes(nodes: readonly LayoutNode[], bootSector: (id: NodeId) => Uint8Array): LayoutNode[] {
  return nodes.flatMap((node): LayoutNode[] => {
    if (node.kind !== "partition" || node.bootCode === undefined) return [];
    const sector = bootSector(node.id);
    const maker = SYSLINUX.exec(Buffer.from(sector).toString("latin1"))?.[0].slice(3);
    const name = hasGrubBootCode(sector) ? "GRUB" : maker;
    if (name === undefined) return [];
    const text = stored`the first sector of ${node.path} holds ${name}, which finds its files by block numbers: it comes back as it is, but to start from it, install it again there`;
    return [{ kind: "note", id: `note:block-list:${node.id}`, text }];
  });
}
