import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import type { DiscDrive } from "./disc-drive.ts";

const CHUNK_BYTES = 4 * MIB;

const damaged = (name: string, what: string): MondoError =>
  new MondoError("damaged", msg`${name}: what was written ${what}`, {
    hint: msg`Try another disc, of another make, or slower.`,
  });

/** Reads a disc that was written and holds it against its image, byte by byte. Throws `damaged` where they differ. */
export async function compareDisc(
  host: Host,
  drive: DiscDrive,
  image: string,
  sizeBytes: number,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  await drive.reload();
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
    await host.sleep(0);
    signal.throwIfAborted();
    const length = Math.min(CHUNK_BYTES, sizeBytes - at);
    const wanted = host.readAt(image, at, length);
    if (wanted.byteLength < length) throw new MondoError("damaged", msg`${image} has become shorter`);
    let found: Uint8Array;
    try {
      found = drive.readAt(at, length);
    } catch (error) {
      throw damaged(drive.name, msg`can't be read back from byte ${at} on: ${messageOf(error)}`);
    }
    if (found.byteLength < length)
      throw damaged(drive.name, msg`ends after ${at + found.byteLength} of ${sizeBytes} bytes`);
    const differs = found.findIndex((byte, index) => byte !== wanted[index]);
    if (differs >= 0) throw damaged(drive.name, msg`differs from the image at byte ${at + differs}`);
    reporter.progress({ label: msg`read back`, done: at + length, total: sizeBytes, unit: "bytes" });
  }
}
