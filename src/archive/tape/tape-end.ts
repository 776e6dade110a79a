import { MondoError } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { Manifest } from "../set/manifest.ts";
import { PieceReader, type StreamPart } from "../stream/piece-reader.ts";
import { Spooler } from "../stream/spool.ts";
import { type ContentTaker, readStream } from "../stream/stream-contents.ts";
import type { StreamHead } from "../stream/stream-head.ts";
import type { TapeChanger } from "./tape-changer.ts";
import type { OurLabel, TapeDrive, TapeLabel } from "./tape-drive.ts";
import { decodeTapeIndex, TAPE_INDEX_NAME, type TapeIndex } from "./tape-index.ts";
import { whyNotThisTape } from "./tape-words.ts";

/** What the last file of a set's last tape says. */
export interface TapeEnd {
  readonly manifest: Manifest;
  readonly index: TapeIndex;
  readonly recordBytes: number;
  /** Number of the tape that is in the drive. */
  readonly tape: number;
}

/** Files of a tape. Where the tape stands then is not known. */
export async function countFiles(drive: TapeDrive): Promise<number> {
  if (await drive.try("toEnd")) {
    const { file } = await drive.status();
    await drive.do("rewind");
    // Some drives find the end, but say the wrong number.
    if (file > 0 && (await drive.try("forwardFiles", file))) return file;
  }
  await drive.do("rewind");
  let files = 0;
  while (await drive.try("forwardFiles", 1)) files += 1;
  return files;
}

/** Pieces of one file of the tape. */
function fileSource(drive: TapeDrive, recordBytes: number): { next(): Promise<StreamPart> } {
  let isOver = false;
  return {
    async next() {
      while (!isOver) {
        const { bytes, stop } = await drive.read(recordBytes, 16);
        isOver = stop !== undefined;
        if (bytes.byteLength > 0) return bytes;
      }
      return undefined;
    },
  };
}

/** The set whose files stand in the last file of this tape, put into a directory; undefined: none ends there. */
async function readEnd(
  drive: TapeDrive,
  { recordBytes, head }: OurLabel,
  host: Host,
  directory: string,
): Promise<TapeEnd | undefined> {
  const files = await countFiles(drive);
  await drive.rewind();
  await drive.seek(Math.max(0, files - 1), 0);
  const spooler = new Spooler(directory, (file) => !file.startsWith("volume-"));
  const taker: ContentTaker = { take: (piece) => spooler.take(piece) };
  try {
    const { manifest, missing } = await readStream(new PieceReader(fileSource(drive, recordBytes)), drive.name, taker);
    const index = decodeTapeIndex(host.tryReadText(`${directory}/${TAPE_INDEX_NAME}`) ?? "");
    if (!manifest || !index) return undefined;
    if (missing.length > 0) {
      throw new MondoError(
        "damaged",
        `the end of tape ${head.tape} in ${drive.name} is damaged: a part of ${missing[0]?.file} is missing`,
        {
          hint: "What the tapes hold can be had with mondo verify --salvage.",
        },
      );
    }
    return { manifest, index, recordBytes, tape: head.tape };
  } catch (error) {
    if (error instanceof MondoError && error.code === "damaged" && error.message.includes("no stream"))
      return undefined;
    throw error;
  } finally {
    spooler.close();
  }
}

/** Refuses a tape without a set. */
export function requireOurs(drive: TapeDrive, label: TapeLabel): OurLabel {
  if (label.kind === "ours") return label;
  const what = label.kind === "blank" ? "is empty" : "holds no backup made by mondo";
  throw new MondoError("not-found", `the tape in ${drive.name} ${what}`, {
    hint: "Insert the first tape of a backup.",
  });
}

/**
 * Reads catalog, manifest and index of the newest set on a tape into a directory (empty, the caller's); they stand at
 * the end of its last tape, which is asked for. Throws `not-found` when the tape holds none.
 */
export async function readTapeEnd(
  host: Host,
  drive: TapeDrive,
  changer: TapeChanger,
  directory: string,
  reporter: Reporter,
): Promise<TapeEnd> {
  drive.requireTape(await drive.open("read"));
  let label = requireOurs(drive, await drive.label());
  for (;;) {
    reporter.step(`Looking for the end of the backup on ${drive.name}`);
    const end = await readEnd(drive, label, host, directory);
    if (end) return end;
    const { set, tape, host: machine }: StreamHead = label.head;
    const what = `the last tape of the backup of ${machine}, which has its catalog (this is tape ${tape})`;
    const isLater = (found: TapeLabel) => found.kind === "ours" && found.head.set === set && found.head.tape > tape;
    const judge = (found: TapeLabel) => (isLater(found) ? undefined : whyNotThisTape(found, set, tape + 1));
    label = requireOurs(drive, await changer.change({ what, access: "read", judge }));
  }
}
