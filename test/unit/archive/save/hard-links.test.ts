import { test } from "uvu";
import * as assert from "uvu/assert";
import { HardLinks } from "../../../../src/archive/save/hard-links.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { type FileStat, FileType } from "../../../../src/host/fs-calls.ts";

const file: FileStat = {
  ...{ mode: FileType.file | 0o644, nlink: 2, uid: 0, gid: 0, size: 5, blocks: 8 },
  ...{ mtimeSec: 1_700_000_000, mtimeNsec: 1, ctimeSec: 1_700_000_001, ctimeNsec: 2, rdevMajor: 0, rdevMinor: 0 },
  ...{ devMajor: 8, devMinor: 1, inoHigh: 0, inoLow: 257, mountRoot: false, encrypted: false, verity: false },
};

/** First names of files that are found one after the other; `now`: what they are by then, if it is asked. */
function firstsOf(
  found: [string, Partial<FileStat>?][],
  now: Record<string, Partial<FileStat>> = {},
): (string | undefined)[] {
  const links = new HardLinks((path) => (now[path] ? { ...file, ...now[path] } : -2));
  return found.map(([path, stat = {}]) => links.firstOf({ path: toByteString(path), stat: { ...file, ...stat } }));
}

test("HardLinks know the further names of a file by its first one", () => {
  assert.equal(firstsOf([["a"], ["b"], ["c"]]), [undefined, "a", "a"]);
  assert.equal(
    firstsOf([
      ["a", { nlink: 1 }],
      ["b", { nlink: 1 }],
    ]),
    [undefined, undefined],
  );
  assert.equal(firstsOf([["a"], ["b", { devMinor: 2 }], ["c", { inoHigh: 1 }]]), [undefined, undefined, undefined]);
});

test("HardLinks don't take different files for one because their numbers are equal", () => {
  const others: Partial<FileStat>[] = [
    { size: 6 },
    { size: 5 + 2 ** 32 },
    { mtimeSec: 1 },
    { mtimeNsec: 3 },
    { ctimeSec: 1 },
    { ctimeNsec: 3 },
    { mode: FileType.fifo | 0o644 },
  ];
  for (const other of others) {
    const firsts = firstsOf([["a"], ["x", other], ["b"], ["y", other]], { a: {} });
    assert.equal(firsts, [undefined, undefined, "a", "x"], JSON.stringify(other));
  }
});

test("HardLinks look again at a file that has changed since its first name was found", () => {
  const grown = { size: 9, mtimeNsec: 5, ctimeNsec: 5 };
  assert.equal(firstsOf([["a"], ["b", grown], ["c", grown]], { a: grown }), [undefined, "a", "a"]);
  const replaced = { ...grown, inoLow: 300 };
  assert.equal(firstsOf([["a"], ["b", grown]], { a: replaced }), [undefined, undefined]);
});

test.run();
