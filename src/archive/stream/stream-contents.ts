import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Piece } from "../../formats/archive/stream-piece.ts";
import { CATALOG_NAME } from "../catalog/catalog-writer.ts";
import { decodeManifest, type Manifest } from "../set/manifest.ts";
import { MOST_MANIFEST_BYTES } from "../set/read-manifest.ts";
import type { VolumeInfo } from "../set-files.ts";
import type { PieceReader } from "./piece-reader.ts";
import { decodeHead, HEAD_NAME, type StreamHead } from "./stream-head.ts";

/** A range of a file of a set that did not come. */
export interface MissingRange {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** What a stream was found to hold. */
export interface StreamContents {
  readonly head: StreamHead | undefined;
  /** Files that began, with what came of them: behind the last byte that was seen. */
  readonly files: ReadonlyMap<string, { readonly end: number; readonly isComplete: boolean }>;
  readonly missing: readonly MissingRange[];
}

/** Takes what comes, in order. A range that is missing is passed over: `offset` says where the piece belongs. */
export interface ContentTaker {
  take(piece: Piece): void | Promise<void>;
}

const MOST_HEAD_BYTES = MOST_MANIFEST_BYTES;

/** Where a file of the stream has come to. */
interface Coming {
  end: number;
  isComplete: boolean;
}

/** The small files that say what a stream is, kept in memory. */
class Collected {
  readonly #parts = new Map<string, Uint8Array[]>();
  readonly #sizes = new Map<string, number>();

  add({ file, content }: Piece): void {
    if (file !== HEAD_NAME && file !== "manifest.json") return;
    const size = (this.#sizes.get(file) ?? 0) + content.byteLength;
    if (size > MOST_HEAD_BYTES)
      throw new MondoError("damaged", msg`the stream has a ${file} of more than ${size} bytes`);
    this.#sizes.set(file, size);
    const parts = this.#parts.get(file) ?? [];
    parts.push(Uint8Array.prototype.slice.call(content));
    this.#parts.set(file, parts);
  }

  text(file: string): string | undefined {
    const parts = this.#parts.get(file);
    return parts && decodeText(Buffer.concat(parts));
  }
}

/**
 * Reads a stream to the end of its set and hands on what comes. The manifest is undefined when it did not come, or not
 * whole: the stream was cut short. Throws `damaged` when there is no stream at all.
 */
export async function readStream(
  reader: PieceReader,
  name: string,
  taker: ContentTaker,
  signal?: AbortSignal,
): Promise<StreamContents & { readonly manifest: Manifest | undefined }> {
  const files = new Map<string, Coming>();
  const missing: MissingRange[] = [];
  const small = new Collected();
  for (let piece = await reader.next(); piece; piece = await reader.next()) {
    signal?.throwIfAborted();
    const coming = files.get(piece.file) ?? { end: 0, isComplete: false };
    files.set(piece.file, coming);
    // What comes twice (the block that a tape refused is on the next one, too) has come before.
    if (piece.offset < coming.end || (coming.isComplete && piece.bytes > 0)) continue;
    const length = piece.offset - coming.end;
    if (length > 0) missing.push({ file: piece.file, offset: coming.end, length });
    small.add(piece);
    await taker.take(piece);
    coming.end = piece.offset + piece.bytes;
    coming.isComplete = piece.isLast;
    if (piece.file === "manifest.json" && piece.isLast) break;
  }
  if (files.size === 0) {
    const [why] = reader.unreadable;
    throw new MondoError("damaged", msg`${name} holds no stream of a backup${why === undefined ? "" : `: ${why}`}`, {
      data: { holdsNone: true },
      hint: msg`Give what mondo archive -u or -t has written.`,
    });
  }
  const isWhole = files.get("manifest.json")?.isComplete && !missing.some(({ file }) => file === "manifest.json");
  const text = isWhole ? small.text("manifest.json") : undefined;
  const manifest = text === undefined ? undefined : decodeManifest(text, msg`manifest.json of ${name}`);
  return { head: decodeHead(small.text(HEAD_NAME) ?? ""), files, missing, manifest };
}

/** The files of a set that a manifest describes. */
export function filesOf({ volumes, catalog, removed, headers = [], hooks = [] }: Manifest): readonly VolumeInfo[] {
  return [...volumes, catalog, ...(removed ? [removed] : []), ...headers, ...hooks];
}

/** What else did not come, now that the manifest says what belongs to the set. */
export function allMissing({ files, missing }: StreamContents, manifest: Manifest): MissingRange[] {
  const tails = filesOf(manifest).flatMap(({ name, sizeBytes }) => {
    const end = files.get(name)?.end ?? 0;
    return end < sizeBytes ? [{ file: name, offset: end, length: sizeBytes - end }] : [];
  });
  return [...missing, ...tails];
}

/** The error for a stream without its end. */
export function cutShort(name: string, { head, files }: StreamContents): MondoError {
  const whose = head ? msg` of ${head.host}` : "";
  const volumes = [...files.keys()].filter((file) => file.startsWith("volume-")).length;
  const hint =
    files.has(CATALOG_NAME) || volumes > 0 ? msg`What came of it can be had with mondo verify --salvage.` : "";
  return new MondoError(
    "damaged",
    msg`${name} ends before the backup${whose} in it does: ${volumes} volume${volumes === 1 ? "" : "s"} and no manifest came`,
    hint === "" ? {} : { hint },
  );
}
