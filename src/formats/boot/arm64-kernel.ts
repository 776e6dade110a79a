import { decodeText, viewOf } from "../../base/bytes.ts";

/** How a file holds a kernel for arm64: as it is, gzipped (Ubuntu, RHEL 8 and 9), or unpacking itself (`zboot`). */
export type Arm64KernelKind = "image" | "gzip" | "zboot";

/** "ARM\x64" at 56 of the image. Source: Linux Documentation/arch/arm64/booting.rst. */
const MAGIC = 0x644d5241;
const MAGIC_AT = 56;
/** "zimg" behind "MZ". Source: Linux drivers/firmware/efi/libstub/zboot-header.S. */
const ZBOOT = "zimg";
const ZBOOT_HEAD_BYTES = 64;

/** What kind of kernel for arm64 a file begins as; a gzip file may still hold anything else. */
export function arm64KernelKind(head: Uint8Array): Arm64KernelKind | undefined {
  if (head.byteLength < ZBOOT_HEAD_BYTES) return undefined;
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (decodeText(head.subarray(0, 2)) === "MZ" && decodeText(head.subarray(4, 8)) === ZBOOT) return "zboot";
  return viewOf(head).getUint32(MAGIC_AT, true) === MAGIC ? "image" : undefined;
}

/** Compressions of a `zboot` file by its names for them. Source: Linux drivers/firmware/efi/libstub/Makefile.zboot. */
const METHODS: ReadonlyMap<string, "gz" | "zst" | "xz"> = new Map([
  ["gzip", "gz"],
  ["zstd", "zst"],
  ["zstd22", "zst"],
  ["xzkern", "xz"],
]);

/** The compressed kernel inside a `zboot` file; `undefined` when it is cut off, or compressed in a way unknown here. */
export function zbootPayload(
  file: Uint8Array,
): { readonly kind: "gz" | "zst" | "xz"; readonly bytes: Uint8Array } | undefined {
  if (arm64KernelKind(file) !== "zboot") return undefined;
  const view = viewOf(file);
  const [at, length] = [view.getUint32(8, true), view.getUint32(12, true)];
  const kind = METHODS.get(decodeText(file.subarray(24, 32)).split("\0")[0] ?? "");
  return kind === undefined || at + length > file.byteLength
    ? undefined
    : { kind, bytes: file.subarray(at, at + length) };
}

const BANNER = "Linux version ";

/** The version (`uname -r`) in the banner of an uncompressed kernel; `undefined` for other bytes. */
export function arm64KernelVersion(image: Uint8Array): string | undefined {
  if (arm64KernelKind(image) !== "image") return undefined;
  const buffer = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  for (let at = buffer.indexOf(BANNER); at >= 0; at = buffer.indexOf(BANNER, at + 1)) {
    const start = at + BANNER.length;
    const version = /^(\d+\.\d+[\w.+~-]*) \(/.exec(buffer.toString("latin1", start, start + 128))?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}
