import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ContentBuffer } from "../../../../src/archive/tree/content-buffer.ts";
import { readRanges } from "../../../../src/archive/tree/read-ranges.ts";
import { describeUnread } from "../../../../src/archive/tree/unread.ts";
import { saveSet } from "../saved-set.ts";

/** Reading memory where nothing is mapped is an I/O error, without any broken disk. */
const BROKEN = "/proc/self/mem";
/** A part of a process's addresses that nothing is mapped to. */
const FAR = 2 ** 40;
const EIO = 5;

const test = suite<{ work: string }>("what can't be read");
test.before.each((context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-unread-"));
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

test("readRanges() counts what could not be read, in all ranges", () => {
  const fd = openSync(BROKEN, "r");
  const into = new ContentBuffer(0);
  const unread = readRanges(fd, [FAR, 10_000, FAR + 100_000, 1_000_000], into);
  closeSync(fd);
  assert.equal(unread, { errno: EIO, first: FAR, bytes: 1_010_000 });
  assert.is(into.length, 1_010_000);
  assert.ok(into.filled().every((byte) => byte === 0));
});

test("readRanges() fills up a file that became shorter", ({ work }) => {
  writeFileSync(join(work, "short"), "abcdef");
  const fd = openSync(join(work, "short"), "r");
  const into = new ContentBuffer(0);
  const unread = readRanges(fd, [0, 2, 4, 10], into);
  closeSync(fd);
  assert.equal(unread, { errno: 0, first: 6, bytes: 8 });
  assert.is(Buffer.from(into.filled()).toString("latin1"), `abef${"\0".repeat(8)}`);
  assert.is(
    unread && describeUnread(unread),
    "it became shorter while it was read: 8 bytes at its end are stored as zeros",
  );
});

test("all of a large file's unreadable bytes are told, once, whatever piece they are in", async ({ work }) => {
  mkdirSync(join(work, "tree"));
  const size = 9_500_000;
  const image = { entry: "disk.img", device: BROKEN, sizeBytes: FAR + size, extents: [FAR, size], mtimeSec: 1 };
  const { manifest } = await saveSet(join(work, "tree"), join(work, "set"), { threads: 0, images: [image] });
  const reason = `input/output error at byte ${FAR}: 9500000 bytes from there on are stored as zeros`;
  assert.equal(manifest.problems, [{ path: "/disk.img", severity: "changed", reason }]);
});

test.run();
