import { test } from "uvu";
import * as assert from "uvu/assert";
import { entryBody } from "../../../../src/archive/catalog/entry-record.ts";
import { putRecord, RecordType } from "../../../../src/archive/catalog/records.ts";
import type { Entry } from "../../../../src/archive/entry.ts";
import { type BatchTask, BatchWriter, putSplice, readBatch, readReturned } from "../../../../src/archive/save/batch.ts";
import { type ByteString, toByteString } from "../../../../src/base/bytes.ts";
import { PackedWriter } from "../../../../src/formats/archive/packed-bytes.ts";
import { randomOf } from "../../../support/seeded-random.ts";
import { craft } from "../crafted-set.ts";

type Item =
  | readonly ["regular", ByteString]
  | readonly ["other", ByteString, ByteString]
  | readonly ["maybe" | "look", ByteString, Entry]
  | readonly ["same", count: number];

function written(items: readonly Item[]): BatchTask | undefined {
  const batch = new BatchWriter();
  for (const item of items) {
    if (item[0] === "regular") batch.regular(item[1]);
    else if (item[0] === "other") batch.other(item[1], item[2]);
    else if (item[0] === "maybe") batch.maybe(item[1], entryBody(item[2]));
    else if (item[0] === "look") batch.look(item[1], entryBody(item[2]));
    else if (item[0] === "same") for (let left = item[1]; left > 0; left--) batch.same();
  }
  return batch.take();
}

/** What a Worker sees; indices are checked against the number of known files before. */
function read(task: BatchTask): Item[] {
  const items: Item[] = [];
  let known = 0;
  readBatch(task, {
    regular: (path) => items.push(["regular", path]),
    other: (path, firstLink) => items.push(["other", path, firstLink]),
    maybe: (path, { index, entry }) => {
      assert.is(index, known++);
      items.push(["maybe", path, entry]);
    },
    look: (path, { index, entry }) => {
      assert.is(index, known++);
      items.push(["look", path, entry]);
    },
    same: (index, count) => {
      assert.is(index, known);
      known += count;
      items.push(["same", count]);
    },
  });
  assert.is(known, task.known?.length ?? 0);
  return items;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const path = (text: string) => toByteString(text);
const file = (name: string) =>
  craft(name, "file", { flags: 0x10, inode: { high: 1, low: 2, ctimeSec: 3, ctimeNsec: 4 } });

test("readBatch() gives what BatchWriter took, whatever the names are", () => {
  const items: Item[] = [
    ["other", path(""), path("")],
    ["same", 2],
    ["regular", path("a/=3")],
    ["maybe", path("a/?"), file("a/?")],
    ["look", path("a/s"), file("a/s")],
    ["same", 1],
    ["other", path("b"), path("a/=3")],
    ["other", "\xff\n=" as ByteString, path("")],
    ["maybe", path("z"), file("z")],
    ["same", 3],
  ];
  const task = written(items);
  assert.ok(task);
  assert.equal(read(task), items);
});

test("a batch survives the copy to another thread", () => {
  const task = written([
    ["same", 1],
    ["maybe", path("x"), file("x")],
    ["regular", path("y")],
  ]);
  assert.ok(task);
  assert.equal(read(structuredClone(task)), read(task));
});

test("readBatch() gives back random batches", () => {
  const below = randomOf(11);
  const names = ["a", "b/c", "=", "?", "d/=1", "ü", "e\nf"];
  for (let round = 0; round < 200; round++) {
    const items = Array.from({ length: 1 + below(12) }, (): Item => {
      const name = path(names[below(names.length)] ?? "");
      const kinds: Item[] = [
        ["regular", name],
        ["other", name, path("a")],
        ["maybe", name, file("m")],
        ["same", 1],
      ];
      return kinds[below(kinds.length)] ?? ["regular", name];
    });
    // Known files one after the other are one item.
    const merged: Item[] = [];
    for (const item of items) {
      const last = merged.at(-1);
      if (item[0] === "same" && last?.[0] === "same") merged.splice(-1, 1, ["same", last[1] + 1]);
      else merged.push(item);
    }
    const task = written(items);
    assert.ok(task);
    assert.equal(read(task), merged);
  }
});

test("take() of a batch begins another one", () => {
  const batch = new BatchWriter();
  assert.is(batch.take(), undefined);
  batch.same();
  assert.equal(batch.take()?.known, [undefined]);
  assert.is(batch.take(), undefined);
  batch.regular(path("a"));
  assert.equal(batch.take(), { kind: "batch", paths: "a\0/\0" });
});

test("readReturned() gives records as they are and known files by their place", () => {
  const into = new PackedWriter();
  const [first, second] = [entryBody(file("first")), entryBody(file("second"))];
  putRecord(into, RecordType.entry, first);
  putSplice(into, 0, 300);
  putSplice(into, 300, 1, file("now"));
  putRecord(into, RecordType.entry, second);
  const now = new PackedWriter();
  putRecord(now, RecordType.entry, entryBody(file("now")));
  const found = [...readReturned(into.bytes())];
  const plain = found.map((item) =>
    "index" in item ? { ...item, ...(item.now ? { now: hex(item.now) } : {}) } : { ...item, bytes: hex(item.bytes) },
  );
  assert.equal(plain, [
    { type: RecordType.entry, bytes: hex(first) },
    { index: 0, count: 300 },
    { index: 300, count: 1, now: hex(now.bytes()) },
    { type: RecordType.entry, bytes: hex(second) },
  ]);
});

test.run();
