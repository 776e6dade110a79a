import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { Manifest } from "../set/manifest.ts";
import { PieceReader, type StreamPart } from "../stream/piece-reader.ts";
import { Spooler } from "../stream/spool.ts";
import { type ContentTaker, readStream } from "../stream/stream-contents.ts";
import type { StreamHead } from "../stream/stream-head.ts";
import { chosenSet, describeSetOnTape, type SetOnTape, setsOnTape } from "./sets-on-tape.ts";
import type { TapeChanger } from "./tape-changer.ts";
import type { TapeDrive, TapeLabel } from "./tape-drive.ts";
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

/** The end of a set that stands in its last file on this tape, put into a directory; undefined: it ends on another. */
async function readEnd(
  drive: TapeDrive,
  { recordBytes, head, lastFile }: SetOnTape,
  host: Host,
  directory: string,
): Promise<TapeEnd | undefined> {
  await drive.rewind();
  await drive.seek(Math.max(0, lastFile), 0);
  const spooler = new Spooler(directory, (file) => !file.startsWith("volume-"));
  const taker: ContentTaker = { take: (piece) => spooler.take(piece) };
  try {
    const { manifest, missing } = await readStream(new PieceReader(fileSource(drive, recordBytes)), drive.name, taker);
    const index = decodeTapeIndex(host.tryReadText(`${directory}/${TAPE_INDEX_NAME}`) ?? "");
    if (!manifest || !index) return undefined;
    if (missing.length > 0) {
      throw new MondoError(
        "damaged",
        msg`the end of tape ${head.tape} in ${drive.name} is damaged: a part of ${missing[0]?.file} is missing`,
        {
          hint: msg`What the tapes hold can be had with mondo verify --salvage.`,
        },
      );
    }
    // Another set may stand there, where its own has no end.
    return manifest.set === head.set ? { manifest, index, recordBytes, tape: head.tape } : undefined;
  } catch (error) {
    if (error instanceof MondoError && error.code === "damaged" && error.data.holdsNone === true) return undefined;
    throw error;
  } finally {
    spooler.close();
  }
}

/**
 * Reads catalog, manifest and index of a set on a tape into a directory (empty, the caller's); they stand at the end of
 * its last tape, which is asked for. `wanted`: its id or how that begins; default: the newest on the tape. Throws
 * `not-found` when the tape does not hold it.
 */
export async function readTapeEnd(
  host: Host,
  drive: TapeDrive,
  changer: TapeChanger,
  directory: string,
  reporter: Reporter,
  wanted?: string,
): Promise<TapeEnd> {
  drive.requireTape(await drive.open("read"));
  for (let id = wanted; ; ) {
    reporter.step(msg`Looking for the end of the backup on ${drive.name}`);
    const one = chosenSet(drive, await setsOnTape(drive), id);
    const end = await readEnd(drive, one, host, directory);
    if (end) return end;
    const { set, tape, host: machine }: StreamHead = one.head;
    if (!one.isNewest) {
      throw new MondoError(
        "damaged",
        msg`the end of ${describeSetOnTape(one.head)} on the tape in ${drive.name} is not there`,
        {
          hint: msg`What the tape holds of it can be had with mondo verify --salvage.`,
        },
      );
    }
    id = set;
    const what = msg`the last tape of the backup of ${machine}, which has its catalog (this is tape ${tape})`;
    const isLater = (found: TapeLabel) => found.kind === "ours" && found.head.set === set && found.head.tape > tape;
    const judge = (found: TapeLabel) => (isLater(found) ? undefined : whyNotThisTape(found, set, tape + 1));
    await changer.change({ what, access: "read", judge });
  }
}
