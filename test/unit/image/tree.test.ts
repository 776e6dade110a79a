import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../../src/base/errors.ts";
import { Tree } from "../../../src/image/tree.ts";

const file = (source: string) => ({ kind: "file", source, mode: 0o755 }) as const;

test("Tree.add() stores /bin and /lib64 below usr, so one file has one path", () => {
  const tree = new Tree();
  tree.add("/bin/bash", file("/bin/bash"));
  tree.add("/usr/bin/bash", file("/bin/bash"));
  tree.add("/lib64/ld.so", file("/x"));
  assert.ok(tree.has("/bin/bash"));
  assert.equal(
    tree.entries().map(([path]) => path),
    ["usr", "usr/bin", "usr/bin/bash", "usr/lib64", "usr/lib64/ld.so"],
  );
});

test("Tree.add() of something else at a taken path is refused", () => {
  const tree = new Tree();
  tree.add("a", file("/1"));
  assert.throws(
    () => tree.add("/a", file("/2")),
    (e: MondoError) => e.code === "bug" && e.message.includes("/a "),
  );
  assert.throws(() => tree.add("a/b", file("/3")), /not a directory/);
});

test("Tree.add() cannot leave the root", () => {
  assert.is(Tree.placeOf("/../../etc/./x/../passwd"), "etc/passwd");
});

test("Tree.add() lets a directory change its mode, and makes parents", () => {
  const tree = new Tree();
  tree.add("tmp/x", file("/1"));
  tree.add("tmp", { kind: "directory", mode: 0o1777 });
  assert.equal(tree.get("/tmp"), { kind: "directory", mode: 0o1777 });
});

test("Tree.addMergedUsr() links what is in use", () => {
  const tree = new Tree();
  tree.add("usr/lib/x", file("/1"));
  tree.addMergedUsr();
  assert.equal(tree.get("lib"), { kind: "link", target: "usr/lib" });
  assert.is(tree.get("bin"), undefined);
});

test("Tree.entries() are sorted with directories before their content", () => {
  const tree = new Tree();
  for (const path of ["b/c/d", "a", "b/a", "b-x"]) tree.add(path, file("/1"));
  assert.equal(
    tree.entries().map(([path]) => path),
    ["a", "b", "b-x", "b/a", "b/c", "b/c/d"],
  );
});

test.run();
