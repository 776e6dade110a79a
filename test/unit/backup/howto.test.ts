import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Manifest } from "../../../src/archive/set/manifest.ts";
import { renderHowto } from "../../../src/backup/howto.ts";
import type { LayoutNode } from "../../../src/layout/types.ts";

const file = (name: string) => ({ name, sizeBytes: 1, sha256: "0".repeat(64) });
const full: Manifest = {
  ...{
    format: "mondo-set",
    version: 1,
    set: "5e3f1d2c-0000-4000-8000-000000000001",
    created: 1_800_000_000,
    prefix: "p",
  },
  tool: { version: "1", commit: "c" },
  host: { name: "web1", os: "o", kernel: "k", arch: "a" },
  layout: { version: 1, nodes: [] },
  volumes: [file("volume-0001.tar.zst")],
  catalog: file("catalog.mcat.zst"),
  ...{ entries: 1, contentBytes: 1, problems: [] },
  options: { restoreByDefault: false, eject: true, excluded: [] },
};

test("renderHowto() of a full backup says nothing of others", () => {
  assert.not.match(renderHowto(full), /removed|builds on/);
});

test("renderHowto() of a tree doesn't promise a machine", () => {
  const disk: LayoutNode = { kind: "unsupported", id: "disk:sda", what: "something", path: "/dev/sda" } as LayoutNode;
  assert.not.match(renderHowto(full), /nuke|whole machine/);
  assert.match(renderHowto({ ...full, layout: { version: 1, nodes: [disk] } }), /To restore the whole machine/);
});

test("renderHowto() of a differential backup names its parents oldest first, and what to take away", () => {
  const parent = { created: 1_800_000_000, volumes: [file("volume-0001.tar.zst")] };
  const parents = [
    { ...parent, set: full.set, prefix: "web1", level: 0 },
    { ...parent, set: full.set.replace(/1$/, "2"), prefix: "web1-d1", level: 1 },
  ];
  const text = renderHowto({ ...full, level: 2, parents, removed: file("removed.txt") });
  assert.match(
    text,
    /web1-1\.iso, the full backup of web1 of 2027-01-15 [\s\S]*web1-d1-1\.iso, the level 1 backup of web1/,
  );
  assert.match(text, "xargs -0 -r rm -rf -- < removed.txt");
});

test("renderHowto() says how what lay below mounts gets back, by file system", () => {
  const mount = (path: string): LayoutNode => ({ kind: "mount", id: path, of: "fs", path, options: "", root: "/" });
  const hidden = (path: string, under: string): LayoutNode => {
    return { kind: "hidden", id: `hidden:${path}`, path, under, files: 1, sizeBytes: 1 };
  };
  const mounts = ["/", "/home", "/it's", "/it's/a"].map(mount);
  const nodes = [
    ...mounts,
    hidden("/home", "/"),
    hidden("/it's", "/"),
    hidden("/it's/a", "/it's"),
    hidden("/dev", "/"),
  ];
  const text = renderHowto({ ...full, layout: { version: 1, nodes } });
  assert.equal(text.match(/^ {4}mount .*$/gm), [
    "    mount --bind TARGET/ /mnt && cp -a mondo-hidden/-/. /mnt/ && umount /mnt",
    String.raw`    mount --bind 'TARGET/it'\''s' /mnt && cp -a 'mondo-hidden/it\x27s/.' /mnt/ && umount /mnt`,
  ]);
  assert.not.match(renderHowto({ ...full, layout: { version: 1, nodes: [hidden("/dev", "/")] } }), /mondo-hidden/);
});

test("renderHowto() has what is not saved, and no marks of a conflict", () => {
  const gone = {
    ...{ kind: "unsaved", id: "u", path: "/data", what: "zfs", why: "no" },
    standing: "lost",
  } as LayoutNode;
  const text = renderHowto({ ...full, layout: { version: 1, nodes: [gone] } });
  assert.match(
    text,
    /^Of the machine's mounts, these are not in it:\n\n {4}\/data \(zfs\): no\n\nmanifest\.json describes/m,
  );
  assert.not.match(text, /^[<=>]{7}/m);
  assert.is(text.match(/manifest\.json describes/g)?.length, 1);
});

test.run();
