import { test } from "uvu";
import * as assert from "uvu/assert";
import { isBelow, mountPath } from "../../../src/base/mount-path.ts";

test("mountPath() gives the path that the kernel shows", () => {
  const plain: readonly (readonly [string, string])[] = [
    ["/data", "/data"],
    ["/data/", "/data"],
    ["//data///x//", "/data/x"],
    ["/./data/.", "/data"],
    ["/a/../data", "/data"],
    ["/../data", "/data"],
    ["/", "/"],
    ["//", "/"],
  ];
  for (const [path, real] of plain) assert.is(mountPath(path), real, path);
});

test("isBelow() compares whole names", () => {
  assert.ok(isBelow("/data", "/data") && isBelow("/data/x", "/data") && isBelow("/x", "/"));
  assert.not.ok(isBelow("/database", "/data") || isBelow("/", "/data"));
});

test.run();
