import { test } from "uvu";
import * as assert from "uvu/assert";
import { grubReferences } from "../../../src/drivers/loader/grub-files.ts";
import { hiddenSubvolumePaths, nestedSubvolumePaths, placeSubvolumes } from "../../../src/layout/subvolumes.ts";
import type { Filesystem, Layout, LayoutNode, Mount, Subvolume } from "../../../src/layout/types.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import { changedFstabOptions, changedRootFlags } from "../../../src/plan/fstab.ts";
import { changeFstabOptions } from "../../../src/run/fstab-options.ts";
import { replaceWordsIn } from "../../../src/run/rewrite-file.ts";

const fs: Filesystem = {
  ...{ kind: "filesystem", id: "fs:a", on: "part:a", type: "btrfs", uuid: "6d-1", label: "pool" },
  ...{ sizeBytes: 1, details: {} },
};
let number = 255;
const subvolume = (path: string, more: Partial<Subvolume> = {}): Subvolume => {
  number += 1;
  return { kind: "subvolume", id: `s:${path}`, of: fs.id, path, number, readOnly: false, isDefault: false, ...more };
};
const mount = (path: string, root: string, of = fs.id): Mount => ({
  ...{ kind: "mount", id: `mount:${path}`, of, path, options: "rw", root },
});
const snapshot = (path: string) => subvolume(path, { readOnly: true, snapshotOf: "0b" });
const layoutOf = (...nodes: LayoutNode[]): Layout => ({ version: 1, nodes: [fs, ...nodes] });
const places = (layout: Layout) => nodesOf(layout, "subvolume").map(({ path, at, leftOut }) => [path, at, leftOut]);
const notes = (layout: Layout) => nodesOf(layout, "note").map((note) => note.text);

test("placeSubvolumes() finds nested subvolumes below the mount of what they lie in", () => {
  const layout = placeSubvolumes(
    layoutOf(subvolume("@"), subvolume("@/var"), subvolume("@/var/x/y"), mount("/", "/@"), mount("/top", "/")),
    false,
  );
  assert.equal(places(layout), [
    ["@", "/", undefined],
    ["@/var", "/var", undefined],
    ["@/var/x/y", "/var/x/y", undefined],
  ]);
  assert.equal(notes(layout), []);
  assert.equal(nestedSubvolumePaths(layout), ["/var", "/var/x/y"]);
  assert.equal(hiddenSubvolumePaths(layout), ["/top/@"], "what / shows is not saved a second time");
});

test("placeSubvolumes() leaves out read-only snapshots unless they are wanted, and what no mount shows", () => {
  const nodes = [subvolume("@"), subvolume("old"), snapshot("@/.snapshots/1/snapshot"), mount("/", "/@")];
  const layout = placeSubvolumes(layoutOf(...nodes), false);
  assert.equal(places(layout), [
    ["@", "/", undefined],
    ["old", undefined, true],
    ["@/.snapshots/1/snapshot", "/.snapshots/1/snapshot", true],
  ]);
  assert.equal(notes(layout).length, 2);
  assert.match(notes(layout)[0] ?? "", /: 1 read-only snapshot \(.*--snapshots/);
  assert.match(notes(layout)[1] ?? "", /: 1 subvolume below no mount \(old\)/);
  assert.equal(hiddenSubvolumePaths(layout), ["/.snapshots/1/snapshot"]);
  const all = placeSubvolumes(layoutOf(...nodes), true);
  assert.equal(places(all).at(-1), ["@/.snapshots/1/snapshot", "/.snapshots/1/snapshot", undefined]);
  assert.equal(hiddenSubvolumePaths(all), []);
});

test("placeSubvolumes() keeps a snapshot that the system runs on, and leaves out one that a mount hides", () => {
  const root = snapshot("@/.snapshots/7/snapshot");
  const layout = placeSubvolumes(
    layoutOf(
      ...[subvolume("@"), subvolume("@/home"), subvolume("home"), { ...root, isDefault: true }],
      ...[mount("/", `/${root.path}`), mount("/home", "/home"), mount("/old", "/@"), mount("/old/home", "/", "fs:b")],
    ),
    false,
  );
  assert.equal(places(layout), [
    ["@", "/old", undefined],
    ["@/home", undefined, true],
    ["home", "/home", undefined],
    [root.path, "/", undefined],
  ]);
});

test("placeSubvolumes() refuses mounted names that no mount option can hold", () => {
  const layout = placeSubvolumes(layoutOf(subvolume("a,b"), mount("/", "/a,b")), false);
  assert.match(nodesOf(layout, "unsupported")[0]?.what ?? "", /a comma in it/);
});

test("changedFstabOptions() puts paths in place of subvolume numbers", () => {
  const entries = [
    { spec: "UUID=6d-1", path: "/", type: "btrfs", options: "noatime,subvolid=900" },
    { spec: "UUID=6d-1", path: "/home", type: "btrfs", options: "subvol=@home,subvolid=901,ro" },
    { spec: "LABEL=pool", path: "/top", type: "btrfs", options: "noauto,subvolid=5" },
    { spec: "UUID=6d-1", path: "/odd", type: "btrfs", options: "subvolid=77" },
    { spec: "/dev/sda1", path: "/other", type: "btrfs", options: "subvolid=900" },
  ];
  const subvolumes = [subvolume("@", { number: 900 }), subvolume("@home", { number: 901 })];
  const layout = layoutOf(...subvolumes, mount("/", "/@"), { kind: "fstab", id: "fstab", entries });
  assert.equal(changedFstabOptions(layout), [
    { path: "/", from: "noatime,subvolid=900", to: "noatime,subvol=/@" },
    { path: "/home", from: "subvol=@home,subvolid=901,ro", to: "subvol=@home,ro" },
    { path: "/top", from: "noauto,subvolid=5", to: "noauto,subvol=/" },
  ]);
});

test("changedRootFlags() and replaceWordsIn() put a path in place of the root's number on the kernel's command line", () => {
  const text = "linux /@/vmlinuz root=UUID=6d-1 rootflags=noatime,subvolid=900 ro\nX='rootflags=subvolid=900'\n";
  const references = grubReferences([text]);
  assert.equal(references.subvolumes, ["900"]);
  const loader: LayoutNode = { kind: "loader", id: "loader:grub", type: "grub-bios", on: [], details: { references } };
  const words = changedRootFlags(layoutOf(subvolume("@", { number: 900 }), mount("/", "/@"), loader));
  assert.equal(words, { "subvolid=900": "subvol=/@" });
  assert.is(replaceWordsIn(text, words), text.replaceAll("subvolid=900", "subvol=/@"));
  assert.is(
    replaceWordsIn("a subvolid=9001 xsubvolid=900 subvolid=900x", words),
    "a subvolid=9001 xsubvolid=900 subvolid=900x",
  );
});

test("changeFstabOptions() changes the line that is meant and nothing else", () => {
  const text =
    "# /dev/x / btrfs a 0 0\n\nUUID=1\t/a\\040b  btrfs\tx,subvolid=5 0 0 # why\nUUID=1 /c btrfs x,subvolid=5\n";
  const changes = [{ path: "/a b", from: "x,subvolid=5", to: "x,subvol=/" }];
  assert.is(changeFstabOptions(text, changes), text.replace("x,subvolid=5 0 0", "x,subvol=/ 0 0"));
});

test.run();
