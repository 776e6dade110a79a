import { decodeText, viewOf } from "../../base/bytes.ts";

/** Bytes at the start of a kernel file that `kernelVersionOf` needs at most. */
export const KERNEL_HEAD_BYTES = 64 * 1024;

/**
 * The version (`uname -r`) that an x86 bzImage names in its set-up header; `undefined` for other bytes. Source: Linux
 * Documentation/arch/x86/boot.rst (`HdrS` at 0x202, pointer to the version string at 0x20e, relative to 0x200).
 */
export function kernelVersionOf(head: Uint8Array): string | undefined {
  if (head.byteLength < 0x210 || decodeText(head.subarray(0x202, 0x206)) !== "HdrS") return undefined;
  const at = viewOf(head).getUint16(0x20e, true) + 0x200;
  const end = head.indexOf(0, at);
  if (at === 0x200 || end < 0) return undefined;
  const version = decodeText(head.subarray(at, end)).split(" ")[0] ?? "";
  return /^\d+\.\d+[\w.+~-]*$/.test(version) ? version : undefined;
}

/** Where the compressed kernel proper lies in a bzImage (protocol 2.08 and later). */
export function kernelPayloadOf(image: Uint8Array): Uint8Array | undefined {
  if (kernelVersionOf(image) === undefined) return undefined;
  const view = viewOf(image);
  const setupBytes = ((image[0x1f1] || 4) + 1) * 512;
  if (view.getUint16(0x206, true) < 0x0208) return undefined;
  const at = setupBytes + view.getUint32(0x248, true);
  const end = at + view.getUint32(0x24c, true);
  return end <= image.byteLength ? image.subarray(at, end) : undefined;
}

/** Where a kernel built with IKCONFIG keeps its gzipped configuration, between two marks. */
export function embeddedConfigOf(kernel: Uint8Array): Uint8Array | undefined {
  const buffer = Buffer.from(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const start = buffer.indexOf("IKCFG_ST\x1f\x8b", 0, "latin1");
  const end = start < 0 ? -1 : buffer.indexOf("IKCFG_ED", start, "latin1");
  return end < 0 ? undefined : kernel.subarray(start + 8, end);
}
