import { withTapeSource } from "../archive/tape/read-tape.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { BackupRequest } from "./request.ts";
import { verifySource } from "./verify-written-stream.ts";

/**
 * Reads back the newest set on a tape, and what goes on from it on further ones, every checksum, and compares it with
 * the live files. Returns the number of differences; throws `damaged` when it is not what was written.
 */
export function verifyWrittenTape(
  host: Host,
  request: Pick<BackupRequest, "root" | "directory" | "eject">,
  device: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const options = { eject: request.eject, isWhole: true };
  return withTapeSource(host, device, options, reporter, signal, (source) =>
    verifySource(host, request, source, device, reporter, signal),
  );
}
