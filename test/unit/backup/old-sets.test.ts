import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DatedSet } from "../../../src/archive/set/dated-sets.ts";
import type { Manifest } from "../../../src/archive/set/manifest.ts";
import { type KnownSet, setsToRemove } from "../../../src/backup/old-sets.ts";

const one = (day: number, host = "web1", parents: string[] = []): KnownSet => ({
  dated: { directory: `/b/${day}`, host, setName: "p", date: String(day), level: parents.length } as DatedSet,
  manifest: { set: `set${day}`, host: { name: host }, parents: parents.map((set) => ({ set })) } as unknown as Manifest,
});
const removed = (sets: readonly KnownSet[], keep: number) =>
  setsToRemove(sets, "web1", keep).map(({ directory }) => directory);

test("setsToRemove() takes the oldest", () => {
  assert.equal(removed([one(1), one(2), one(3)], 2), ["/b/1"]);
  assert.equal(removed([one(1), one(2)], 2), []);
});

test("setsToRemove() leaves what those that stay build on", () => {
  assert.equal(removed([one(1), one(2), one(3, "web1", ["set1"])], 1), ["/b/2"]);
});

test("setsToRemove() leaves other machines' sets, and what can't be read, and counts neither", () => {
  const unread = { ...one(2), manifest: undefined };
  assert.equal(removed([one(1), unread, one(3, "db"), one(4)], 1), ["/b/1"]);
});

test.run();
