import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import { type BatchReader, BatchWriter, readBatch } from "../../../../src/archive/save/batch.ts";
import type { ByteString } from "../../../../src/base/bytes.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { setXattrFd } from "../../../../src/host/fs-calls.ts";
import { canLoop } from "../../../support/loop-disk.ts";
import { needing } from "../../../support/needing.ts";
import { craft, craftSet } from "../crafted-set.ts";
import { mountFresh } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const test = suite<{ work: string }>("entries that are larger than they look");
test.before.each((context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-attributes-"));
  for (const name of ["tree", "set", "target"]) mkdirSync(join(context.work, name));
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

test("a batch is read until its reader is full, and the rest from there on", () => {
  const batch = new BatchWriter();
  for (const name of ["a", "b", "c", "d"]) batch.regular(name as Parameters<BatchWriter["regular"]>[0]);
  const read: string[] = [];
  const reader = { regular: (path: string) => void read.push(path) } as unknown as BatchReader;
  const task = batch.take();
  const rest = task && readBatch(task, reader, () => read.length === 3);
  assert.equal(read, ["a", "b", "c"]);
  assert.is(rest?.from, 0);
  assert.is(rest && readBatch(rest.task, reader, () => read.length === 3), undefined, "one item is always read");
  assert.equal(read, ["a", "b", "c", "d"]);
});

test("names that make a batch much larger than it was counted are cut into frames, in order", async ({ work }) => {
  // A path of 4000 bytes takes 5 KiB of tar, and counts for 1 KiB: 4096 of them would be a frame of 20 MiB.
  let deep = join(work, "tree");
  for (let level = 0; level < 15; level++) deep = join(deep, "d".repeat(240));
  mkdirSync(deep, { recursive: true });
  for (let index = 0; index < 3000; index++) writeFileSync(join(deep, `${10_000 + index}`), `${index}`);
  const set = await saveSet(join(work, "tree"), join(work, "saved"), { threads: 0 });
  const frames = [];
  const names: string[] = [];
  for (const record of openCatalog(`${set.directory}/catalog.mcat.zst`).records()) {
    if (record.type === "frame") frames.push(record.frame.tarBytes);
  }
  for (const { path, kind } of openCatalog(`${set.directory}/catalog.mcat.zst`).names()) {
    if (kind === "file") names.push(path);
  }
  assert.is(names.length, 3000);
  assert.equal(names, names.toSorted());
  assert.ok(Math.max(...frames) < 9 << 20, `${Math.max(...frames)}`);
  const files = { directory: set.directory, manifest: set.manifest, target: join(work, "target"), threads: 0 };
  assert.equal((await extractArchive(files, silentReporter)).problems, []);
  const back = deep.replace(join(work, "tree"), join(work, "target"));
  for (const index of [0, 1499, 2999]) assert.is(readFileSync(join(back, `${10_000 + index}`), "utf8"), `${index}`);
});

test("each frame is read once, however large its entries' attributes are", async ({ work }) => {
  const value = crypto.getRandomValues(new Uint8Array(60_000));
  const xattrs = new Map([["user.large", value]]) as unknown as NonNullable<Parameters<typeof craft>[2]>["xattrs"];
  const entries = Array.from({ length: 100 }, (_, index) => craft(`f${index}`, "file", xattrs ? { xattrs } : {}));
  const manifest = craftSet(join(work, "set"), entries);
  const request = { directory: join(work, "set"), manifest, target: join(work, "target"), threads: 0 };
  const { readBytes } = await extractArchive(request, silentReporter);
  assert.ok(readBytes <= (manifest.volumes[0]?.sizeBytes ?? 0), `${readBytes} bytes read`);
});

needing(test, canLoop())(
  "more attributes than a small machine could read again are not saved, and that is told",
  async ({ work }) => {
    // XFS takes as many as one likes.
    const fs = mountFresh("xfs", 300);
    if (!fs) throw new Error("no file system could be made");
    try {
      mkdirSync(join(fs.path, "tree/directory"), { recursive: true });
      const value = new Uint8Array(60_000);
      for (const [name, count] of [
        ["directory", 420],
        ["large", 420],
        ["less", 30],
      ] as const) {
        const path = join(fs.path, "tree", name);
        if (name !== "directory") writeFileSync(path, "content");
        const fd = openSync(path, "r");
        for (let index = 0; index < count; index++) setXattrFd(fd, `user.${index}` as ByteString, value);
        closeSync(fd);
      }
      const set = await saveSet(join(fs.path, "tree"), join(work, "saved"), { threads: 0 });
      const reason = "its extended attributes are not saved: they are more than 24 MiB";
      assert.equal(set.manifest.problems, [
        { path: "/directory", severity: "changed", reason },
        { path: "/large", severity: "changed", reason },
      ]);
      const files = { directory: set.directory, manifest: set.manifest, target: join(fs.path, "back"), threads: 0 };
      mkdirSync(files.target);
      assert.equal((await extractArchive(files, silentReporter)).problems, []);
      assert.is(readFileSync(join(files.target, "large"), "utf8"), "content");
    } finally {
      fs.release();
    }
  },
);

test.run();
