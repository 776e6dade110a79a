import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import {
  decodeSeekTable,
  encodeSeekTable,
  seekTableBytes,
  seekTableLength,
} from "../../../../src/formats/archive/zstd-seek-table.ts";

const entries = [
  { storedBytes: 1000, contentBytes: 4_194_304 },
  { storedBytes: 4_294_967_295, contentBytes: 1 },
  { storedBytes: 13, contentBytes: 0 },
];

test("encodeSeekTable() is what the specification shows, byte for byte", () => {
  const table = encodeSeekTable([{ storedBytes: 0x1234, contentBytes: 0x400000 }]);
  assert.is(Buffer.from(table).toString("hex"), "5e2a4d181100000034120000000040000100000000b1ea928f");
  assert.is(table.length, seekTableBytes(1));
});

test("decodeSeekTable(encodeSeekTable(x)) = x, and its length is told by its last bytes", () => {
  for (const list of [[], entries]) {
    const table = encodeSeekTable(list);
    assert.equal(decodeSeekTable(table), list);
    assert.is(seekTableLength(table.subarray(-9)), table.length);
  }
});

test("decodeSeekTable() passes over checksums", () => {
  const table = Buffer.from("5e2a4d18150000003412000000004000aabbccdd0100000080b1ea928f", "hex");
  assert.equal(decodeSeekTable(table), [{ storedBytes: 0x1234, contentBytes: 0x400000 }]);
});

test("decodeSeekTable() of cut, changed or random bytes is an error or a table", () => {
  const table = encodeSeekTable(entries);
  for (let i = 0; i < table.length; i++) {
    assert.throws(
      () => decodeSeekTable(table.subarray(0, i)),
      (e: unknown) => e instanceof MondoError && e.code === "damaged",
    );
    for (let bit = 0; bit < 8; bit++) {
      const bad = table.slice();
      bad[i] = (bad[i] ?? 0) ^ (1 << bit);
      try {
        assert.is(decodeSeekTable(bad).length, entries.length);
      } catch (error) {
        assert.instance(error, MondoError);
      }
    }
  }
  assert.is(seekTableLength(new Uint8Array(8)), undefined);
  assert.is(seekTableLength(crypto.getRandomValues(new Uint8Array(64)).fill(1)), undefined);
});

test.run();
