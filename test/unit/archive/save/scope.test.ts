import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Scope, scopeRules, type Verdict } from "../../../../src/archive/save/scope.ts";
import { relativePath } from "../../../../src/archive/tree/paths.ts";
import { toByteString } from "../../../../src/base/bytes.ts";

/** The verdict of a path, by those of all directories above it. */
function verdictOf(scope: Partial<Scope>, path: string): Verdict {
  const rules = scopeRules({ include: ["/"], exclude: [], mounts: [], ...scope });
  const parts = path.split("/").slice(1);
  let verdict = rules.verdict(toByteString(""), "out");
  for (let count = 1; count <= parts.length; count++) {
    if (verdict === "out" || verdict === "shut") return "out";
    verdict = rules.verdict(toByteString(parts.slice(0, count).join("/")), verdict);
  }
  return verdict;
}

test("scopeRules() take paths with or without slashes, and the directories above them", () => {
  const scope = { include: ["/a/b/"], exclude: ["//c//d/"] };
  assert.is(relativePath("//a/./b/"), "a/b");
  const expected = { "/a": "way", "/a/b": "in", "/a/c": "out", "/a/b/anything/below": "in", "/c": "out" };
  for (const [path, verdict] of Object.entries(expected)) assert.is(verdictOf(scope, path), verdict, path);
});

test("scopeRules() let the deepest of include and exclude decide", () => {
  const scope = { include: ["/", "/home/me/keep"], exclude: ["/home", "/home/me/keep/tmp", "/etc/x"] };
  const expected = {
    "/home": "way",
    "/home/you": "out",
    "/home/me": "way",
    "/home/me/other": "out",
    "/home/me/keep": "in",
    "/home/me/keep/file": "in",
    "/home/me/keep/tmp": "shut",
    "/home/me/keep/tmp/file": "out",
    "/etc/x": "shut",
    "/etc/y": "in",
    "/srv/home": "in",
  };
  for (const [path, verdict] of Object.entries(expected)) assert.is(verdictOf(scope, path), verdict, path);
});

test("scopeRules() take nothing of what is to be absent, whatever is included", () => {
  const scope = { include: ["/", "/backup/.scratch/x"], absent: ["/backup/.scratch"] };
  assert.is(verdictOf(scope, "/backup"), "in");
  assert.is(verdictOf(scope, "/backup/.scratch"), "out");
});

test("scopeRules() know the mount points of the set", () => {
  const rules = scopeRules({ include: ["/"], exclude: [], mounts: ["/boot"] });
  const isOwn = (path: string) => rules.isOwnMount(toByteString(path));
  assert.equal([isOwn("boot"), isOwn(""), isOwn("home")], [true, true, false]);
});

test("scopeRules() know mount points that are no UTF-8 by their bytes", () => {
  const rules = scopeRules({ include: ["/"], exclude: [], mounts: ["/srv/caf\udce9"] });
  assert.ok(rules.isOwnMount("srv/caf\xe9" as ReturnType<typeof toByteString>));
  assert.not(rules.isOwnMount(toByteString("srv/café")));
});

test.run();
