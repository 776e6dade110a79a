/** Content is compared at a distance behind the extraction: never ahead of it, all of it, and each part as it is. */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../../../src/archive/compare/compare-tree.ts";
import { ContentFollower, type FollowRequest } from "../../../../src/archive/compare/content-follower.ts";
import { ReadBackPlan } from "../../../../src/archive/compare/read-back-task.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { OpenSet } from "../../../../src/archive/set/open-set.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import type { PlacedImage } from "../../../../src/effects/effect.ts";
import { saveSet } from "../saved-set.ts";

const test = suite("content compared beside an extraction");
const base = mkdtempSync(join(tmpdir(), "mondo-follow-"));
const MIB = 1 << 20;
let set: OpenSet;
test.after(() => rmSync(base, { recursive: true, force: true }));

const noise = (bytes: number) => Buffer.concat(Array.from({ length: bytes / 65_536 }, piece));
const piece = () => crypto.getRandomValues(new Uint8Array(65_536));

test.before(async () => {
  const tree = join(base, "tree");
  mkdirSync(join(tree, "deep"), { recursive: true });
  for (let i = 10; i < 50; i++) writeFileSync(join(tree, "deep", `${i}`), noise(65_536 * 4));
  writeFileSync(join(tree, "empty"), "");
  writeFileSync(join(tree, "large"), noise(20 * MIB));
  const sparse = openSync(join(tree, "sparse"), "w");
  writeSync(sparse, noise(2 * MIB), 0, 2 * MIB, 4 * MIB);
  ftruncateSync(sparse, 16 * MIB);
  closeSync(sparse);
  writeFileSync(join(tree, "zz"), "the last one");
  set = await saveSet(tree, join(base, "set"));
});

const catalog = () => openCatalog(`${set.directory}/${set.manifest.catalog.name}`);

function follow(root: string, more: Partial<FollowRequest> = {}): ContentFollower {
  const { contentBytes } = set.manifest;
  const request = { root, mounts: [root], devices: [], threads: 0, stretchBytes: MIB, contentBytes, ...more };
  return new ContentFollower({ catalog: catalog(), ...request });
}

const target = () => mkdtempSync(join(base, "target-"));

function extractTo(root: string, onPlaced?: (items: number) => void, devices: readonly PlacedImage[] = []) {
  const request = { directory: set.directory, manifest: set.manifest, target: root, threads: 0, devices };
  return extractArchive({ ...request, ...(onPlaced ? { onPlaced } : {}) }, silentReporter);
}

/** Changes content in place, and nothing else about the file. */
function spoil(path: string, at: number): void {
  const { atime, mtime } = statSync(path);
  const fd = openSync(path, "r+");
  writeSync(fd, "spoilt", at);
  closeSync(fd);
  utimesSync(path, atime, mtime);
}

test("the plan covers all content in the catalog's order, and waits for each item that it needs", () => {
  const readings = [...new ReadBackPlan().of(catalog().records())];
  const { contentBytes } = set.manifest;
  assert.is(
    readings.reduce((sum, { bytes }) => sum + bytes, 0),
    contentBytes,
  );
  const all = [...catalog().records()].filter(({ type }) => type === "entry" || type === "piece").length;
  const items = readings.map((reading) => reading.items);
  assert.equal(
    items,
    items.toSorted((a, b) => a - b),
  );
  assert.is(items.at(-1), all);
  const large = readings.filter(({ task }) => task.kind === "parts" && String(task.path) === "large");
  assert.ok(large.length > 1, "a large file is not one task");
  assert.equal(
    large.map(({ task }) => task.kind === "parts" && task.shape !== undefined),
    large.map((_, index) => index === large.length - 1),
  );
});

test("all content is compared while it is made, none before it is there", async () => {
  const root = target();
  const follower = follow(root);
  const told: number[] = [];
  await extractTo(root, (items) => {
    told.push(items);
    follower.placed(items);
  });
  assert.equal(
    told,
    told.toSorted((a, b) => a - b),
  );
  assert.is(told.at(-1), Number.POSITIVE_INFINITY);
  assert.ok(follower.bytes > 0, "something was compared before the end");
  const { differences, bytes } = await follower.finish(silentReporter);
  await follower.close();
  assert.equal(differences, []);
  assert.is(bytes, set.manifest.contentBytes);
});

test("what is not in place yet is not read", async () => {
  const root = target();
  const follower = follow(root);
  follower.placed(1);
  await Bun.sleep(100);
  assert.is(follower.bytes, 0);
  await follower.close();
});

test("content that differs on the disk is found in small and large files and in holes, each file once", async () => {
  const root = target();
  await extractTo(root);
  for (const [name, at] of [
    ["deep/33", 70_000],
    ["large", 5 * MIB],
    ["large", 19 * MIB],
    ["sparse", 10 * MIB],
  ] as const) {
    spoil(join(root, name), at);
  }
  for (const threads of [0, 2]) {
    const follower = follow(root, { threads });
    const { differences } = await follower.finish(silentReporter);
    await follower.close();
    const found = differences.map(({ path, what, detail }) => [path, what, detail]);
    assert.equal(found, [
      ["/deep/33", "content", ""],
      ["/large", "content", ""],
      ["/sparse", "content", "data where holes were"],
    ]);
  }
});

test("what is missing or has another size is told when metadata are compared, and nothing is told twice", async () => {
  const root = target();
  await extractTo(root);
  rmSync(join(root, "deep/12"));
  writeFileSync(join(root, "deep/13"), "short");
  const follower = follow(root);
  const { differences } = await follower.finish(silentReporter);
  await follower.close();
  assert.equal(differences, []);
  const rest = await compareTree({ catalog: catalog(), root, content: false }, silentReporter);
  const told = rest.filter(({ path }) => path.startsWith("/deep/1")).map(({ path, what }) => `${path} ${what}`);
  assert.ok(told.includes("/deep/12 missing") && told.includes("/deep/13 size"), told.join());
});

test("content that went to a device is read back from there", async () => {
  const root = target();
  const device = join(base, "device");
  writeFileSync(device, Buffer.alloc(20 * MIB));
  const devices = [{ entry: "large", device, gaps: "zeros" }] as unknown as PlacedImage[];
  await extractTo(root, undefined, devices);
  const differ = async () => {
    const follower = follow(root, { devices });
    const { differences } = await follower.finish(silentReporter);
    await follower.close();
    return differences.map(({ path, severity, detail }) => [path, severity, detail]);
  };
  assert.equal(await differ(), []);
  spoil(device, 9 * MIB);
  assert.equal(await differ(), [["/large", 3, device]]);
});

test("a follower that is closed early gives up, also when the extraction failed", async () => {
  const follower = follow(target(), { threads: 1 });
  follower.placed(3);
  await follower.close();
  await follower.close();
});

test.run();
