import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseMountinfo } from "../../../../src/formats/fs/mount-tables.ts";

const text = (lines: readonly (readonly [id: number, parent: number, path: string])[]) =>
  lines.map(([id, parent, path]) => `${id} ${parent} 8:${id} / ${path} rw - ext4 /dev/x${id} rw`).join("\n");
const seen = (...lines: Parameters<typeof text>[0]) => parseMountinfo(text(lines)).map(({ devno }) => devno.slice(2));
const hidden = (...lines: Parameters<typeof text>[0]) =>
  parseMountinfo(text(lines), "covered").map(({ devno }) => devno.slice(2));

test("a mount over another at its path hides it, with all that is mounted below", () => {
  assert.equal(seen([20, 1, "/"], [21, 20, "/a"], [22, 21, "/a/b"], [23, 21, "/a"]), ["20", "23"]);
  assert.equal(hidden([20, 1, "/"], [21, 20, "/a"], [22, 21, "/a/b"], [23, 21, "/a"]), ["21", "22"]);
});

test("a mount at a directory above hides what was mounted below before, not what came after", () => {
  assert.equal(seen([20, 1, "/"], [21, 20, "/a/b"], [22, 20, "/a"], [23, 22, "/a/c"]), ["20", "22", "23"]);
  assert.equal(seen([20, 1, "/"], [21, 20, "/a"], [22, 21, "/a/b"], [23, 20, "/ab"]), ["20", "21", "22", "23"]);
});

test("a root over the initial one, parents that are not in the list and circles do no harm", () => {
  assert.equal(seen([1, 1, "/"], [20, 1, "/"], [21, 20, "/proc"]), ["20", "21"]);
  assert.equal(seen([99, 7, "/x"], [20, 1, "/"]), ["99", "20"]);
  assert.equal(seen([20, 21, "/a"], [21, 20, "/a/b"]), ["20", "21"]);
});

test("all of them are there for whoever must not overlook one", () => {
  assert.is(
    parseMountinfo(
      text([
        [20, 1, "/"],
        [21, 20, "/a"],
        [22, 20, "/a"],
      ]),
      "all",
    ).length,
    3,
  );
});

test("thousands of mounts take no time", () => {
  const many = Array.from({ length: 5000 }, (_, at) => [at + 100, 20, `/run/pods/${at}/volumes/x`] as const);
  const begun = performance.now();
  assert.is(seen([20, 1, "/"], ...many).length, 5001);
  assert.ok(performance.now() - begun < 1000);
});

test.run();
