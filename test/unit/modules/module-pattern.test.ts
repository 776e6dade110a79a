import { test } from "uvu";
import * as assert from "uvu/assert";
import { matchPattern, normalizeAlias } from "../../../src/modules/module-pattern.ts";

const patterns: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ["", "", true],
  ["*", "", true],
  ["a*", "abc", true],
  ["a*c", "abcbc", true],
  ["a*c", "abcb", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["dmi*:svn*", "dmi:bvnX:svnDell", true],
  ["x[0-9]y", "x5y", true],
  ["x[0-9]y", "xay", false],
  ["x[!0-9]y", "xay", true],
  ["x[]]y", "x]y", true],
  ["usb:v1234p[A-F]*", "usb:v1234pBEEF", true],
  ["x[", "x[", false],
  ["abc", "abcd", false],
];
for (const [pattern, text, matches] of patterns) {
  test(`matchPattern("${pattern}", "${text}") is ${matches}`, () => assert.is(matchPattern(pattern, text), matches));
}

test("matchPattern() stays fast on a pattern of stars", () => {
  const began = performance.now();
  assert.not(matchPattern(`${"a*".repeat(200)}b`, "a".repeat(2000)));
  assert.ok(performance.now() - began < 1000);
});

test("normalizeAlias() takes - for _ but not in brackets", () => {
  assert.is(normalizeAlias("of:N*T*Cfoo-bar[0-9]-x"), "of:N*T*Cfoo_bar[0-9]_x");
});

test.run();
