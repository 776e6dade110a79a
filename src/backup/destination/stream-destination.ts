import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import { dateText } from "../../archive/set/chain.ts";
import { encodeManifest, type Manifest } from "../../archive/set/manifest.ts";
import { PieceWriter } from "../../archive/stream/piece-writer.ts";
import { filesOf } from "../../archive/stream/stream-contents.ts";
import { BOOT_IMAGE_NAME, encodeHead, HEAD_NAME, headOf } from "../../archive/stream/stream-head.ts";
import { headIn, holdsStream } from "../../archive/stream/stream-place.ts";
import { encodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { KIB, MIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { openStreamOut, STANDARD_STREAM, type StreamOut, standardStreamOut } from "../../host/stream-file.ts";
import { renderHowto } from "../howto.ts";
import { LARGEST_VOLUME } from "../media-plan.ts";
import type { StreamMedium } from "../request.ts";
import { makeBootImage } from "./boot-image.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";

/** A tape with the usual block length takes the same stream. */
const BLOCK_BYTES = 64 * KIB;
/** What a device is looked at for something that would be lost. */
const LOOKED_AT_BYTES = MIB;

const refused = (message: string, hint: string) => new MondoError("refused", message, { hint });

/** Refuses to replace what is no stream of this machine. */
async function requireOurs(host: Host, path: string, us: string, { overwrite }: StreamMedium): Promise<void> {
  const stat = host.stat(path);
  if (!stat || overwrite || (stat.kind === "file" && stat.sizeBytes === 0)) return;
  const other = msg`Name another one, or give --overwrite: what it holds is lost then.`;
  const head = holdsStream(host, path) ? await headIn(path) : undefined;
  if (head && head.host === us) return;
  if (head) throw refused(msg`${path} holds the backup of ${head.host} of ${dateText(head.created)}`, other);
  const start = stat.kind === "block" ? host.readAt(path, 0, LOOKED_AT_BYTES) : undefined;
  if (start?.every((byte) => byte === 0)) return;
  throw refused(msg`${path} holds something that is no backup made by mondo`, other);
}

/** Where the bytes go: a file gets its name when it is complete. */
interface Opened {
  readonly out: StreamOut;
  readonly name: string;
  /** Puts a complete stream into its place. */
  readonly settle: () => void;
  /** Takes an unfinished one away, where that can be. */
  readonly drop: () => void;
}

async function open(host: Host, medium: StreamMedium, us: string): Promise<Opened> {
  const { target } = medium;
  const nothing = () => {};
  if (target === STANDARD_STREAM) {
    const out = standardStreamOut();
    if (out.kind === "terminal") throw refused(msg`standard output is a terminal`, msg`Add | PROGRAM, or > FILE.`);
    return { out, name: msg`the stream`, settle: nothing, drop: nothing };
  }
  const kind = host.stat(target)?.kind;
  if (kind === "directory")
    throw refused(msg`${target} is a directory`, msg`Name a file or device; -i -d writes ISO files.`);
  if (kind === "char" && /[/]n?st\d+[a-z]?$/.test(host.realPath(target) ?? target)) {
    throw refused(msg`${target} is a tape drive`, msg`Give -t -d ${target}.`);
  }
  if (kind === "file" || kind === "block") await requireOurs(host, target, us, medium);
  if (kind !== "file" && kind !== undefined) {
    const out = await openStreamOut(target, { isBlock: kind === "block" });
    return { out, name: target, settle: nothing, drop: nothing };
  }
  const partial = `${target}.partial`;
  host.remove(partial);
  const out = await openStreamOut(partial, { isBlock: false });
  const settle = () => host.rename(partial, target);
  return { out, name: target, settle, drop: () => host.remove(partial) };
}

/** A file in parts. */
export function* partsOf(host: Host, path: string): Generator<Uint8Array> {
  const size = host.stat(path)?.sizeBytes ?? 0;
  for (let at = 0; at < size; at += MIB) yield host.readAt(path, at, Math.min(MIB, size - at));
}

/** The files of a set that lie in the run's directory, then what names them all. */
export async function writeRest(host: Host, set: string, manifest: Manifest, writer: PieceWriter): Promise<void> {
  const volumes = new Set(manifest.volumes.map(({ name }) => name));
  for (const { name } of filesOf(manifest)) {
    if (!volumes.has(name)) await writer.file(name, partsOf(host, `${set}/${name}`));
  }
  await writer.file("HOWTO.txt", [encodeText(renderHowto(manifest))]);
  await writer.file("manifest.json", [encodeText(encodeManifest(manifest))]);
}

/** The set as a stream: head, what boots, volumes, catalog, manifest. */
export async function streamDestination(host: Host, wish: DestinationWish, reporter: Reporter): Promise<Destination> {
  const { job } = wish;
  const { set, created, places, request, source } = job;
  const { medium } = request;
  if (medium?.kind !== "stream") throw new MondoError("bug", msg`a stream was not asked for`);
  const bootImage = await makeBootImage(host, wish, reporter);
  const { out, name, settle, drop } = await open(host, medium, source.host.name);
  let sizeBytes = 0;
  const put = (piece: Uint8Array) => {
    sizeBytes += piece.byteLength;
    return out.write(piece);
  };
  const writer = new PieceWriter({ set, created, blockBytes: BLOCK_BYTES }, { put });
  const discard = (): void => {
    out.close();
    drop();
  };
  /** What fails takes the unfinished stream away. */
  const orDiscard = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      discard();
      throw error;
    }
  };
  await orDiscard(async () => {
    const about = { set, created, prefix: request.prefix, layout: source.layout, level: request.diffLevel };
    await writer.file(HEAD_NAME, [encodeHead(headOf(about, source.host.name, BLOCK_BYTES))]);
    if (bootImage !== undefined) await writer.file(BOOT_IMAGE_NAME, partsOf(host, bootImage));
  });
  const sink: VolumeSink = {
    begin: (file) => writer.begin(file),
    write: (bytes) => writer.write(bytes),
    end: () => writer.end(),
    discard,
    ...(out.kind === "file" ? { outputFd: out.fd } : {}),
  };
  const finish = async (whole: Manifest, _: Reporter, signal: AbortSignal): Promise<BackupResult> => {
    // Its digests are in the image that boots.
    const { boot: __, ...manifest } = whole;
    await orDiscard(async () => {
      signal.throwIfAborted();
      await writeRest(host, places.set, manifest, writer);
      // Two blocks of zeros end a tar archive.
      await put(new Uint8Array(BLOCK_BYTES));
      signal.throwIfAborted();
      await out.finish();
      settle();
    });
    return { made: [{ name, sizeBytes }], manifest };
  };
  return { sink, volumeBytes: LARGEST_VOLUME, finish };
}
