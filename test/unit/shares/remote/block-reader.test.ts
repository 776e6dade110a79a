import { test } from "uvu";
import * as assert from "uvu/assert";
import { BLOCK_BYTES, BlockReader, MOST_AHEAD } from "../../../../src/shares/remote/block-reader.ts";

const SIZE = 100 * BLOCK_BYTES + 17;
const byteAt = (at: number): number => (at >> 10) ^ at;

/** A file on a server that answers when it is told to. */
function slowFile(fail: (offset: number) => boolean = () => false) {
  const waiting = new Map<number, () => void>();
  const asked: number[] = [];
  const reader = new BlockReader(SIZE, (offset, length) => {
    asked.push(offset / BLOCK_BYTES);
    return new Promise((resolve, reject) => {
      waiting.set(offset, () => {
        waiting.delete(offset);
        if (fail(offset)) reject(new Error("no"));
        else resolve(new Uint8Array(length).map((_, at) => byteAt(offset + at)));
      });
    });
  });
  const answerAll = () => {
    for (const answer of [...waiting.values()]) answer();
  };
  return { reader, waiting, asked, answerAll };
}

test("a BlockReader that is read in order is sixteen parts and more ahead, and asks for each once", async () => {
  const { reader, asked, answerAll } = slowFile();
  for (let at = 0; at < 60 * BLOCK_BYTES; at += 128 * 1024) {
    const read = reader.read(at, 128 * 1024);
    answerAll();
    assert.is((await read)[5], byteAt(at + 5) & 0xff);
  }
  assert.is(new Set(asked).size, asked.length);
  const [last] = asked.slice(-1);
  assert.ok(last !== undefined && last >= 59 + 16, `${last} is the last one that was asked for`);
});

test("a BlockReader keeps a full window under way where the server is far", async () => {
  const { reader, waiting, answerAll } = slowFile();
  const first = reader.read(0, 6 * BLOCK_BYTES);
  answerAll();
  await first;
  for (let block = 6; block < 12; block++) {
    const read = reader.read(block * BLOCK_BYTES, 10);
    // The oldest alone comes: the others are still on their way.
    for (const [offset, answer] of waiting) if (offset <= block * BLOCK_BYTES) answer();
    await read;
  }
  assert.ok(waiting.size >= 16 && waiting.size <= MOST_AHEAD, `${waiting.size} under way`);
  answerAll();
});

test("a BlockReader that jumps asks for little, and gives what a range holds up to the end of the file", async () => {
  const { reader, asked, answerAll } = slowFile();
  for (const block of [50, 10, 90]) {
    const read = reader.read(block * BLOCK_BYTES - 3, 10);
    answerAll();
    assert.equal(
      [...(await read)],
      Array.from({ length: 10 }, (_, at) => byteAt(block * BLOCK_BYTES - 3 + at) & 0xff),
    );
  }
  assert.ok(asked.length <= 12, `${asked.length} parts for three small ranges`);
  const end = reader.read(SIZE - 5, 100);
  answerAll();
  assert.is((await end).byteLength, 5);
  assert.is((await reader.read(SIZE, 10)).byteLength, 0);
});

test("a BlockReader asks again for what could not be had", async () => {
  let isBroken = true;
  const { reader, answerAll } = slowFile(() => isBroken);
  const failed = reader.read(0, 10).then(
    () => "read",
    () => "failed",
  );
  answerAll();
  assert.is(await failed, "failed");
  isBroken = false;
  const again = reader.read(0, 10);
  answerAll();
  assert.is((await again).byteLength, 10);
});

test.run();
