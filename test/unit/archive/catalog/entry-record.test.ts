import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeEntry, encodeEntry } from "../../../../src/archive/catalog/entry-record.ts";
import { coarsened, commonRanges, holesOf, RangeCursor } from "../../../../src/archive/catalog/ranges.ts";
import { RecordType } from "../../../../src/archive/catalog/records.ts";
import { selectionOf } from "../../../../src/archive/catalog/selection.ts";
import { severityOf } from "../../../../src/archive/compare/severity.ts";
import type { Entry } from "../../../../src/archive/entry.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { PackedReader, PackedWriter } from "../../../../src/formats/archive/packed-bytes.ts";
import { craft } from "../crafted-set.ts";

function bodyOf(entry: Entry): Uint8Array {
  const writer = new PackedWriter();
  encodeEntry(writer, entry);
  const reader = new PackedReader(writer.bytes());
  assert.is(reader.u8(), RecordType.entry);
  return reader.block().slice();
}

const rich = craft("dir/\u00e9", "file", {
  mode: 0o7777,
  uid: 4_294_967_295,
  gid: 3_000_000,
  size: 2 ** 50,
  mtimeSec: -1,
  mtimeNsec: 999_999_999,
  xattrs: new Map([[toByteString("user.x"), new Uint8Array([0, 1, 255])]]),
  extents: [0, 4096, 2 ** 49, 1],
  pieces: 9,
  flags: 0x10,
  project: 7,
  inode: { low: 4_294_967_295, high: 1, ctimeSec: 1_800_000_000, ctimeNsec: 999_999_999 },
  shared: [
    { space: 4_294_967_295, ranges: [0, 4096, 2 ** 52, 2 ** 49, 4096, 0] },
    { space: 0, ranges: [8192, 100, 7] },
  ],
});

test("decodeEntry(encodeEntry(x)) = x, for every kind and everything optional", () => {
  const samples = [
    rich,
    craft("", "directory"),
    craft("l", "symlink", { to: "../x" }),
    craft("h", "hardlink", { to: "first" }),
    craft("b", "block", { rdev: { major: 259, minor: 1_048_575 } }),
    craft("c", "char", { rdev: { major: 1, minor: 3 } }),
    craft("p", "fifo"),
    craft("s", "socket"),
  ];
  for (const entry of samples) assert.equal(decodeEntry(bodyOf(entry)), entry);
});

test("decodeEntry() refuses shared ranges that overlap, are empty, or pass a file's end or all numbers", () => {
  for (const ranges of [
    [0, 10, 5, 9, 10, 5],
    [0, 0, 5],
    [2 ** 50 - 1, 2, 5],
    [0, 4096, Number.MAX_SAFE_INTEGER - 4095],
  ]) {
    const body = bodyOf({ ...rich, shared: [{ space: 1, ranges }] });
    assert.throws(() => decodeEntry(body), /shared ranges overlap or pass its end/);
  }
});

test("decodeEntry() of cut or random bytes is an error or an entry, never anything else", () => {
  const body = bodyOf(rich);
  for (let length = 0; length < body.length; length++) {
    assert.throws(
      () => decodeEntry(body.subarray(0, length)),
      (error: unknown) => error instanceof MondoError && error.code === "damaged",
    );
  }
  for (let i = 0; i < 20_000; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(i % 97));
    try {
      decodeEntry(bytes);
    } catch (error) {
      assert.ok(error instanceof MondoError, String(error));
    }
  }
});

test("RangeCursor takes runs across ranges and ends", () => {
  const cursor = new RangeCursor([0, 10, 100, 5, 200, 1]);
  assert.equal(cursor.take(4), [0, 4]);
  assert.equal(cursor.take(8), [4, 6, 100, 2]);
  assert.equal(cursor.take(100), [102, 3, 200, 1]);
  assert.equal(cursor.take(1), []);
});

test("coarsened() takes the shortest gaps in until few ranges are left, and loses nothing", () => {
  const ranges = Array.from({ length: 100 }, (_, index) => [index * 10_000 + (index >= 50 ? 1e6 : 0), 4096]).flat();
  assert.is(coarsened(ranges, 100), ranges);
  assert.equal(coarsened(ranges, 99), [0, 494_096, 1_500_000, 494_096]);
  assert.equal(coarsened(ranges, 1), [0, 1_994_096]);
  assert.equal(coarsened([0, 10, 5000, 10, 5020, 10], 2), [0, 10, 5000, 30]);
});

test("holesOf() is what ranges leave, commonRanges() what they share", () => {
  assert.equal(holesOf([], 10), [0, 10]);
  assert.equal(holesOf([0, 4, 6, 2], 10), [4, 2, 8, 2]);
  assert.equal(holesOf([0, 10], 10), []);
  assert.equal(commonRanges([0, 10, 20, 10], [5, 20, 28, 9]), [5, 5, 20, 5, 28, 2]);
  assert.equal(commonRanges([0, 5], [5, 5]), []);
});

test("severityOf() follows Mondo's rules", () => {
  const severities: readonly (readonly [string, number])[] = [
    ["/usr/bin/ls", 3],
    ["/etc/passwd", 3],
    ["/etc/mtab", 1],
    ["/etc/adjtime", 1],
    ["/root/secret", 3],
    ["/root/.bashrc", 2],
    ["/home/me/x", 2],
    ["/home/me/x~", 1],
    ["/var/lib/foo", 2],
    ["/var/lib/rpm/Packages", 3],
    ["/var/log/syslog", 1],
    ["/var/spool/cron/x", 1],
    ["/var/mail/root", 2],
    ["/var/spool/mail/root", 2],
    ["/var/cache/apt/x", 1],
    ["/var/run/x.pid", 1],
    ["/srv/data", 3],
  ];
  for (const [path, severity] of severities) assert.is(severityOf(path), severity, path);
});

test("selectionOf() makes the first chosen link the file when its first link was not chosen", () => {
  const entries = [
    craft("d", "directory"),
    craft("d/first", "file"),
    craft("d/second", "hardlink", { to: "d/first" }),
    craft("d/third", "hardlink", { to: "d/first" }),
  ];
  const selection = selectionOf(entries, ({ path }) => path !== "d/first" && path !== "d");
  assert.equal(
    entries.map((entry) => selection.take(entry)).map((entry) => entry && [entry.path, entry.kind, entry.target]),
    [undefined, ["d/second", "file", undefined], undefined, ["d/third", "hardlink", "d/second"]],
  );
  assert.ok(selection.isWay(toByteString("d")) && selection.isWay(toByteString("")));
});

test.run();
