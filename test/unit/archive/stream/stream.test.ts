/** Streams: what is written comes back, and of damaged ones nothing that is wrong. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest, encodeManifest, type Manifest } from "../../../../src/archive/set/manifest.ts";
import { PieceReader, type StreamPart } from "../../../../src/archive/stream/piece-reader.ts";
import { PieceWriter } from "../../../../src/archive/stream/piece-writer.ts";
import { spoolStream } from "../../../../src/archive/stream/spool.ts";
import { allMissing, readStream } from "../../../../src/archive/stream/stream-contents.ts";
import { decodeHead, encodeHead, headOf } from "../../../../src/archive/stream/stream-head.ts";
import { verifyStream } from "../../../../src/archive/stream/verify-stream.ts";
import { concatBytes, encodeText } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import {
  decodePiece,
  encodePiece,
  pieceBytes,
  pieceContentBytes,
  startsStream,
} from "../../../../src/formats/archive/stream-piece.ts";
import { emptyManifest } from "../../../support/empty-manifest.ts";
import { call } from "../../../support/mondo.ts";
import { mutatorOf } from "../../../support/mutate.ts";

const test = suite("streams");
const base = mkdtempSync(join(tmpdir(), "mondo-stream-"));
test.after(() => rmSync(base, { recursive: true, force: true }));

const SET = "3a8e1c9b-31f5-4a4e-9a45-0c1d2b3a4f5e";
const BLOCK = 65_536;
/** Longer than any file of the set. */
const MOST = 3 << 20;
const noise = (bytes: number, seed: number) => mutatorOf(seed).noise(bytes);
const sha = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const volumes = new Map([
  ["volume-0001.tar.zst", noise(2_200_000, 1)],
  ["volume-0002.tar.zst", noise(pieceContentBytes(BLOCK), 2)],
  ["volume-0003.tar.zst", noise(3, 3)],
]);
const catalog = noise(70_000, 4);
const info = (name: string, bytes: Uint8Array) => ({ name, sizeBytes: bytes.length, sha256: sha(bytes) });
const manifest: Manifest = {
  ...decodeManifest(emptyManifest("web1"), "manifest"),
  set: SET,
  volumes: [...volumes].map(([name, bytes]) => info(name, bytes)),
  catalog: info("catalog.mcat.zst", catalog),
};

/** The pieces of the set, as they are written. */
async function piecesOf(blockBytes = BLOCK): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const writer = new PieceWriter(
    { set: SET, created: 1, blockBytes },
    { put: (piece) => void pieces.push(piece.slice()) },
  );
  await writer.file("head.json", [encodeHead(headOf(manifest, "web1", blockBytes))]);
  for (const [name, bytes] of volumes) {
    await writer.begin(name);
    for (let at = 0; at < bytes.length; at += 300_000) await writer.write(bytes.subarray(at, at + 300_000));
    await writer.end();
  }
  await writer.file("catalog.mcat.zst", [catalog]);
  await writer.file("manifest.json", [encodeText(encodeManifest(manifest))]);
  return pieces;
}

/** Gives the bytes in parts of some length. */
function readerOf(bytes: Uint8Array, part = 100_001): PieceReader {
  let at = 0;
  const next = async (): Promise<StreamPart> => {
    const from = at;
    at += part;
    return from < bytes.length ? bytes.subarray(from, at) : undefined;
  };
  return new PieceReader({ next });
}

/** What comes of a stream: for each file the bytes, and whether each of them came. */
async function comeOf(reader: PieceReader) {
  const files = new Map<string, Uint8Array>();
  const rooms = new Map<string, Uint8Array>();
  const taker = {
    take({ file, offset, content }: { file: string; offset: number; content: Uint8Array }) {
      const room = rooms.get(file) ?? new Uint8Array(MOST);
      rooms.set(file, room);
      room.set(content, offset);
      files.set(file, room.subarray(0, offset + content.length));
    },
  };
  return { files, contents: await readStream(reader, "the stream", taker) };
}

test("every file comes back, whatever the blocks and however the bytes come", async () => {
  for (const [blockBytes, part] of [
    [512, 511],
    [BLOCK, 1 << 20],
    [1 << 20, 70_000],
    [393_216, 4096],
    // All at once: more than the room for pieces.
    [4 << 20, 64 << 20],
  ] as const) {
    const pieces = await piecesOf(blockBytes);
    for (const piece of pieces) assert.is(piece.length % blockBytes, 0);
    const { files, contents } = await comeOf(readerOf(concatBytes([...pieces, new Uint8Array(blockBytes)]), part));
    for (const [name, bytes] of [...volumes, ["catalog.mcat.zst", catalog] as const]) {
      assert.ok(Buffer.compare(files.get(name) ?? new Uint8Array(0), bytes) === 0, `${name}, blocks of ${blockBytes}`);
    }
    assert.equal(contents.missing, []);
    assert.is(contents.manifest?.set, SET);
    assert.is(contents.head?.host, "web1");
  }
});

test("pieces fill whole blocks, and a full one its length", async () => {
  const pieces = await piecesOf();
  assert.is(pieces[1]?.length, pieceBytes(BLOCK));
  assert.ok(startsStream(pieces[0] ?? new Uint8Array(0)));
  assert.not.ok(startsStream(noise(4096, 9)));
});

test("tar sees the files in numbered parts", async () => {
  const path = join(base, "seen");
  mkdirSync(path);
  await Bun.write(join(base, "stream"), concatBytes([...(await piecesOf()), new Uint8Array(BLOCK)]));
  const told = call(["tar", "-x", "-f", join(base, "stream"), "-C", path]);
  assert.is(told.status, 0);
  assert.is(told.err, "");
  const parts = readdirSync(join(path, "mondo")).filter((name) => name.startsWith("volume-0001"));
  const joined = concatBytes(parts.sort().map((name) => readFileSync(join(path, "mondo", name))));
  assert.ok(Buffer.compare(joined, volumes.get("volume-0001.tar.zst") ?? joined) === 0);
  assert.is(readFileSync(join(path, "mondo/volume-0003.tar.zst")).length, 3);
});

test("a head says whose the stream is", () => {
  const head = headOf({ ...manifest, level: 2 }, "web1", BLOCK, 3);
  assert.equal(decodeHead(new TextDecoder().decode(encodeHead(head))), JSON.parse(JSON.stringify(head)));
  assert.is(decodeHead("{}"), undefined);
  assert.is(decodeHead("no JSON"), undefined);
});

test("a piece with any byte changed is none", async () => {
  const head = { set: SET, number: 5, file: "volume-0001.tar.zst", offset: 1024, bytes: 1000, isLast: false };
  const content = noise(1000, 7);
  const piece = encodePiece(head, content, 512, 0);
  const whole = decodePiece(piece, 0);
  assert.ok(whole && "content" in whole && Buffer.compare(whole.content, content) === 0);
  const random = mutatorOf(11);
  for (let i = 0; i < 2000; i++) {
    const found = decodePiece(random.mutated(piece), 0);
    if (!found || "more" in found) continue;
    const { content: bytes, end: _, ...what } = found;
    assert.equal(what, head);
    assert.ok(Buffer.compare(bytes, content) === 0);
  }
});

test("damaged streams give right bytes or none, and what is missing is said", async () => {
  const pieces = await piecesOf();
  const stream = concatBytes([...pieces, new Uint8Array(BLOCK)]);
  const originals = new Map([...volumes, ["catalog.mcat.zst", catalog]]);
  for (let seed = 0; seed < 25; seed++) {
    const bytes = mutatorOf(seed).mutated(stream);
    try {
      const { files, contents } = await comeOf(readerOf(bytes));
      const gone = contents.manifest ? allMissing(contents, contents.manifest) : contents.missing;
      for (const [name, got] of files) {
        const original = originals.get(name);
        if (!original) continue;
        for (let at = 0; at < got.length; at += 4096) {
          const isGone = gone.some(
            ({ file, offset, length }) => file === name && at + 4096 > offset && at < offset + length,
          );
          if (isGone) continue;
          const end = Math.min(at + 4096, got.length);
          assert.ok(
            Buffer.compare(got.subarray(at, end), original.subarray(at, end)) === 0,
            `${name} at ${at}, ${seed}`,
          );
        }
        if (contents.manifest) assert.ok(got.length === original.length || gone.some(({ file }) => file === name));
      }
    } catch (error) {
      assert.instance(error, MondoError, String((error as Error).stack));
      assert.not.ok((error as Error).message.includes("\n"));
    }
  }
});

test("another set's pieces inside a stream are passed over", async () => {
  const [first, second, ...rest] = await piecesOf();
  const head = { set: crypto.randomUUID(), number: 2, file: "volume-0001.tar.zst", offset: 0, bytes: 9, isLast: false };
  const foreign = encodePiece(head, noise(9, 1), BLOCK, 0);
  const broken = (second ?? foreign).slice();
  // The piece is damaged, and its content looks like a piece of another stream.
  broken.set(foreign.subarray(0, 4096), 8192);
  const { files, contents } = await comeOf(readerOf(concatBytes([first ?? foreign, broken, ...rest])));
  assert.is(
    files
      .get("volume-0001.tar.zst")
      ?.subarray(0, 9)
      .every((byte) => byte === 0),
    true,
  );
  assert.equal(contents.missing, [{ file: "volume-0001.tar.zst", offset: 0, length: pieceContentBytes(BLOCK) }]);
});

test("what can't be read is passed over, and the rest is found", async () => {
  const stream = concatBytes([...(await piecesOf()), new Uint8Array(BLOCK)]);
  let at = 0;
  const next = async (): Promise<StreamPart> => {
    const from = at;
    at += BLOCK;
    if (from === 5 * BLOCK) return { unreadable: "input/output error" };
    return from < stream.length ? stream.subarray(from, at) : undefined;
  };
  const reader = new PieceReader({ next });
  const { contents } = await comeOf(reader);
  assert.equal(contents.missing, [{ file: "volume-0001.tar.zst", offset: 0, length: pieceContentBytes(BLOCK) }]);
  assert.equal([...reader.unreadable], ["input/output error"]);
});

test("a stream becomes a directory with the files of the set, or without volumes", async () => {
  const stream = concatBytes([...(await piecesOf()), new Uint8Array(BLOCK)]);
  for (const [kept, count] of [
    ["all", 5],
    ["catalog", 2],
  ] as const) {
    const directory = join(base, kept);
    mkdirSync(directory);
    await spoolStream(readerOf(stream), "it", directory, kept, silentReporter);
    assert.is(readdirSync(directory).length, count);
    assert.is(sha(readFileSync(join(directory, "catalog.mcat.zst"))), manifest.catalog.sha256);
  }
});

test("a stream that is cut short is refused with what came, and one of nothing is none", async () => {
  const pieces = await piecesOf();
  const directory = join(base, "cut");
  mkdirSync(directory);
  const cut = concatBytes(pieces.slice(0, 4));
  const failure = await spoolStream(readerOf(cut), "it", directory, "all", silentReporter).catch((error) => error);
  assert.instance(failure, MondoError);
  assert.match(failure.message, /^it ends before the backup of web1 in it does: 1 volume and no manifest came/);
  assert.ok(readdirSync(directory).includes("volume-0001.tar.zst"));
  const none = await verifyStream(readerOf(noise(5000, 1)), "it", directory, silentReporter).catch((error) => error);
  assert.match(none.message, /^it holds no stream of a backup/);
});

test.run();
