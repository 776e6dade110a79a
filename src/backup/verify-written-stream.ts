import { PieceReader, type StreamSource } from "../archive/stream/piece-reader.ts";
import { sourceOf } from "../archive/stream/stream-place.ts";
import { verifyStream } from "../archive/stream/verify-stream.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { openStreamIn } from "../host/stream-file.ts";
import { compareWithLive } from "./compare-with-live.ts";
import type { BackupRequest } from "./request.ts";

/** Where catalog and manifest are put meanwhile, and which files they are of. */
type Place = Pick<BackupRequest, "root" | "directory">;

/**
 * Reads back what was written, every checksum, and compares it with the live files. Returns the number of differences;
 * throws `damaged` when it is not what was written.
 */
export async function verifySource(
  host: Host,
  place: Place,
  source: StreamSource,
  name: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const directory = `${place.directory}/.mondo.verify.${crypto.randomUUID()}`;
  host.makeDirectory(directory, 0o700);
  try {
    reporter.step(msg`Verifying ${name}`);
    const { findings, manifest, catalog } = await verifyStream(
      new PieceReader(source),
      name,
      directory,
      reporter,
      signal,
    );
    const { defects } = findings;
    if (defects.length > 0)
      throw new MondoError("damaged", msg`${name} is not what was written: ${defects.join("; ")}`, {
        hint: msg`Make the backup again.`,
      });
    return await compareWithLive(host, place, manifest, catalog, reporter, signal);
  } finally {
    host.remove(directory);
  }
}

/** The same for a file or device with a stream. */
export async function verifyWrittenStream(
  host: Host,
  place: Place,
  target: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const stream = await openStreamIn(target);
  try {
    return await verifySource(host, place, sourceOf(stream), target, reporter, signal);
  } finally {
    stream.close();
  }
}
