/** A new catalog of what the volumes hold, for a set whose own is damaged or gone. */

import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { readTarMember, type TarMember } from "../../formats/archive/tar-member.ts";
import { eventTurn } from "../../host/event-turn.ts";
import { CatalogWriter } from "../catalog/catalog-writer.ts";
import { FRAME_BYTES } from "../catalog/frame-bytes.ts";
import { FrameReader } from "../catalog/frame-reader.ts";
import { entryOf } from "../catalog/tar-entry.ts";
import type { FrameInfo } from "../entry.ts";
import { placeOf } from "../set/media-passes.ts";
import type { ArchiveSet, Locate, VolumeInfo } from "../set-files.ts";
import { type FoundFrame, findFrames } from "./find-frames.ts";

export interface RebuildRequest {
  readonly volumes: readonly VolumeInfo[];
  readonly locate: Locate;
  /** Existing directory that receives the catalog. */
  readonly directory: string;
}

/** What was found. `defects`: what of the volumes could not be used, one sentence each. */
export interface RebuildResult extends Pick<ArchiveSet, "catalog" | "entries" | "contentBytes"> {
  readonly defects: readonly string[];
}

/**
 * The members of a frame: whole ones; or one that goes on after exactly a piece. Undefined for what is not the start of
 * either.
 */
function membersOf(tar: Uint8Array): TarMember[] | undefined {
  const members: TarMember[] = [];
  try {
    for (let at = 0; at < tar.length; ) {
      const member = readTarMember(tar, at);
      if (!member) return members;
      members.push(member);
      at = member.next;
      if (at > tar.length) {
        const isPiece = members.length === 1 && tar.length - member.contentAt === FRAME_BYTES;
        return isPiece ? members : undefined;
      }
    }
    return members;
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/** A file in pieces of which bytes are still to come. */
interface Unfinished {
  left: number;
}

class Rebuilder {
  readonly #catalog: CatalogWriter;
  readonly #frames: FrameReader;
  readonly #defects: string[] = [];
  #large: Unfinished | undefined;
  #entries = 0;
  #frameCount = 0;
  #contentBytes = 0;

  constructor({ directory, volumes, locate }: RebuildRequest) {
    this.#catalog = new CatalogWriter(directory);
    this.#frames = new FrameReader(
      volumes.map((volume) => placeOf(volume, locate)),
      "zstd",
    );
  }

  /** What follows lies behind a part that is missing. */
  gap(text: string): void {
    this.#defects.push(text);
    this.#large = undefined;
  }

  frame({ frame, isListed }: FoundFrame): void {
    const tar = frame && this.#read(frame);
    // Who knows how much was passed over: what goes on behind it has lost its place.
    if (!tar && !isListed) this.#large = undefined;
    if (!frame) return;
    this.#frameCount++;
    if (this.#large && this.#isPiece(this.#large, frame)) this.#piece(this.#large, frame, tar);
    else if (tar) this.#members(frame, tar);
  }

  finish(): RebuildResult {
    this.#frames.close();
    const [entries, contentBytes] = [this.#entries, this.#contentBytes];
    const catalog = this.#catalog.finish({ entries, frames: this.#frameCount, contentBytes });
    return { catalog, entries, contentBytes, defects: this.#defects };
  }

  discard(): void {
    this.#frames.close();
    this.#catalog.discard();
  }

  #read(frame: FrameInfo): Uint8Array | undefined {
    try {
      return this.#frames.read(frame);
    } catch (error) {
      this.#defects.push(messageOf(error));
      return undefined;
    }
  }

  /** Whether a frame has the length that the next piece of a file has. */
  #isPiece({ left }: Unfinished, { tarBytes }: FrameInfo): boolean {
    return left > FRAME_BYTES ? tarBytes === FRAME_BYTES : tarBytes === Math.ceil(left / 512) * 512;
  }

  /** A damaged one keeps its place: the pieces behind it must find theirs. */
  #piece(large: Unfinished, frame: FrameInfo, tar: Uint8Array | undefined): void {
    const length = Math.min(FRAME_BYTES, large.left);
    const hash = tar ? Bun.hash.xxHash64(tar.subarray(0, length)) : 0n;
    this.#catalog.frame(frame);
    this.#catalog.piece({ dataOffset: 0, length, hash });
    large.left -= length;
    if (large.left === 0) this.#large = undefined;
  }

  #members(frame: FrameInfo, tar: Uint8Array): void {
    this.#large = undefined;
    const members = membersOf(tar);
    if (!members) {
      // What goes on from a part that is missing is no surprise.
      if (this.#defects.length === 0) this.#defects.push(msg`the frame at byte ${frame.offset} holds no tar entries`);
      return;
    }
    this.#catalog.frame(frame);
    for (const member of members) this.#member(member, tar);
  }

  #member(member: TarMember, tar: Uint8Array): void {
    const { contentAt, contentBytes } = member;
    const entry = entryOf(member);
    this.#entries++;
    this.#contentBytes += contentBytes;
    const here = tar.subarray(contentAt, contentAt + contentBytes);
    const hash = Bun.hash.xxHash64(here);
    if (entry.kind !== "file") this.#catalog.entry(entry);
    else if (member.next <= tar.length) this.#catalog.entry({ ...entry, hash, dataOffset: contentAt });
    else {
      this.#catalog.entry({ ...entry, pieces: Math.ceil(contentBytes / FRAME_BYTES) });
      this.#catalog.piece({ dataOffset: contentAt, length: here.length, hash });
      this.#large = { left: contentBytes - here.length };
    }
  }
}

/**
 * Reads all volumes and writes a catalog of what is in them: everything but sockets, which no volume holds. Damaged
 * frames and missing volumes cost what lies in them. MondoError `cancelled` leaves nothing behind.
 */
export async function rebuildCatalog(
  request: RebuildRequest,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<RebuildResult> {
  const rebuilder = new Rebuilder(request);
  const total = request.volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let done = 0;
  try {
    for (const [index, volume] of request.volumes.entries()) {
      const place = placeOf(volume, request.locate);
      if (typeof place === "string") {
        rebuilder.gap(place);
        continue;
      }
      for (const found of findFrames(place, index)) {
        if (signal?.aborted) throw new MondoError("cancelled", msg`the salvage was interrupted`);
        rebuilder.frame(found);
        reporter.progress({ label: msg`catalog`, done: done + (found.frame?.offset ?? 0), total, unit: "bytes" });
        await eventTurn();
      }
      if (place.sizeBytes < volume.sizeBytes) {
        rebuilder.gap(msg`${volume.name} is ${place.sizeBytes} bytes long instead of ${volume.sizeBytes}`);
      }
      done += volume.sizeBytes;
    }
    return rebuilder.finish();
  } catch (error) {
    rebuilder.discard();
    throw error;
  }
}
