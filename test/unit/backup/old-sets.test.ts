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
  setsToRemove(sets, sets.at(-1)?.dated.directory ?? "", keep).map(({ directory }) => directory);

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

test("setsToRemove() leaves the new set and what it builds on, though others have later dates", () => {
  const sets = [one(1), one(2), one(3, "web1", ["set2"]), one(9)];
  const gone = (keep: number) => setsToRemove(sets, "/b/3", keep).map(({ directory }) => directory);
  assert.equal(gone(1), ["/b/1", "/b/9"]);
  assert.equal(gone(2), ["/b/1"]);
  assert.equal(setsToRemove(sets, "/b/7", 1), []);
});

test("setsToRemove() leaves what a differential set that can't be read may build on", () => {
  const unread = { ...one(4, "web1", ["set2"]), manifest: undefined };
  assert.equal(removed([one(1), one(2), one(3, "web1", ["set2"]), unread, one(5)], 1), ["/b/1"]);
  assert.equal(removed([one(1, "web1", ["set0"]), unread, one(5)], 1), []);
});

test("setsToRemove() leaves the sets of another machine of the same name", () => {
  const of = (day: number, machine: string): KnownSet => {
    const { dated, manifest } = one(day);
    return { dated, manifest: { ...manifest, host: { name: "web1", machine } } as unknown as Manifest };
  };
  const sets = [of(1, "a"), of(2, "b"), of(3, "a"), of(4, "b")];
  assert.equal(
    setsToRemove(sets, "/b/4", 1).map(({ directory }) => directory),
    ["/b/2"],
  );
});

test.run();
