import { concatBytes, encodeText } from "../base/bytes.ts";
import { type CpioEntry, encodeCpio } from "../formats/archive/cpio.ts";
import { compressZstd, sha256 } from "../host/compress.ts";
import { decompress } from "../host/decompress.ts";
import type { Host } from "../host/host.ts";
import type { Tree, TreeNode } from "./tree.ts";

/**
 * An initrd is a sequence of segments. Each is a whole cpio archive, compressed alone as ONE zstd frame and zero-padded
 * to 4 bytes: the kernel unpacks one after the other, but takes a frame that ends in the middle of an archive for junk
 * (init/initramfs.c). So parallel work means more archives, not more frames, and what doesn't change is cached as a
 * segment.
 */
export interface Segment {
  readonly rawBytes: number;
  readonly packed: Uint8Array;
}

/** Approximate uncompressed bytes of a segment: small enough for two cores and for a machine with little memory. */
const SEGMENT_BYTES = 20 * 1024 * 1024;
/** How many cached versions of a group are kept. */
const KEPT_VERSIONS = 3;
const SUFFIX = ".cpio.zst";

/** A group of files with its own segments; a line in the size report. */
export interface SegmentGroup {
  readonly name: string;
  readonly tree: Tree;
  /** zstd level. */
  readonly level: number;
  /** Kept in the cache for the next image. */
  readonly cached: boolean;
}

/** One hash of all nodes: of sources it takes path, size, time and inode, without reading them. */
export function groupKey(host: Host, group: SegmentGroup): string {
  const lines = group.tree.entries().map(([path, node]) => {
    if (node.kind === "bytes") return JSON.stringify([path, node.mode, sha256(node.bytes)]);
    if (node.kind !== "file") return JSON.stringify([path, node]);
    const stat = host.lstat(node.source);
    return JSON.stringify([path, node, stat?.sizeBytes, stat?.mtimeMs, stat?.ino]);
  });
  return sha256(`segment 1 level ${group.level}\n${lines.join("\n")}`);
}

async function contentOf(host: Host, node: TreeNode & { kind: "file" }): Promise<Uint8Array> {
  const bytes = host.read(node.source);
  return node.packed ? await decompress(node.packed, bytes, node.source) : bytes;
}

async function cpioEntryOf(host: Host, path: string, node: TreeNode): Promise<CpioEntry> {
  switch (node.kind) {
    case "directory":
      return { path, kind: "directory", mode: node.mode };
    case "file":
      return { path, kind: "file", mode: node.mode, content: await contentOf(host, node) };
    case "bytes":
      return { path, kind: "file", mode: node.mode, content: node.bytes };
    case "link":
      return { path, kind: "symlink", mode: 0o777, content: encodeText(node.target) };
    case "char":
      return { path, kind: "char", mode: node.mode, device: { major: node.major, minor: node.minor } };
  }
}

/** Compresses an archive into a segment of an initrd. */
export async function packSegment(archive: Uint8Array, level: number): Promise<Segment> {
  const frame = await compressZstd(archive, level);
  const packed = concatBytes([frame, new Uint8Array((4 - (frame.byteLength % 4)) % 4)]);
  return { rawBytes: archive.byteLength, packed };
}

async function packTree(host: Host, group: SegmentGroup): Promise<Segment[]> {
  const running: Promise<Segment>[] = [];
  let entries: CpioEntry[] = [];
  let bytes = 0;
  const flush = async () => {
    if (entries.length === 0) return;
    // Two being compressed, one being filled: at most about three segments in memory.
    if (running.length >= 2) await running[running.length - 2];
    running.push(packSegment(encodeCpio(entries), group.level));
    entries = [];
    bytes = 0;
  };
  for (const [path, node] of group.tree.entries()) {
    const entry = await cpioEntryOf(host, path, node);
    entries.push(entry);
    bytes += entry.content?.byteLength ?? 0;
    if (bytes >= SEGMENT_BYTES) await flush();
  }
  await flush();
  return await Promise.all(running);
}

/** A group as it goes into the initrd. */
export interface PackedGroup {
  readonly name: string;
  readonly rawBytes: number;
  readonly packed: Uint8Array;
  /** It came from the cache, so its content was checked before. */
  readonly fromCache: boolean;
}

function dropOldVersions(host: Host, directory: string, group: string, keep: string): void {
  const own = new RegExp(`^${group}-[0-9a-f]{24}-\\d+-[0-9a-f]{16}\\.cpio\\.zst$`);
  const files = host.list(directory).filter((name) => own.test(name) && name !== keep);
  const age = (name: string) => host.stat(`${directory}/${name}`)?.mtimeMs ?? 0;
  const old = files.sort((a, b) => age(b) - age(a)).slice(KEPT_VERSIONS - 1);
  for (const name of old) host.remove(`${directory}/${name}`);
}

/**
 * Finds a group's segments in the cache. Raw size and checksum are part of the name; a damaged file counts as absent.
 */
export function cachedGroup(host: Host, directory: string, group: SegmentGroup): PackedGroup | undefined {
  const prefix = `${group.name}-${groupKey(host, group).slice(0, 24)}-`;
  const name = host.list(directory).find((file) => file.startsWith(prefix) && file.endsWith(SUFFIX));
  if (name === undefined) return undefined;
  const [size, sum] = name.slice(prefix.length, -SUFFIX.length).split("-");
  const packed = host.read(`${directory}/${name}`);
  if (sum !== sha256(packed).slice(0, 16)) return undefined;
  return { name: group.name, rawBytes: Number(size), packed, fromCache: true };
}

/** Packs a group; keeps the result in the cache directory if the group is to be cached. */
export async function packGroup(host: Host, directory: string, group: SegmentGroup): Promise<PackedGroup> {
  const segments = await packTree(host, group);
  const packed = concatBytes(segments.map((segment) => segment.packed));
  const rawBytes = segments.reduce((sum, segment) => sum + segment.rawBytes, 0);
  if (group.cached) {
    const key = groupKey(host, group).slice(0, 24);
    const name = `${group.name}-${key}-${rawBytes}-${sha256(packed).slice(0, 16)}${SUFFIX}`;
    host.makeDirectory(directory, 0o755);
    host.write(`${directory}/${name}`, packed);
    dropOldVersions(host, directory, group.name, name);
  }
  return { name: group.name, rawBytes, packed, fromCache: false };
}
