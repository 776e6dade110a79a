import { test } from "uvu";
import * as assert from "uvu/assert";
import { closest } from "../../../src/base/closest.ts";
import { termLines, wrap } from "../../../src/base/wrap.ts";

test("wrap() breaks between words and keeps a long word whole", () => {
  assert.equal(wrap("one two  three", 7), ["one two", "three"]);
  assert.equal(wrap("a incomprehensible b", 5), ["a", "incomprehensible", "b"]);
  assert.equal(wrap("", 5), []);
});

test("termLines() puts a short term beside its explanation, and a long one above it", () => {
  assert.equal(termLines("-d", "a directory", { width: 30, column: 8 }), ["  -d    a directory"]);
  assert.equal(termLines("--a-long-option", "what it does", { width: 30, column: 8 }), [
    "  --a-long-option",
    "        what it does",
  ]);
  // An explanation is never squeezed to less than 20 characters.
  const wrapped = termLines("x", "one two three four five six seven", { width: 20, column: 5 });
  assert.equal(wrapped, ["  x  one two three four", "     five six seven"]);
});

for (const [typed, meant] of [
  ["archvie", "archive"],
  ["Restore", "restore"],
  ["verfy", "verify"],
  ["extr", "extract"],
  ["plan", "plan"],
  ["frobnicate", undefined],
  ["ls", undefined],
  ["", undefined],
] as const) {
  test(`closest(${typed}) is ${meant}`, () => {
    assert.is(closest(typed, ["archive", "restore", "verify", "extract", "plan", "list"]), meant);
  });
}

test.run();
