import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { encodeCpio } from "../formats/archive/cpio.ts";
import { newSha256, sha256 } from "../host/compress.ts";
import type { Host } from "../host/host.ts";
import { type PackedGroup, packSegment } from "./segments.ts";

/** Level of `make dist`: takes 40 s once, and saves 4 MB on every medium. */
const HARD_LEVEL = 19;
/** Level when nothing was prepared, or in a hurry: 4 s. */
const FAST_LEVEL = 9;

/**
 * The executable as `/init`, packed: the same for all images of this build. Beside it lies `….sha256`, for `sha256sum
 * -c`.
 */
export const CONSTANT_NAME = "mondo.cpio.zst";

function sums(executableSum: string, packed: Uint8Array): string {
  return `${executableSum}  mondo\n${sha256(packed)}  ${CONSTANT_NAME}\n`;
}

async function pack(executable: Uint8Array, level: number): Promise<PackedGroup> {
  const archive = encodeCpio([{ path: "init", kind: "file", mode: 0o755, content: executable }]);
  const { packed, rawBytes } = await packSegment(archive, level);
  return { name: "mondo", rawBytes, packed, fromCache: false };
}

const READ_BYTES = 4 * 1024 * 1024;

/** SHA-256 of a file, read piece by piece. */
function sumOfFile(host: Host, path: string): string {
  const hash = newSha256();
  for (let at = 0; ; at += READ_BYTES) {
    const bytes = host.readAt(path, at, READ_BYTES);
    hash.update(bytes);
    if (bytes.byteLength < READ_BYTES) return hash.hex();
  }
}

/** A prepared part that belongs to this very executable and is undamaged. */
function prepared(
  host: Host,
  directory: string,
  executableSum: string,
  executableBytes: number,
): PackedGroup | undefined {
  const text = host.tryReadText(`${directory}/${CONSTANT_NAME}.sha256`);
  if (text?.startsWith(`${executableSum} `) !== true || !host.exists(`${directory}/${CONSTANT_NAME}`)) return undefined;
  const packed = host.read(`${directory}/${CONSTANT_NAME}`);
  if (sums(executableSum, packed) !== text) return undefined;
  return { name: "mondo", rawBytes: executableBytes, packed, fromCache: true };
}

function store(host: Host, directory: string, executableSum: string, packed: Uint8Array): void {
  host.makeDirectory(directory);
  host.write(`${directory}/${CONSTANT_NAME}`, packed);
  host.write(`${directory}/${CONSTANT_NAME}.sha256`, sums(executableSum, packed));
}

/**
 * Packs the executable at the high or the fast level and leaves the result beside it (`make dist`). Does nothing when
 * it is there already.
 */
export async function prepareConstant(
  host: Host,
  executable: string,
  directory: string,
  quickly: boolean,
): Promise<PackedGroup> {
  const sum = sumOfFile(host, executable);
  const there = prepared(host, directory, sum, host.stat(executable)?.sizeBytes ?? 0);
  if (there) return there;
  const group = await pack(host.read(executable), quickly ? FAST_LEVEL : HARD_LEVEL);
  store(host, directory, sum, group.packed);
  return group;
}

/**
 * The constant part of an initrd: what was prepared beside the executable, in ../lib/mondo or in the cache; else packed
 * now at a fast level and cached.
 */
export async function constantPart(host: Host, executable: string, cacheDirectory: string): Promise<PackedGroup> {
  const path = host.realPath(executable);
  if (path === undefined) throw new MondoError("not-found", msg`the executable ${executable} does not exist`);
  const sum = sumOfFile(host, path);
  const beside = path.slice(0, path.lastIndexOf("/"));
  for (const directory of [beside, `${beside}/../lib/mondo`, cacheDirectory]) {
    const there = prepared(host, directory, sum, host.stat(path)?.sizeBytes ?? 0);
    if (there) return there;
  }
  const group = await pack(host.read(path), FAST_LEVEL);
  store(host, cacheDirectory, sum, group.packed);
  return group;
}
