/** A set on tapes in memory, as a backup writes it. */
import { decodeManifest, encodeManifest, type Manifest } from "../../src/archive/set/manifest.ts";
import { PieceWriter } from "../../src/archive/stream/piece-writer.ts";
import { encodeHead, HEAD_NAME, headOf } from "../../src/archive/stream/stream-head.ts";
import { TapeChanger } from "../../src/archive/tape/tape-changer.ts";
import { TapeDrive } from "../../src/archive/tape/tape-drive.ts";
import { encodeTapeIndex, TAPE_INDEX_NAME, type TapeIndex } from "../../src/archive/tape/tape-index.ts";
import { TapeChanged, TapeWriter } from "../../src/archive/tape/tape-writer.ts";
import { encodeText } from "../../src/base/bytes.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { emptyManifest } from "./empty-manifest.ts";
import type { FakeTape } from "./fake-tape.ts";
import { mutatorOf } from "./mutate.ts";

export const BLOCK = 65_536;
export const MIB = 1 << 20;
export const SAVED_AT = 1_700_000_000;
const clock = { sleep: async () => {} };
export const sha = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const info = (name: string, bytes: Uint8Array) => ({ name, sizeBytes: bytes.length, sha256: sha(bytes) });
export const noise = (bytes: number, seed: number) => mutatorOf(seed).noise(bytes);
export const volumes = new Map([
  ["volume-0001.tar.zst", noise(3_200_000, 1)],
  ["volume-0002.tar.zst", noise(700_000, 2)],
  ["volume-0003.tar.zst", noise(1_800_000, 3)],
]);
export const catalog = noise(1_500_000, 4);

/** A reporter that keeps what it was told. */
export function listener(): Reporter & { readonly told: string[] } {
  const told: string[] = [];
  const keep = (text: string) => void told.push(text);
  return { ...silentReporter, told, step: keep, info: keep, warn: keep };
}

export function rig(port: FakeTape, reporter: Reporter = silentReporter) {
  const drive = new TapeDrive("/dev/nst0", port);
  return { port, drive, changer: new TapeChanger(drive, clock, reporter, true) };
}

export interface Saved {
  readonly manifest: Manifest;
  readonly tapes: number;
  readonly index: TapeIndex;
}

/** Writes the set, as a backup does, from where the drive stands. */
export async function save({ drive, changer }: ReturnType<typeof rig>, set: string, obdr?: Uint8Array): Promise<Saved> {
  const manifest: Manifest = {
    ...decodeManifest(emptyManifest("web1"), "manifest"),
    ...{ set, created: SAVED_AT },
    volumes: [...volumes].map(([name, bytes]) => info(name, bytes)),
    catalog: info("catalog.mcat.zst", catalog),
  };
  drive.requireTape(await drive.open("write"));
  const label = await drive.label();
  await drive.rewind();
  const head = headOf(manifest, "web1", BLOCK);
  const owner = { set, host: "web1", now: SAVED_AT, overwrite: false };
  const tapes = new TapeWriter({ drive, changer, head, owner, reporter: silentReporter });
  if (label.kind === "ours") {
    await drive.do("toEnd");
    tapes.beginAt(await drive.file());
  }
  if (obdr) await tapes.writeObdr([obdr]);
  const writer = new PieceWriter({ set, created: SAVED_AT, blockBytes: BLOCK }, tapes);
  await writer.file(HEAD_NAME, [encodeHead(head)]);
  for (const [name, bytes] of volumes) await writer.file(name, [bytes]);
  tapes.beginRest();
  for (let isDone = false; !isDone; ) {
    try {
      await writer.file(TAPE_INDEX_NAME, [encodeTapeIndex(tapes.index)]);
      await writer.file("catalog.mcat.zst", [catalog]);
      await writer.file("manifest.json", [encodeText(encodeManifest(manifest))]);
      isDone = true;
    } catch (error) {
      if (!(error instanceof TapeChanged)) throw error;
    }
  }
  await tapes.finish();
  await drive.close();
  return { manifest, tapes: tapes.index.tapes.length, index: tapes.index };
}
