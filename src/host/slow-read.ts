import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** What was read from a device that may be slow or broken: bytes (fewer at its end), or an error. */
export type SlowRead =
  | { readonly result: "bytes"; readonly bytes: Uint8Array }
  | { readonly result: "no-medium" }
  | { readonly result: "timeout" }
  | { readonly result: "error"; readonly reason: string };

async function readOnce(path: string, offset: number, length: number): Promise<SlowRead> {
  try {
    const file = await open(path, constants.O_RDONLY);
    try {
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, offset);
      return { result: "bytes", bytes: buffer.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if (code === "ENOMEDIUM") return { result: "no-medium" };
    return { result: "error", reason: code || String(error) };
  }
}

/** Reads a device outside of this thread: a drive that spins up or a dying disk may block for minutes. */
export async function readSlowly(path: string, offset: number, length: number, timeoutMs: number): Promise<SlowRead> {
  const late = new Promise<SlowRead>((resolve) => setTimeout(() => resolve({ result: "timeout" }), timeoutMs));
  return Promise.race([readOnce(path, offset, length), late]);
}
