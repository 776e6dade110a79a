import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { zeroOut } from "../host/zero-out.ts";

const ZEROS = new Uint8Array(MIB);
const STEP = 64 * MIB;

/** Overwrites ranges (offset and length in bytes) of a device. */
export function wipeRanges(host: Host, path: string, ranges: readonly (readonly [number, number])[]): void {
  for (const [offset, length] of ranges) {
    for (let done = 0; done < length; done += ZEROS.byteLength) {
      host.writeAt(path, offset + done, ZEROS.subarray(0, Math.min(ZEROS.byteLength, length - done)));
    }
  }
}

/** Makes the start of a device read as zeros. Disks that can do so by themselves need no bytes sent. */
export async function zeroStart(host: Host, path: string, sizeBytes: number): Promise<void> {
  for (let at = 0; at < sizeBytes; at += STEP) {
    const length = Math.min(STEP, sizeBytes - at);
    if (!zeroOut(path, at, length)) wipeRanges(host, path, [[at, length]]);
    // What reports progress and reads keys must get its turn.
    await host.sleep(0);
  }
}
