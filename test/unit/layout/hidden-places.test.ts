import { test } from "uvu";
import * as assert from "uvu/assert";
import { textOfBytes } from "../../../src/base/bytes.ts";
import { escapedPath, hiddenEntry, hiddenPlaces } from "../../../src/layout/hidden-places.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";

const mount = (path: string): LayoutNode => ({
  kind: "mount",
  id: `mount:${path}`,
  of: "fs",
  path,
  options: "",
  root: "/",
});
const hidden = (path: string, under: string): LayoutNode => {
  return { kind: "hidden", id: `hidden:${path}`, path, under, files: 1, sizeBytes: 1 };
};

test("escapedPath() has what systemd-escape --path has", () => {
  const names: [string, string][] = [
    ["/", "-"],
    ["/srv", "srv"],
    ["/srv//data/", "srv-data"],
    ["/srv/my-data", "srv-my\\x2ddata"],
    ["/.snapshots/a.b", "\\x2esnapshots-a.b"],
    ["/a b/ü", "a\\x20b-\\xc3\\xbc"],
    [textOfBytes(new Uint8Array([0x2f, 0xe9])), "\\xe9"],
    ["/-", "\\x2d"],
  ];
  for (const [path, name] of names) assert.is(escapedPath(path), name, path);
});

test("escapedPath() gives different paths different names", () => {
  const paths = ["/", "/a", "/a/b", "/a-b", "/a\\x2db", "/-", "/--", "/a/-b", "/a-/b", "/.a", "/a.", "/a/.b"];
  assert.is(new Set(paths.map(escapedPath)).size, paths.length);
});

test("hiddenPlaces() gives what a restore mounts over a place of its own, and all else its path", () => {
  const layout: Layout = {
    version: 1,
    nodes: [
      mount("/"),
      mount("/home"),
      mount("/home/x"),
      ...[hidden("/home", "/"), hidden("/dev", "/"), hidden("/home/x", "/home")],
    ],
  };
  assert.equal(hiddenPlaces(layout).map(hiddenEntry), ["/mondo-hidden/-/home", "/dev", "/mondo-hidden/home/x"]);
});

test("hiddenPlaces() believes no layout that makes no sense", () => {
  const odd = [hidden("/a", "/b"), hidden("/", "/"), hidden("/a/x", "/a"), hidden("/x", "/x")];
  assert.equal(hiddenPlaces({ version: 1, nodes: [mount("/"), mount("/b"), mount("/x"), ...odd] }), []);
});

test.run();
