import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { CatalogWriter } from "../../../../src/archive/catalog/catalog-writer.ts";
import { RecordType } from "../../../../src/archive/catalog/records.ts";
import type { FrameInfo } from "../../../../src/archive/entry.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ExtractResult } from "../../../../src/archive/extract/extract-request.ts";
import { inWalkOrder } from "../../../../src/archive/save/known-files.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { findParents, requireParents, withParents } from "../../../../src/archive/set/chain.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../../src/archive/set/manifest.ts";
import { type OpenSet, openSet } from "../../../../src/archive/set/open-set.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { mutatorOf } from "../../../support/mutate.ts";
import { shell } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const base = mkdtempSync(join(tmpdir(), "mondo-chain-"));
test.after(() => rmSync(base, { recursive: true, force: true }));
const place = (name: string) => join(base, name);
const tree = place("tree");
const host = linuxHost();
const sets: OpenSet[] = [];

test.before(async () => {
  mkdirSync(tree);
  shell(tree, "mkdir a b c; for d in a b c; do for i in $(seq 30); do echo $d$i > $d/$i; done; done; sleep 3.1");
  const full = await saveSet(tree, place("full"));
  shell(tree, "echo new > b/7; rm c/9; mv a d; sleep 3.1");
  sets.push(full, await saveSet(tree, place("later"), { parent: full }));
});

function refusal(work: () => unknown): MondoError {
  try {
    work();
  } catch (error) {
    if (error instanceof MondoError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function later(change: (manifest: Manifest) => Manifest = (manifest) => manifest): OpenSet {
  const set = openSet(host, place("later"));
  return { ...set, manifest: change(set.manifest) };
}

async function extracted(set: OpenSet): Promise<ExtractResult & { readonly target: string }> {
  const target = mkdtempSync(join(base, "target-"));
  const { directory, locate, manifest } = set;
  return { ...(await extractArchive({ directory, locate, manifest, target, threads: 0 }, silentReporter)), target };
}

test("inWalkOrder() puts a directory's content before what sorts behind the directory", () => {
  const paths = ["", "a", "a/b", "a/b/c", "a/c", "a b", "a-b", "a0", "b"].map(toByteString);
  assert.equal([...paths].reverse().sort(inWalkOrder), paths);
});

test("requireParents() of a chain that is there gives its later state", async () => {
  const { problems, target } = await extracted(requireParents(later(), findParents(host, later())));
  assert.equal(problems, []);
  shell(tree, `diff -r . ${target}`);
});

test("requireParents() without the parent names it and its set", () => {
  const error = refusal(() => requireParents(later(), new Map()));
  assert.is(error.code, "not-found");
  assert.match(error.message, /p-1\.iso, the full backup of h of \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  assert.match(error.message, sets[0]?.manifest.set ?? "none");
});

test("requireParents() needs no parent of whose volumes nothing is taken", () => {
  const select = ({ path }: { readonly path: string }) => path === "b/7";
  assert.is(requireParents(later(), new Map(), select).needed?.length, 1);
});

test("requireParents() refuses a set with the parent's id and other volumes", () => {
  const [full] = sets;
  assert.ok(full);
  const volumes = full.manifest.volumes.map((volume) => ({ ...volume, sha256: "0".repeat(64) }));
  const liar = { ...full, manifest: { ...full.manifest, volumes } };
  const error = refusal(() => requireParents(later(), new Map([[full.manifest.set, liar]])));
  assert.is(error.code, "damaged");
  assert.match(error.message, "other volumes");
});

test("extractArchive() of a manifest that lies about its parents loses files by name and makes up none", async () => {
  const found = findParents(host, later());
  const [parent] = later().manifest.parents ?? [];
  assert.ok(parent);
  const lies: ((manifest: Manifest) => Manifest)[] = [
    (manifest) => ({ ...manifest, parents: [{ ...parent, volumes: [] }] }),
    (manifest) => ({ ...manifest, parents: [parent, parent] }),
    (manifest) => ({ ...manifest, parents: [] }),
    (manifest) => ({ ...manifest, volumes: [] }),
  ];
  for (const [index, lie] of lies.entries()) {
    const set = later(lie);
    const none = new Map(
      [...found].map(([id, there]) => [id, { ...there, manifest: { ...there.manifest, volumes: [] } }]),
    );
    const whole = withParents(set, index === 0 ? none : found);
    const { problems, target } = await extracted(whole);
    assert.ok(problems.length > 0, `lie ${index}`);
    assert.ok(problems.every(({ severity }) => severity === "lost"));
    // What came is what it was.
    shell(target, `find . -type f | while read f; do cmp "$f" "${tree}/$f"; done`);
  }
});

test("decodeManifest() refuses parents with names that lead elsewhere, levels above 9 and ids that are none", () => {
  const { manifest } = later();
  const [parent] = manifest.parents ?? [];
  assert.ok(parent);
  const [volume] = parent.volumes;
  const wrong = [
    { ...parent, volumes: [{ ...volume, name: "../../etc/shadow" }] },
    { ...parent, level: 10 },
    { ...parent, set: "../full" },
    { ...parent, volumes: undefined },
  ];
  for (const one of wrong) {
    const error = refusal(() => decodeManifest(JSON.stringify({ ...manifest, parents: [one] }), "manifest.json"));
    assert.is(error.code, "damaged");
  }
  assert.equal(decodeManifest(encodeManifest(manifest), "manifest.json").parents, manifest.parents);
});

test("findParents() passes over what is no backup, and refuses a --parent that is another one", () => {
  writeFileSync(place("noise.iso"), crypto.getRandomValues(new Uint8Array(60_000)));
  mkdirSync(place("broken"));
  writeFileSync(join(place("broken"), "manifest.json"), "{");
  assert.is(findParents(host, later()).size, 1);
  assert.match(refusal(() => findParents(host, later(), [place("later")])).message, "does not build");
  assert.is(refusal(() => findParents(host, later(), [place("nowhere")])).code, "not-found");
});

/** The records of a catalog in frames, and a catalog of other records in its place. */
function rewritten(
  directory: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
  isReversed = false,
): string {
  const out = mkdtempSync(join(base, "catalog-"));
  const writer = new CatalogWriter(out);
  let frame: FrameInfo | undefined;
  const entries: [FrameInfo | undefined, Uint8Array][] = [];
  for (const record of readCatalog(join(directory, "catalog.mcat.zst"))) {
    if (record.type === "frame") frame = record.frame;
    else if (record.type === "entry") entries.push([frame, record.bytes.slice()]);
  }
  for (const [where, bytes] of isReversed ? entries.reverse() : entries) {
    const changed = change(bytes);
    if (where) writer.inFrame(where);
    if (changed) writer.body(RecordType.entry, changed);
  }
  writer.finish({ entries: entries.length, frames: 1, contentBytes: 0 });
  return join(out, "catalog.mcat.zst");
}

async function buildOn(catalog: string, directory: string): Promise<OpenSet> {
  const [full] = sets;
  assert.ok(full);
  mkdirSync(directory);
  const { created, volumes: parentVolumes } = full.manifest;
  const result = await writeArchive(
    {
      ...{ root: tree, directory, level: 1, threads: 0, scope: { include: ["/"], exclude: [], mounts: ["/"] } },
      parent: { catalog, volumes: parentVolumes.length, created, troubled: new Set(), content: false },
    },
    silentReporter,
  );
  const head = later().manifest;
  const manifest = { ...head, set: crypto.randomUUID(), volumes: [...result.volumes], catalog: result.catalog };
  writeFileSync(join(directory, "manifest.json"), encodeManifest(manifest));
  return openSet(host, directory);
}

test("writeArchive() with a parent's catalog out of order stores more and loses nothing", async () => {
  const set = await buildOn(
    rewritten(place("full"), (bytes) => bytes, true),
    place("reversed"),
  );
  const { problems, target } = await extracted(withParents(set, findParents(host, set)));
  assert.equal(problems, []);
  shell(tree, `diff -r . ${target}`);
});

test("writeArchive() with hostile records in the parent's catalog is an error or a backup", async () => {
  const random = mutatorOf(7);
  let done = 0;
  for (let i = 0; i < 150; i++) {
    const directory = place(`hostile-${i}`);
    try {
      const catalog = rewritten(place("full"), (bytes) => (random.below(20) === 0 ? random.mutated(bytes) : bytes));
      await buildOn(catalog, directory);
      done++;
    } catch (error) {
      assert.ok(error instanceof MondoError, `case ${i}: ${error instanceof Error ? error.stack : error}`);
      assert.equal(shell(directory, "ls"), "", `case ${i}`);
    }
  }
  assert.ok(done > 0 && done < 150, `${done} of 150`);
});

test("writeArchive() with a parent's catalog that is cut short is refused and leaves nothing behind", async () => {
  const bytes = readFileSync(join(place("full"), "catalog.mcat.zst"));
  writeFileSync(place("cut"), bytes.subarray(0, bytes.length - 10));
  try {
    await buildOn(place("cut"), place("from-cut"));
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof MondoError, String(error));
    assert.is(error.code, "damaged");
  }
  assert.equal(shell(place("from-cut"), "ls"), "");
});

test.run();
