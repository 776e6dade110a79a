import { toByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Piece } from "../../formats/archive/stream-piece.ts";
import { AT_FDCWD, closeFd, openAt, writeFully } from "../../host/fs-calls.ts";
import { OpenFlag, systemError } from "../../host/syscalls.ts";
import type { Manifest } from "../set/manifest.ts";
import type { PieceReader } from "./piece-reader.ts";
import { allMissing, type ContentTaker, cutShort, readStream, type StreamContents } from "./stream-contents.ts";
import { BOOT_IMAGE_NAME, HEAD_NAME } from "./stream-head.ts";

/** Files of a stream as files of a directory; what is missing is a hole. `close` when all have come. */
export class Spooler implements ContentTaker {
  readonly #directory: string;
  readonly #isWanted: (file: string) => boolean;
  #file = "";
  #fd = -1;

  constructor(directory: string, isWanted: (file: string) => boolean) {
    this.#directory = directory;
    this.#isWanted = isWanted;
  }

  take({ file, offset, content }: Piece): void {
    if (!this.#isWanted(file)) return;
    const path = `${this.#directory}/${file}`;
    if (file !== this.#file) {
      this.close();
      this.#fd = openAt(
        AT_FDCWD,
        toByteString(path),
        OpenFlag.write | OpenFlag.create | OpenFlag.noFollow | OpenFlag.cloexec,
        0o600,
      );
      if (this.#fd < 0) throw systemError(msg`create`, path, -this.#fd);
      this.#file = file;
    }
    const error = writeFully(this.#fd, content, 0, content.byteLength, offset);
    if (error < 0) throw systemError(msg`write`, path, -error);
  }

  close(): void {
    if (this.#fd >= 0) closeFd(this.#fd);
    this.#fd = -1;
    this.#file = "";
  }
}

/** Which files of a stream are kept. */
export type Kept = "all" | "catalog";

/**
 * Reads a stream into a directory (empty, the caller's), which then holds the set. `catalog`: without the volumes. What
 * is missing is reported, and a hole. Throws `damaged` when the stream ends before its set.
 */
export async function spoolStream(
  reader: PieceReader,
  name: string,
  directory: string,
  kept: Kept,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<Manifest> {
  const isWanted = (file: string) =>
    file !== HEAD_NAME && file !== BOOT_IMAGE_NAME && (kept === "all" || !file.startsWith("volume-"));
  const spooler = new Spooler(directory, isWanted);
  let contents: StreamContents & { readonly manifest: Manifest | undefined };
  try {
    const taker: ContentTaker = {
      take(piece) {
        spooler.take(piece);
        reporter.progress({ label: msg`stream`, done: reader.position, total: 0, unit: "bytes" });
      },
    };
    contents = await readStream(reader, name, taker, signal);
  } finally {
    spooler.close();
  }
  if (!contents.manifest) throw cutShort(name, contents);
  for (const text of reader.unreadable) reporter.warn(`${name}: ${text}`);
  for (const { file, offset, length } of allMissing(contents, contents.manifest)) {
    if (isWanted(file)) reporter.warn(msg`${name}: ${length} bytes of ${file} are missing, from byte ${offset} on`);
  }
  return contents.manifest;
}
