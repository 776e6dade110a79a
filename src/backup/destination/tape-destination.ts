import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import type { Manifest } from "../../archive/set/manifest.ts";
import { PieceWriter } from "../../archive/stream/piece-writer.ts";
import { BOOT_IMAGE_NAME, encodeHead, HEAD_NAME, headOf } from "../../archive/stream/stream-head.ts";
import { countFiles } from "../../archive/tape/sets-on-tape.ts";
import { TapeChanger } from "../../archive/tape/tape-changer.ts";
import { TapeDrive } from "../../archive/tape/tape-drive.ts";
import { encodeTapeIndex, TAPE_INDEX_NAME } from "../../archive/tape/tape-index.ts";
import { openTapeThread } from "../../archive/tape/tape-thread.ts";
import { whyNotReplaced } from "../../archive/tape/tape-words.ts";
import { TapeChanged, TapeWriter } from "../../archive/tape/tape-writer.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { GIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { makeBootImage } from "./boot-image.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";
import { partsOf, writeRest } from "./stream-destination.ts";

/** A file mark stands behind each volume: what is wanted is found by winding to it. */
const TAPE_VOLUME_BYTES = 8 * GIB;

/** Winds to where the set begins: the start, or behind what is on the tape. Throws `refused` when that must stay. */
async function toBeginning(
  drive: TapeDrive,
  append: boolean,
  owner: Parameters<typeof whyNotReplaced>[1],
): Promise<number> {
  drive.requireTape(await drive.open("write"));
  const label = await drive.label();
  if (append && label.kind === "ours") {
    const files = await countFiles(drive);
    await drive.do("toEnd");
    return files;
  }
  const why =
    append && label.kind === "foreign"
      ? whyNotReplaced(label, { ...owner, overwrite: false })
      : whyNotReplaced(label, owner);
  if (why !== undefined) {
    throw new MondoError("refused", `${drive.name}: ${why}`, {
      hint: msg`Insert another tape, or give --overwrite: what it holds is lost then; --append adds to a backup of mondo's.`,
    });
  }
  await drive.rewind();
  return 0;
}

/** The set on tapes: the head, what boots, the volumes, and at the end of the last one catalog and manifest. */
export async function tapeDestination(host: Host, wish: DestinationWish, reporter: Reporter): Promise<Destination> {
  const { job, signal } = wish;
  const { set, created, places, request, source } = job;
  const { medium } = request;
  if (medium?.kind !== "tape") throw new MondoError("bug", msg`no tape was asked for`);
  const { device, blockBytes, overwrite, append, isObdr } = medium;
  const port = openTapeThread(device);
  const drive = new TapeDrive(device, port);
  const changer = new TapeChanger(drive, host, reporter, request.eject, signal);
  const owner = { set, host: source.host.name, now: created, overwrite };
  const about = { set, created, prefix: request.prefix, layout: source.layout, level: request.diffLevel };
  const head = headOf(about, source.host.name, blockBytes);
  const tapes = new TapeWriter({ drive, changer, head, owner, reporter });
  const writer = new PieceWriter({ set, created, blockBytes }, tapes);
  const close = async () => {
    await drive.close();
    await port.end();
  };
  const begin = async () => {
    tapes.beginAt(await toBeginning(drive, append, owner));
    const bootImage = await makeBootImage(host, wish, reporter);
    if (bootImage !== undefined && isObdr) await tapes.writeObdr(partsOf(host, bootImage));
    await writer.file(HEAD_NAME, [encodeHead(head)]);
    if (bootImage !== undefined && !isObdr) await writer.file(BOOT_IMAGE_NAME, partsOf(host, bootImage));
  };
  /** The last files, again on the next tape when one was full. */
  const writeEnd = async (manifest: Manifest): Promise<void> => {
    tapes.beginRest();
    for (;;) {
      try {
        await writer.file(TAPE_INDEX_NAME, [encodeTapeIndex(tapes.index)]);
        await writeRest(host, places.set, manifest, writer);
        return;
      } catch (error) {
        if (!(error instanceof TapeChanged)) throw error;
      }
    }
  };
  const finish = async (whole: Manifest): Promise<BackupResult> => {
    // Its digests are in the image that boots.
    const { boot: __, ...manifest } = whole;
    try {
      signal.throwIfAborted();
      await writeEnd(manifest);
      await tapes.finish();
    } finally {
      await close();
    }
    const count = tapes.index.tapes.length;
    const name = count === 1 ? msg`the tape in ${device}` : msg`${count} tapes in ${device}`;
    return { made: [{ name, sizeBytes: tapes.sizeBytes }], manifest };
  };
  try {
    await begin();
  } catch (error) {
    await close();
    throw error;
  }
  const sink: VolumeSink = {
    begin: (file) => writer.begin(file),
    write: (bytes) => writer.write(bytes),
    end: () => writer.end(),
    async discard() {
      await close();
    },
  };
  return { sink, volumeBytes: TAPE_VOLUME_BYTES, finish };
}
