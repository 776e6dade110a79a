import { type Architecture, architecture as own } from "../base/architecture.ts";
import { arm64KernelKind, arm64KernelVersion, zbootPayload } from "../formats/boot/arm64-kernel.ts";
import { KERNEL_HEAD_BYTES, kernelPayloadOf, kernelVersionOf } from "../formats/boot/kernel-image.ts";
import { decompress } from "../host/decompress.ts";
import type { Host } from "../host/host.ts";

/** The image for arm64 that a file holds, uncompressed; `undefined` when there is none that we can open. */
async function arm64Image(file: Uint8Array, path: string): Promise<Uint8Array | undefined> {
  const kind = arm64KernelKind(file);
  if (kind === "image") return file;
  const payload = kind === "gzip" ? ({ kind: "gz", bytes: file } as const) : zbootPayload(file);
  // A file that doesn't decompress is no kernel.
  const image = payload && (await decompress(payload.kind, payload.bytes, path).catch(() => undefined));
  return image && arm64KernelKind(image) === "image" ? image : undefined;
}

/** The version (`uname -r`) of a kernel file for these machines; `undefined` when it is none. */
export async function kernelVersionIn(
  host: Pick<Host, "read" | "readAt">,
  path: string,
  architecture: Architecture = own,
): Promise<string | undefined> {
  const head = host.readAt(path, 0, KERNEL_HEAD_BYTES);
  if (architecture.machine === "x86_64") return kernelVersionOf(head);
  const image = arm64KernelKind(head) && (await arm64Image(host.read(path), path));
  return image && arm64KernelVersion(image);
}

/** Compression of a kernel's payload by its first bytes. */
function payloadKind(payload: Uint8Array): "gz" | "xz" | "zst" | undefined {
  if (payload[0] === 0x1f && payload[1] === 0x8b) return "gz";
  if (payload[0] === 0xfd && payload[1] === 0x37) return "xz";
  return payload[0] === 0x28 && payload[1] === 0xb5 ? "zst" : undefined;
}

/** The kernel proper of a kernel file, uncompressed; `undefined` when we can't open it. */
export async function kernelProper(
  host: Pick<Host, "read" | "readAt">,
  path: string,
  architecture: Architecture = own,
): Promise<Uint8Array | undefined> {
  const file = host.read(path);
  if (architecture.machine === "aarch64") return await arm64Image(file, path);
  const payload = kernelPayloadOf(file);
  const kind = payload === undefined ? undefined : payloadKind(payload);
  if (payload === undefined || kind === undefined) return undefined;
  // All formats have the uncompressed size appended, except gzip, which ends in it anyway (linux/scripts/Makefile.lib,
  // size_append).
  const stream = kind === "gz" ? payload : payload.subarray(0, payload.byteLength - 4);
  return await decompress(kind, stream, path);
}
