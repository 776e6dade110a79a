/** Files of a set read from tapes wherever they are asked for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeTapeIndex } from "../../../src/archive/tape/tape-index.ts";
import { whyNotThisTape } from "../../../src/archive/tape/tape-words.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { TapePieces } from "../../../src/tapes/tape-pieces.ts";
import { type Cartridge, cartridge, FakeTape } from "../../support/fake-tape.ts";
import { BLOCK, MIB, rig, save, volumes } from "../../support/saved-tapes.ts";
import { randomOf } from "../../support/seeded-random.ts";

const test = suite("pieces from tapes");

/** A set on tapes of a length, and a reader that has the first in its drive; `inserted`: which were asked for. */
async function reading(capacity: number, change: (tapes: readonly Cartridge[]) => void = () => {}) {
  const tapes = Array.from({ length: 9 }, () => ({ ...cartridge(capacity), unreadable: new Set<number>() }));
  const writing = new FakeTape(tapes[0]);
  writing.next.push(...tapes.slice(1));
  const set = crypto.randomUUID();
  const { index } = await save(rig(writing), set);
  change(tapes);
  const port = new FakeTape(tapes[0]);
  const { drive, changer } = rig(port);
  const inserted: number[] = [];
  const insert = async (tape: number) => {
    inserted.push(tape);
    port.loaded = tapes[tape - 1];
    const judge = (label: Parameters<typeof whyNotThisTape>[0]) => whyNotThisTape(label, set, tape);
    await changer.wait({ what: `tape ${tape}`, access: "read", judge });
  };
  await insert(1);
  const settling: (() => void)[] = [];
  const settle = async () => settling.shift()?.();
  const pieces = new TapePieces({ drive, set, index, recordBytes: BLOCK, tape: 1, insert, settle });
  return { pieces, inserted, port, tapes, index, settling };
}

/** Where a volume goes on from the first tape to the second. */
function crossing({ tapes }: Awaited<ReturnType<typeof reading>>["index"]): { name: string; offset: number } {
  const [first, second] = tapes.map(({ files }) => files.filter(({ name }) => volumes.has(name)));
  const found = second?.find(({ name, offset }) => offset > 0 && first?.some((one) => one.name === name));
  if (!found) throw new Error("no volume lies on both tapes");
  return found;
}

async function readsRight(pieces: TapePieces, name: string, offset: number, length: number): Promise<void> {
  const bytes = volumes.get(name) ?? new Uint8Array(0);
  const got = await pieces.read(name, bytes.length, offset, length);
  assert.ok(Buffer.compare(got, bytes.subarray(offset, offset + length)) === 0, `${name} ${offset} ${length}`);
}

test("any range comes from its tape, in whatever order", async () => {
  for (const capacity of [Number.POSITIVE_INFINITY, 3 * MIB + 5 * BLOCK]) {
    const { pieces } = await reading(capacity);
    const random = randomOf(5);
    const names = [...volumes.keys()];
    for (let i = 0; i < 150; i++) {
      const name = names[random(names.length)] ?? "";
      const size = volumes.get(name)?.length ?? 0;
      const offset = random(size);
      await readsRight(pieces, name, offset, Math.min(1 + random(300_000), size - offset));
    }
  }
});

test("who wants more of the tape in the drive gets it before another one is asked for", async () => {
  const { pieces, inserted, index, settling } = await reading(3 * MIB);
  const { name, offset } = crossing(index);
  const late: Promise<void>[] = [];
  settling.push(() => late.push(readsRight(pieces, name, 0, 1000)));
  await Promise.all([
    readsRight(pieces, name, offset, 1000),
    readsRight(pieces, name, offset - 1000, 1000),
    readsRight(pieces, name, offset + 1000, 1000),
  ]);
  await Promise.all(late);
  assert.is(late.length, 1, "it came while the second tape was about to be asked for");
  assert.equal(inserted, [1, 2]);
});

test("front to back, by several at a time, no tape is asked for twice", async () => {
  const { pieces, inserted, index } = await reading(3 * MIB);
  for (const [name, bytes] of volumes) {
    for (let at = 0; at < bytes.length; at += 400_000) {
      const parts = [0, 200_000, 100_000].filter((more) => at + more < bytes.length);
      await Promise.all(
        parts.map((more) => readsRight(pieces, name, at + more, Math.min(100_000, bytes.length - at - more))),
      );
    }
  }
  assert.equal(inserted, [...new Set(inserted)].sort());
  assert.ok(index.tapes.length > 1 && inserted.length >= index.tapes.length - 1);
});

test("a record that can't be read costs its piece, and a reset of the drive nothing", async () => {
  const { pieces, port } = await reading(Number.POSITIVE_INFINITY, ([tape]) => {
    const first = tape?.items.indexOf("mark") ?? 0;
    tape?.unreadable?.add(first + 1 + 20);
  });
  const failure = await pieces.read("volume-0001.tar.zst", 3_200_000, 1_100_000, 100).catch((error) => error);
  assert.instance(failure, MondoError);
  assert.match(
    failure.message,
    /^1046528 bytes of volume-0001\.tar\.zst, from byte 1046528 on, can't be read from tape 1/,
  );
  await readsRight(pieces, "volume-0001.tar.zst", 2_200_000, 900_000);
  port.reset();
  await readsRight(pieces, "volume-0003.tar.zst", 5, 1_500_000);
});

test("a piece that is shorter than it must be is damage, not waited for, and no index names blocks without end", async () => {
  const { pieces, index } = await reading(Number.POSITIVE_INFINITY);
  // The third piece of the volume ends it: who says that it goes on gets no more than a sentence.
  const failure = await pieces.read("volume-0001.tar.zst", 9_000_000, 3_150_000, 100_000).catch((error) => error);
  assert.instance(failure, MondoError);
  assert.match(failure.message, /can't be read from tape 1: what stands there is not what was written/);
  const text = (blockBytes: number) => JSON.stringify({ ...index, blockBytes });
  assert.equal(decodeTapeIndex(text(4 << 20))?.tapes, index.tapes);
  assert.is(decodeTapeIndex(text(8 << 20)), undefined);
});

test.run();
