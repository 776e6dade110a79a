import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Layout, LayoutNode } from "../../src/layout/types.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { mondo } from "../support/mondo.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const test = suite("layout commands");
const work = mkdtempSync(join(tmpdir(), "mondo-layout-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

const recorded = join(import.meta.dirname, "../machines/bios-md-lvm");
const file = (name: string) => readFileSync(join(recorded, name), "utf8");

/** A set of nothing but a manifest with this layout. */
function setWith(name: string, layout: Layout): string {
  const directory = join(work, name);
  mkdirSync(directory);
  const volume = { name: "volume-0001.tar.zst", sizeBytes: 0, sha256: "0".repeat(64) };
  const manifest = {
    ...{ format: "mondo-set", version: 1, set: "11111111-2222-4333-8444-555555555555", created: 1_780_000_000 },
    ...{ tool: { version: "0", commit: "0" }, host: { name: "web1", os: "", kernel: "", arch: "" }, prefix: "web1" },
    ...{ layout, volumes: [volume], catalog: { ...volume, name: "catalog.mcat.zst" } },
    ...{ entries: 0, contentBytes: 0, problems: [] },
    options: { restoreByDefault: false, eject: true, excluded: [] },
  };
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
  return directory;
}

const layout = JSON.parse(file("layout.json")) as Layout;
const set = setWith("set", layout);

test("mondo layout SET prints the tree, the JSON and the mountlist of what was saved", () => {
  const tree = mondo("layout", set);
  assert.is(tree.status, 0, tree.err);
  assert.fixture(tree.out, file("tree.txt"));
  assert.fixture(mondo("layout", set, "--mountlist").out, file("mountlist.txt"));
  assert.equal(JSON.parse(mondo("layout", set, "--json").out), layout);
});

test("mondo plan SET refuses by name a disk that this machine or the backup doesn't have", () => {
  const unknown = mondo("plan", set, "--disks", "sdx=/dev/null");
  assert.is(unknown.status, 2);
  assert.match(unknown.err, /the backup has no disk sdx/);
  const none = mondo("plan", set, "--disks", "vdb=/dev/null");
  assert.is(none.status, 2);
  assert.match(none.err, /\/dev\/null is not a disk of this machine/);
  assert.is(mondo("plan", set, "more").status, 2);
});

test("mondo plan and check-layout of this very machine: a plan for its own disks, and no drift", () => {
  const live = JSON.parse(mondo("layout", "--json").out) as Layout;
  const own = setWith("own", live);
  const disks = live.nodes.filter((node) => node.kind === "disk").map((node) => node.path);
  const planned = mondo("plan", own, "--json");
  if (disks.length === 0) {
    assert.is(planned.status, 10, "a machine without a disk of its own has nothing to plan");
    assert.match(planned.err, /holds only files/);
    return;
  }
  assert.is(planned.status, 0, planned.err);
  assert.equal((JSON.parse(planned.out) as Plan).disks.map((disk) => disk.path).sort(), disks.sort());
  assert.is(mondo("check-layout", own).status, 0, mondo("check-layout", own).out);
  const change = (node: LayoutNode) => (node.kind === "mount" && node.path === "/" ? { ...node, path: "/old" } : node);
  const drifted = mondo("check-layout", setWith("drifted", { ...live, nodes: live.nodes.map(change) }));
  assert.is(drifted.status, 4, drifted.err);
  assert.match(drifted.out, /mount \/old: is gone/);
  assert.match(drifted.out, /mount \/: is new/);
});

test("mondo plan --set changes what is made, --save-edits keeps it for --edit; words that fit nothing are refused", async () => {
  const live = JSON.parse(mondo("layout", "--json").out) as Layout;
  if (!live.nodes.some((node) => node.kind === "disk")) return;
  const tree = join(work, "tree");
  mkdirSync(join(tree, "etc"), { recursive: true });
  writeFileSync(join(tree, "etc/fstab"), "");
  const { directory } = await saveSet(tree, join(work, "edited"));
  const manifestFile = join(directory, "manifest.json");
  writeFileSync(manifestFile, JSON.stringify({ ...JSON.parse(readFileSync(manifestFile, "utf8")), layout: live }));
  const edits = join(work, "edits.json");
  const set = mondo("plan", directory, "--set", "root.label=fresh", "--save-edits", edits, "--json");
  assert.is(set.status, 0, set.err);
  assert.match(set.out, /"fresh"/);
  assert.not.match(mondo("plan", directory, "--json").out, /"fresh"/);
  const edited = mondo("plan", directory, "--edit", edits, "--json");
  assert.is(edited.status, 0, edited.err);
  assert.equal(JSON.parse(edited.out), JSON.parse(set.out));
  for (const [word, why] of [
    ["nothing.type=xfs", /nothing: there is no such mount point, device or node/],
    ["root.colour=red", /root\.colour=red: there is no colour/],
    ["root.type=fat99", /fat99/],
  ] as const) {
    const refused = mondo("plan", directory, "--set", word);
    assert.not(refused.status === 0, word);
    assert.match(refused.err, why);
  }
});

test("mondo check-layout PREFIX without a kept manifest names the place", () => {
  const outcome = mondo("check-layout", "no-such-prefix");
  assert.is(outcome.status, 1);
  assert.match(outcome.err, /no manifest of a backup is kept in \/var\/lib\/mondo\/sets\/no-such-prefix/);
});

test.run();
