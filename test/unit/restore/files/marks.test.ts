import { test } from "uvu";
import * as assert from "uvu/assert";
import { countChosen, listDirectory, TreeReader } from "../../../../src/archive/catalog/tree-listing.ts";
import type { ByteString } from "../../../../src/base/bytes.ts";
import { amountOf, choiceOf, type Marks, markOf, markPath, markPattern } from "../../../../src/restore/files/marks.ts";
import { randomOf } from "../../../support/seeded-random.ts";

const sizes = [
  ["", "directory", 0],
  ["etc", "directory", 0],
  ["etc/ssh", "directory", 0],
  ["etc/ssh/key", "file", 100],
  ["etc/ssh/sshd_config", "file", 20],
  ["etc/sshfs", "file", 7],
  ["etc/fstab", "file", 3],
  ["home/ann/.ssh/key", "file", 1000],
  ["swap", "symlink", 0],
].map(([path, kind, bytes]) => ({ path: path as ByteString, kind: kind as "file", bytes: bytes as number }));

const reader = () => new TreeReader({ sizes: () => sizes.values() });
const amount = (path: string) =>
  countChosen(sizes, ({ path: one }) => path === "" || one === path || one.startsWith(`${path}/`));
const mark = (marks: Marks, path: string, isOn = true) => markPath(marks, path as ByteString, isOn, amount(path));
const taken = (marks: Marks) => sizes.filter((entry) => choiceOf(marks)(entry)).map(({ path }) => path);

test("a directory brings what is below it, and nothing that only begins like it", () => {
  const marks = mark([], "etc/ssh");
  assert.equal(taken(marks), ["etc/ssh", "etc/ssh/key", "etc/ssh/sshd_config"]);
  assert.is(markOf(marks, "etc" as ByteString), "some");
  assert.is(markOf(marks, "etc/ssh/key" as ByteString), "all");
  assert.is(markOf(marks, "etc/sshfs" as ByteString), "none");
});

test("a part of what is marked can be left out, and a part of that marked again", () => {
  const marks = mark(mark(mark([], "etc"), "etc/ssh", false), "etc/ssh/key");
  assert.equal(taken(marks), ["etc", "etc/ssh/key", "etc/sshfs", "etc/fstab"]);
  assert.is(markOf(marks, "etc" as ByteString), "some");
  assert.equal(taken(mark(marks, "etc", false)), []);
  assert.is(mark(marks, "etc").length, 1);
});

test("a later pattern counts more than an earlier path, and the other way round", () => {
  const marks = markPattern(mark([], "etc"), "key", false);
  assert.equal(taken(marks), ["etc", "etc/ssh", "etc/ssh/sshd_config", "etc/sshfs", "etc/fstab"]);
  assert.ok(taken(mark(marks, "etc/ssh/key")).includes("etc/ssh/key" as ByteString));
  assert.equal(taken(markPattern([], "*/ann/**", true)), ["home/ann/.ssh/key"]);
  assert.is(amountOf(marks), undefined, "only the catalog knows what patterns take");
});

test("whatever is marked and unmarked, the sum is what the catalog says", () => {
  const random = randomOf(7);
  const paths = ["", "etc", "etc/ssh", "etc/ssh/key", "etc/ssh/sshd_config", "etc/sshfs", "home", "home/ann", "swap"];
  for (let round = 0; round < 300; round++) {
    let marks: Marks = [];
    for (let step = 0; step < 8; step++) {
      marks = mark(marks, paths[random(paths.length)] ?? "", random(10) < 6);
      assert.equal(amountOf(marks), countChosen(sizes, choiceOf(marks)), JSON.stringify(marks));
    }
  }
});

test("a directory is listed with all below it, directories first, also those without an entry", () => {
  const { children } = listDirectory(sizes, "" as ByteString, choiceOf(mark([], "etc/ssh")));
  assert.equal(
    children.map(({ name, kind, entries, bytes, chosen }) => [name, kind, entries, bytes, chosen.entries]),
    [
      ["etc", "directory", 6, 130, 3],
      ["home", "directory", 1, 1000, 0],
      ["swap", "symlink", 1, 0, 0],
    ],
  );
});

test("a search counts all, and names no more than are wanted", () => {
  const found = reader().find("key", 1);
  assert.equal([found.entries, found.bytes, found.first.map(({ path }) => path)], [2, 1100, ["etc/ssh/key"]]);
});

test.run();
