import { toByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { eventTurn } from "../../host/event-turn.ts";
import { AT_FDCWD, adviseFd, closeFd, openAt, readFully, statFd } from "../../host/fs-calls.ts";
import { errnoText } from "../../host/syscalls.ts";
import type { ArchiveSet, FileSpan, Locate, VolumeInfo } from "../set-files.ts";

const CHUNK_BYTES = 4 << 20;

function damaged(path: string, what: string): MondoError {
  return new MondoError("damaged", `${path} ${what}`, {
    data: { path },
    hint: msg`Use another copy of the backup: this one is not what was written.`,
  });
}

/** A file of a set as people find it: in its directory, or in the image where it lies. */
export function shownPath(directory: string, name: string, span: FileSpan | undefined): string {
  if (!span) return `${directory}/${name}`;
  return span.path.endsWith(`/${name}`) ? span.path : `${span.path}:/mondo/${name}`;
}

/** Reads a file of a set through and compares length and SHA-256. MondoError `damaged` says what is wrong with it. */
export async function verifyFile(
  path: string,
  info: VolumeInfo,
  span: FileSpan | undefined,
  tick: (bytes: number) => void,
): Promise<void> {
  const fd = openAt(AT_FDCWD, toByteString(span?.path ?? path), 0);
  if (fd < 0) throw damaged(path, msg`is missing or can't be opened: ${errnoText(-fd)}`);
  try {
    const stat = statFd(fd);
    const size = span?.sizeBytes ?? (typeof stat === "number" ? 0 : stat.size);
    const start = span?.offset ?? 0;
    if (size !== info.sizeBytes) throw damaged(path, msg`is ${size} bytes long instead of ${info.sizeBytes}`);
    adviseFd(fd, "sequential");
    const sha = new Bun.CryptoHasher("sha256");
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, size)));
    for (let at = 0; at < size; ) {
      const got = readFully(fd, buffer, 0, Math.min(buffer.length, size - at), start + at);
      if (got <= 0)
        throw damaged(path, msg`can't be read at byte ${at}: ${got === 0 ? msg`it ends` : errnoText(-got)}`);
      sha.update(buffer.subarray(0, got));
      at += got;
      tick(got);
      // A turn of the event loop: keys, signals and timers are served while gigabytes are read.
      await eventTurn();
    }
    if (sha.digest("hex") !== info.sha256) throw damaged(path, msg`does not have the checksum that the manifest names`);
  } finally {
    closeFd(fd);
  }
}

export interface VerifyRequest {
  readonly directory: string;
  readonly manifest: Pick<ArchiveSet, "volumes" | "catalog"> & { readonly headers?: readonly VolumeInfo[] };
  /** Where files lie that are not in the directory themselves; undefined: missing. */
  readonly locate?: Locate;
}

/** A file of a set that is not what was written. */
export interface DamagedVolume {
  readonly file: VolumeInfo;
  readonly error: MondoError;
}

/** Volumes and catalog of a set that are missing, or don't have their length or their SHA-256. Reads all of them. */
export async function* damagedVolumes(
  { directory, manifest, locate }: VerifyRequest,
  reporter: Reporter,
  signal?: AbortSignal,
): AsyncGenerator<DamagedVolume, void, void> {
  const files = [manifest.catalog, ...(manifest.headers ?? []), ...manifest.volumes];
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let done = 0;
  for (const file of files) {
    const span = locate?.(file.name);
    const path = shownPath(directory, file.name, span);
    try {
      if (locate && !span) throw damaged(path, msg`is missing`);
      await verifyFile(path, file, span, (bytes) => {
        if (signal?.aborted) throw new MondoError("cancelled", msg`the check of the backup was interrupted`);
        done += bytes;
        reporter.progress({ label: msg`verify`, done, total, unit: "bytes" });
      });
    } catch (error) {
      if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
      yield { file, error };
    }
  }
}

/** Throws the error of the first file that `damagedVolumes` finds; it names the file. */
export async function verifyVolumes(request: VerifyRequest, reporter: Reporter, signal?: AbortSignal): Promise<void> {
  for await (const { error } of damagedVolumes(request, reporter, signal)) throw error;
}
