import { test } from "uvu";
import * as assert from "uvu/assert";
import { matcherOf } from "../../../../src/archive/catalog/pattern.ts";
import { type ByteString, toByteString } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";

const matches = (pattern: string, path: string): boolean => matcherOf([pattern]).matches(toByteString(path));

const cases: readonly (readonly [pattern: string, matching: readonly string[], other: readonly string[]])[] = [
  ["passwd", ["passwd", "etc/passwd", "etc/passwd/below"], ["etc/passwd-", "etc/xpasswd"]],
  ["*.conf", ["a.conf", "etc/.conf", "x/y.conf/z"], ["a.config", "conf"]],
  ["/etc/*.conf", ["etc/a.conf"], ["etc/deep/a.conf", "x/etc/a.conf", "etc"]],
  ["./etc/", ["etc", "etc/passwd"], ["x/etc"]],
  ["etc/", ["etc", "etc/deep/x"], ["x/etc/y"]],
  ["/etc/**/*.conf", ["etc/a.conf", "etc/b/c/a.conf"], ["etcetera/a.conf", "etc/a.txt"]],
  ["/etc/**", ["etc/a", "etc/a/b"], ["etc", "etcetera"]],
  ["**/x", ["x", "a/x", "a/b/x/c"], ["a/xx"]],
  ["/a**z", ["az", "a/b/z", "a/b/z/below"], ["b/az"]],
  ["file?", ["file1", "a/fileX"], ["file", "file10", "file/"]],
  ["[a-c]x", ["ax", "d/cx"], ["dx", "-x"]],
  ["[!a-c]x", ["dx"], ["ax"]],
  ["[^a]x", ["bx"], ["ax"]],
  ["[]]", ["]"], ["["]],
  ["[]^-]", ["]", "^", "-"], ["x"]],
  ["[a", ["[a"], ["a"]],
  ["a[!b]c", ["axc"], ["a/c", "abc"]],
  ["\\*", ["*"], ["x"]],
  ["\\[x]", ["[x]"], ["x"]],
  ["a.b+(c)|$^{d}", ["a.b+(c)|$^{d}"], ["aXb", "d"]],
  ["/", ["", "anything/below"], []],
  [".", ["", "anything/below"], []],
  ["//etc//ssh/./*.pub/.", ["etc/ssh/a.pub", "etc/ssh/a.pub/x"], ["etc/ssh", "etc"]],
  ["././.a/..b", [".a/..b"], ["a/b", ".a"]],
  ["\u00e9t?", ["\u00e9ta"], ["\u00e9t\u00e9"]],
  ["/**/x/**/*y", ["x/y", "a/x/b/c/zy"], ["xy", "x/yz"]],
  ["*", ["a", "a/b", "new\nline"], [""]],
];

for (const [pattern, matching, other] of cases) {
  test(`matcherOf("${pattern}") takes what a shell would, and what is below it`, () => {
    for (const path of matching) assert.ok(matches(pattern, path), `${pattern} should match ${path}`);
    for (const path of other) assert.not.ok(matches(pattern, path), `${pattern} should not match ${path}`);
  });
}

test("matcherOf() takes bytes that are no text, as listings show them", () => {
  const latin = "caf\xe9" as ByteString;
  assert.ok(matcherOf(["caf\\xe9"]).matches(latin));
  assert.ok(matcherOf(["caf\\xE9"]).matches(latin));
  assert.ok(matcherOf(["caf?"]).matches(latin));
  assert.ok(matcherOf(["*[\\x80-\\xff]"]).matches(latin));
  assert.not.ok(matcherOf(["caf\u00e9"]).matches(latin), "in a UTF-8 pattern that letter is two bytes");
});

test("unmatched() names the patterns that took nothing, whichever came first", () => {
  const matcher = matcherOf(["etc", "*.conf", "missing"]);
  matcher.matches(toByteString("etc/a.conf"));
  assert.equal(matcher.unmatched(), ["missing"]);
});

test("matcherOf() refuses a range that is out of order, by name", () => {
  assert.throws(
    () => matcherOf(["[z-a]"]),
    (error: unknown) => error instanceof MondoError && error.code === "usage" && error.message.includes('"[z-a]"'),
  );
});

test("matcherOf() answers in time for patterns made of stars", () => {
  const started = performance.now();
  assert.not.ok(matches("*a*a*a*a*b", `${"a".repeat(255)}/${"a".repeat(255)}`));
  assert.not.ok(matches(`/${"**/a*".repeat(9)}b`, "a/".repeat(300)));
  assert.ok(performance.now() - started < 2000);
});

test.run();
