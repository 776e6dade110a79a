import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodePiece, MOST_BLOCK_BYTES } from "../../formats/archive/stream-piece.ts";
import { dateText } from "../set/chain.ts";
import type { StreamHead } from "../stream/stream-head.ts";
import type { OurLabel, TapeDrive, TapeLabel } from "./tape-drive.ts";

/** The first piece of a file is no longer than that. */
const FIRST_PIECE_BYTES = 2 * MOST_BLOCK_BYTES;

/** A set that begins, or goes on, on a tape. */
export interface SetOnTape extends OurLabel {
  /** Number of its last file on this tape. */
  readonly lastFile: number;
  /** Nothing follows it: it may go on on another tape. */
  readonly isNewest: boolean;
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

/** Refuses a tape without a set. */
export function requireOurs(drive: TapeDrive, label: TapeLabel): OurLabel {
  if (label.kind === "ours") return label;
  const what = label.kind === "blank" ? msg`is empty` : msg`holds no backup made by mondo`;
  throw new MondoError("not-found", msg`the tape in ${drive.name} ${what}`, {
    hint: msg`Insert the first tape of a backup.`,
  });
}

/** The set that a file of the tape is of, by its first piece; undefined: that can't be read. */
async function setOfFile(drive: TapeDrive, recordBytes: number, file: number): Promise<string | undefined> {
  await drive.rewind();
  await drive.seek(file, 0);
  const { bytes } = await drive.read(recordBytes, Math.max(1, Math.ceil(FIRST_PIECE_BYTES / recordBytes)));
  const piece = decodePiece(bytes, 0);
  return piece && "content" in piece ? piece.set : undefined;
}

/**
 * Every set on the tape that is in the drive, in order. Where the first one is the last, too, nothing between is looked
 * for: each look winds the tape.
 */
export async function setsOnTape(drive: TapeDrive): Promise<readonly SetOnTape[]> {
  const first = requireOurs(drive, await drive.label());
  const files = await countFiles(drive);
  const isOnly = (await setOfFile(drive, first.recordBytes, files - 1)) === first.head.set;
  await drive.rewind();
  const found = [first];
  for (let file = isOnly ? files : first.file + 1; file < files; file++) {
    const label = await drive.headAt(file);
    if (label.kind === "ours") found.push(label);
  }
  return found.map((label, index) => {
    const next = found[index + 1];
    return { ...label, lastFile: (next?.file ?? files) - 1, isNewest: next === undefined };
  });
}

/** A set for people: `web1, 2026-01-31 23:59 UTC`. */
export function describeSetOnTape({ host, created, level, tape }: StreamHead): string {
  const of = `${host}, ${dateText(created)}${level === 0 ? "" : msg`, level ${level}`}`;
  return tape === 1 ? of : msg`${of} (tape ${tape})`;
}

/** Whether a set is the one of this id, or of an id that begins so. */
export const isSetMeant = (set: string, wanted: string): boolean => set.toLowerCase().startsWith(wanted.toLowerCase());

/** The set that is wanted; the newest when nothing is said. Throws `not-found` with what the tape holds. */
export function chosenSet(drive: TapeDrive, sets: readonly SetOnTape[], wanted: string | undefined): SetOnTape {
  const found = wanted === undefined ? sets.slice(-1) : sets.filter(({ head }) => isSetMeant(head.set, wanted));
  const [one, second] = found;
  if (one && !second) return one;
  const held = sets.map(({ head }) => `${head.set} (${describeSetOnTape(head)})`).join(", ");
  const why = second
    ? msg`several backups on the tape in ${drive.name} begin with`
    : msg`the tape in ${drive.name} has no set`;
  throw new MondoError("not-found", msg`${why} ${wanted}; it holds ${held}`, {
    hint: msg`Name one of them, or insert another tape.`,
  });
}
