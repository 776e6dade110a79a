import { test } from "uvu";
import * as assert from "uvu/assert";
import { isBelow, plainPath } from "../../../src/effects/plain-path.ts";

test("plainPath() resolves dots and slashes, and never leads above the top", () => {
  assert.is(plainPath("/a/./b//c/../d/"), "/a/b/d");
  assert.is(plainPath("/../../dev/sdb"), "/dev/sdb");
  assert.is(plainPath("/"), "/");
});

test("isBelow() knows a directory, what is in it, and what only starts with its name", () => {
  for (const path of ["/mnt/restore", "/mnt/restore/", "/mnt/restore/a", "/mnt/x/../restore/a"]) {
    assert.ok(isBelow(path, "/mnt/restore"), path);
  }
  for (const path of ["/mnt/restored", "/mnt/restore/../x", "/mnt/restore/../../dev/sdb", "/mnt"]) {
    assert.not.ok(isBelow(path, "/mnt/restore"), path);
  }
  assert.ok(isBelow("/a", "/"));
});

test.run();
