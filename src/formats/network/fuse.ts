import { concatBytes, decodeText, encodeText, viewOf } from "../../base/bytes.ts";

/**
 * Messages between the kernel and a file system in a process, protocol 7.23 and later. Source: linux/fuse.h. All is
 * little-endian here.
 */
const OPERATIONS = {
  1: "lookup",
  2: "forget",
  3: "getattr",
  4: "setattr",
  9: "mkdir",
  10: "unlink",
  11: "rmdir",
  12: "rename",
  14: "open",
  15: "read",
  16: "write",
  17: "statfs",
  18: "release",
  20: "fsync",
  25: "flush",
  26: "init",
  27: "opendir",
  28: "readdir",
  29: "releasedir",
  30: "fsyncdir",
  34: "access",
  35: "create",
  36: "interrupt",
  38: "destroy",
  42: "batch-forget",
  45: "rename2",
} as const;

/** What the kernel asks for. */
export type FuseOperation = (typeof OPERATIONS)[keyof typeof OPERATIONS] | "other";

/** One request. What its body means depends on the operation. */
export interface FuseRequest {
  readonly operation: FuseOperation;
  /** Repeated by the answer. */
  readonly unique: bigint;
  readonly node: number;
  readonly body: Uint8Array;
}

const IN_HEADER_BYTES = 40;
const OUT_HEADER_BYTES = 16;
/** The node of the root. */
export const FUSE_ROOT = 1;
/** What one write may carry, and the least that the kernel takes. */
export const FUSE_WRITE_BYTES = { most: 1 << 20, least: 4096 } as const;
/** The room that a reader of requests needs besides what is written. */
export const FUSE_HEAD_BYTES = 4096;

/** The request that was read from /dev/fuse. */
export function decodeFuseRequest(bytes: Uint8Array): FuseRequest | undefined {
  if (bytes.byteLength < IN_HEADER_BYTES) return undefined;
  const view = viewOf(bytes);
  const code = view.getUint32(4, true);
  return {
    operation: code in OPERATIONS ? OPERATIONS[code as keyof typeof OPERATIONS] : "other",
    unique: view.getBigUint64(8, true),
    node: Number(view.getBigUint64(16, true)),
    body: bytes.subarray(IN_HEADER_BYTES, view.getUint32(0, true)),
  };
}

/** Whether the kernel waits for an answer to it. */
export const expectsAnswer = ({ operation }: FuseRequest): boolean =>
  operation !== "forget" && operation !== "batch-forget" && operation !== "interrupt";

/** An answer; `errno` is 0 with a body, or what went wrong. */
export function encodeFuseAnswer(unique: bigint, errno: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const head = new Uint8Array(OUT_HEADER_BYTES);
  const view = viewOf(head);
  view.setUint32(0, OUT_HEADER_BYTES + body.byteLength, true);
  view.setInt32(4, -errno, true);
  view.setBigUint64(8, unique, true);
  return concatBytes([head, body]);
}

/** Names of a body behind its fixed part, each ended by a zero. */
export function fuseNames(body: Uint8Array, fixedBytes: number): string[] {
  return decodeText(body.subarray(fixedBytes)).split("\0").slice(0, -1);
}

/** A file or directory as the kernel sees it. Everything belongs to root. */
export interface FuseAttributes {
  readonly node: number;
  readonly isDirectory: boolean;
  readonly permissions: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}

const [DIRECTORY, FILE] = [0o040000, 0o100000];
const ATTRIBUTE_BYTES = 88;
/** The kernel asks again after a second. */
const VALID_SECONDS = 1n;

function encodeAttributes({ node, isDirectory, permissions, sizeBytes, mtimeSeconds }: FuseAttributes): Uint8Array {
  const bytes = new Uint8Array(ATTRIBUTE_BYTES);
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(node), true);
  view.setBigUint64(8, BigInt(sizeBytes), true);
  view.setBigUint64(16, BigInt(Math.ceil(sizeBytes / 512)), true);
  for (const at of [24, 32, 40]) view.setBigUint64(at, BigInt(mtimeSeconds), true);
  view.setUint32(60, (isDirectory ? DIRECTORY : FILE) | permissions, true);
  view.setUint32(64, isDirectory ? 2 : 1, true);
  view.setUint32(80, 4096, true);
  return bytes;
}

/** The body that answers `getattr` and `setattr`. */
export function encodeAttributesAnswer(attributes: FuseAttributes): Uint8Array {
  const head = new Uint8Array(16);
  viewOf(head).setBigUint64(0, VALID_SECONDS, true);
  return concatBytes([head, encodeAttributes(attributes)]);
}

/** The body that answers `lookup` and `mkdir`. */
export function encodeEntryAnswer(attributes: FuseAttributes): Uint8Array {
  const head = new Uint8Array(40);
  const view = viewOf(head);
  view.setBigUint64(0, BigInt(attributes.node), true);
  view.setBigUint64(16, VALID_SECONDS, true);
  view.setBigUint64(24, VALID_SECONDS, true);
  return concatBytes([head, encodeAttributes(attributes)]);
}

/** The body that answers `open` and `opendir`; behind an entry, `create`. No handle is needed: nodes say all. */
export const encodeOpenAnswer = (): Uint8Array => new Uint8Array(16);

/** The body that answers `write`. */
export function encodeWriteAnswer(lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setUint32(0, lengthBytes, true);
  return bytes;
}

/** Where a `read`, `readdir` or `write` begins, how much it is about, and what is written. */
export function decodeTransfer(body: Uint8Array): { offset: number; length: number; data: Uint8Array } {
  const view = viewOf(body);
  return { offset: Number(view.getBigUint64(8, true)), length: view.getUint32(16, true), data: body.subarray(40) };
}

const SET_SIZE = 8;

/** The size that a `setattr` asks for; `undefined` when it is about something else. */
export function decodeSetSize(body: Uint8Array): number | undefined {
  const view = viewOf(body);
  return (view.getUint32(0, true) & SET_SIZE) === 0 ? undefined : Number(view.getBigUint64(16, true));
}

/** The directory that a `rename` leads to. */
export const decodeNewParent = (body: Uint8Array): number => Number(viewOf(body).getBigUint64(0, true));

/** Names from number `first` on that fit into `length` bytes: the body that answers `readdir`. */
export function encodeDirectory(names: readonly string[], first: number, length: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let left = length;
  for (const [index, name] of names.slice(first).entries()) {
    const text = encodeText(name);
    const bytes = new Uint8Array((24 + text.byteLength + 7) & ~7);
    left -= bytes.byteLength;
    if (left < 0) break;
    const view = viewOf(bytes);
    // Any number that isn't 0: the kernel asks for the real one by lookup.
    view.setBigUint64(0, 0xffff_ffffn, true);
    view.setBigUint64(8, BigInt(first + index + 1), true);
    view.setUint32(16, text.byteLength, true);
    bytes.set(text, 24);
    parts.push(bytes);
  }
  return concatBytes(parts);
}

/** Room on the server, in bytes. */
export interface FuseSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

const BLOCK_BYTES = 4096;

/** The body that answers `statfs`. */
export function encodeStatfs({ totalBytes, freeBytes }: FuseSpace): Uint8Array {
  const bytes = new Uint8Array(80);
  const view = viewOf(bytes);
  const blocks = (size: number) => BigInt(Math.floor(size / BLOCK_BYTES));
  view.setBigUint64(0, blocks(totalBytes), true);
  view.setBigUint64(8, blocks(freeBytes), true);
  view.setBigUint64(16, blocks(freeBytes), true);
  view.setUint32(40, BLOCK_BYTES, true);
  view.setUint32(44, 255, true);
  view.setUint32(48, BLOCK_BYTES, true);
  return bytes;
}

const INIT = { asyncRead: 1, bigWrites: 1 << 5, maxPages: 1 << 22 } as const;
const INIT_BYTES = 64;
const PAGE_BYTES = 4096;

/**
 * The body that answers `init`: what the kernel offers, and we can do; reads are as long as the longest write could be.
 */
export function encodeInitAnswer(body: Uint8Array, writeBytes: number): Uint8Array {
  const asked = viewOf(body);
  const bytes = new Uint8Array(INIT_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, 7, true);
  view.setUint32(4, Math.min(31, asked.getUint32(4, true)), true);
  view.setUint32(8, asked.getUint32(8, true), true);
  view.setUint32(12, asked.getUint32(12, true) & (INIT.asyncRead | INIT.bigWrites | INIT.maxPages), true);
  view.setUint16(16, 16, true);
  view.setUint16(18, 12, true);
  view.setUint32(20, writeBytes, true);
  view.setUint32(24, 1, true);
  view.setUint16(28, FUSE_WRITE_BYTES.most / PAGE_BYTES, true);
  return bytes;
}
