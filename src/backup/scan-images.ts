import type { ImageSource } from "../archive/save/archive-request.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes, KIB, MIB } from "../base/units.ts";
import { recogniseForeign } from "../drivers/foreign/recognise-foreign.ts";
import type { Host } from "../host/host.ts";
import { type Image, type Layout, type LayoutNode, nodesOf } from "../layout/types.ts";

/** A layout whose images know how much is stored of them, and what that is. */
export interface ScannedImages {
  readonly layout: Layout;
  readonly sources: readonly ImageSource[];
}

const CHUNK_BYTES = 4 * MIB;
/** Blocks of zeros that are as long as this are not stored. */
const BLOCK_BYTES = 64 * KIB;
const ZEROS = Buffer.alloc(BLOCK_BYTES);
/** An image has no more ranges than this, however scattered its content is. */
const MOST_RANGES = 65_536;

const storedBytesOf = (ranges: readonly number[]) =>
  ranges.reduce((sum, value, at) => (at % 2 === 1 ? sum + value : sum), 0);

/** The ranges with every gap closed that is not worth its place in the list; nothing beyond `sizeBytes`. */
export function mergedRanges(ranges: readonly number[], sizeBytes: number): number[] {
  const gap = Math.max(BLOCK_BYTES, sizeBytes / MOST_RANGES);
  const merged: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i] ?? 0;
    const to = Math.min(sizeBytes, from + (ranges[i + 1] ?? 0));
    if (to <= from) continue;
    const before = (merged.at(-2) ?? 0) + (merged.at(-1) ?? 0);
    if (merged.length > 0 && from - before < gap) merged[merged.length - 1] = to - (merged.at(-2) ?? 0);
    else merged.push(from, to - from);
  }
  return merged;
}

/** The blocks that are not all zeros. Reads everything. */
async function filledRanges(host: Host, { path, sizeBytes }: Image, reporter: Reporter): Promise<number[]> {
  const ranges: number[] = [];
  for (let offset = 0; offset < sizeBytes; offset += CHUNK_BYTES) {
    const chunk = host.readAt(path, offset, Math.min(CHUNK_BYTES, sizeBytes - offset));
    for (let at = 0; at < chunk.byteLength; at += BLOCK_BYTES) {
      const block = chunk.subarray(at, at + BLOCK_BYTES);
      if (Buffer.compare(block, ZEROS.subarray(0, block.byteLength)) !== 0) ranges.push(offset + at, block.byteLength);
    }
    reporter.progress({ label: msg`scan`, done: offset + chunk.byteLength, total: sizeBytes, unit: "bytes" });
    await host.sleep(0);
  }
  return ranges;
}

async function scan(host: Host, image: Image, mtimeSec: number, reporter: Reporter): Promise<[Image, ImageSource]> {
  const { path, sizeBytes, entry, what } = image;
  reporter.step(msg`Looking what of ${path} is in use`);
  const read = (offset: number, length: number) => host.readAt(path, offset, length);
  const used = recogniseForeign(read, sizeBytes)?.usedRanges?.(read, sizeBytes);
  const extents = mergedRanges(used ?? (await filledRanges(host, image, reporter)), sizeBytes);
  const storedBytes = storedBytesOf(extents);
  const how = used ? msg`its clusters in use` : msg`all that is not zeros`;
  reporter.info(msg`${path} holds ${what}: ${how}, ${formatBytes(storedBytes)} of ${formatBytes(sizeBytes)}`);
  const gaps = used ? "unused" : "zeros";
  return [
    { ...image, storedBytes, gaps },
    { entry, device: path, sizeBytes, extents, mtimeSec },
  ];
}

/**
 * Finds out what has to be stored of each image of a layout; `mtimeSec` becomes the time of their entries. Changes
 * nothing.
 */
export async function scanImages(
  host: Host,
  layout: Layout,
  mtimeSec: number,
  reporter: Reporter,
): Promise<ScannedImages> {
  const images = nodesOf(layout, "image");
  if (images.length === 0) return { layout, sources: [] };
  const found = new Map<string, LayoutNode>();
  const sources: ImageSource[] = [];
  for (const image of images) {
    const [node, source] = await scan(host, image, mtimeSec, reporter);
    found.set(node.id, node);
    sources.push(source);
  }
  return { layout: { version: 1, nodes: layout.nodes.map((node) => found.get(node.id) ?? node) }, sources };
}
