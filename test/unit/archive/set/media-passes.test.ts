import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ExtractRequest } from "../../../../src/archive/extract/extract-request.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../../src/archive/set/manifest.ts";
import type { MediumPass } from "../../../../src/archive/set/media-passes.ts";
import { mediaUsed, passesOf } from "../../../../src/archive/set/media-passes.ts";
import { missingMedia, openSet, requireMedia } from "../../../../src/archive/set/open-set.ts";
import type { VolumeInfo } from "../../../../src/archive/set-files.ts";
import { verifySet } from "../../../../src/archive/verify/verify-set.ts";
import { displayBytes } from "../../../../src/base/bytes.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { shell } from "../odd-tree.ts";

const test = suite("a set over several media");
const base = mkdtempSync(join(tmpdir(), "mondo-media-"));
const tree = join(base, "tree");
const set = join(base, "set");
let manifest: Manifest;
test.after(() => rmSync(base, { recursive: true, force: true }));

const noise = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));

test.before(async () => {
  mkdirSync(join(tree, "deep/er"), { recursive: true });
  mkdirSync(set);
  for (let i = 10; i < 90; i++) writeFileSync(join(tree, `file${i}`), noise(60_000));
  writeFileSync(join(tree, "large"), Buffer.concat(Array.from({ length: 320 }, () => noise(65_536))));
  shell(tree, "ln file10 zz-link; ln -s large deep/sym; : > zz-empty; printf last > zz-last; chmod 2750 deep/er");
  shell(
    tree,
    "truncate -s 40M m-sparse; head -c 9500000 /dev/urandom | dd of=m-sparse bs=1M seek=3 conv=notrunc status=none",
  );
  const scope = { include: ["/"], exclude: [], mounts: ["/"] };
  const request = { root: tree, scope, directory: set, level: 1, threads: 0, volumeBytes: 6 << 20 };
  const { problems: _, ...written } = await writeArchive(request, silentReporter);
  assert.ok(written.volumes.length >= 5, `${written.volumes.length} volumes`);
  const volumes = written.volumes.map((volume, index) => ({ ...volume, medium: Math.floor(index / 2) + 1 }));
  manifest = {
    ...{ format: "mondo-set", version: 1, set: crypto.randomUUID(), created: 1, prefix: "p" },
    tool: { version: "1", commit: "c" },
    host: { name: "web1", os: "o", kernel: "k", arch: "a" },
    layout: { version: 1, nodes: [] },
    ...written,
    volumes,
    media: { number: 1, of: Math.max(...volumes.map(({ medium }) => medium)) },
    problems: [],
    options: { restoreByDefault: false, eject: true, excluded: [] },
  };
  writeFileSync(join(set, "manifest.json"), encodeManifest(manifest));
});

const media = (): number[] => Array.from({ length: manifest.media?.of ?? 1 }, (_, index) => index + 1);

/** Extracts with one drive: only the volumes of the medium that was asked for last can be found. */
async function extractByDisc(more: Partial<ExtractRequest> = {}, absent: readonly number[] = []) {
  const target = mkdtempSync(join(base, "target-"));
  const asked: number[] = [];
  const byName = new Map<string, VolumeInfo>(manifest.volumes.map((volume) => [volume.name, volume]));
  const locate: ExtractRequest["locate"] = (name) => {
    const volume = byName.get(name);
    const inDrive = asked.at(-1);
    if (volume && (volume.medium !== inDrive || absent.includes(inDrive ?? 0))) return undefined;
    return { path: join(set, name), offset: 0, sizeBytes: (volume ?? manifest.catalog).sizeBytes };
  };
  const needMedium = async ({ medium }: MediumPass) => {
    asked.push(medium);
  };
  const request = { directory: "/nowhere", locate, needMedium, manifest, target, threads: 0, ...more };
  return { target, asked, result: await extractArchive(request, silentReporter) };
}

const sameTree = (target: string) =>
  shell(
    base,
    `diff -r --no-dereference ${tree} ${target} && cd ${target} && find . -printf '%p %m %s %T@ %n\\n' | sort`,
  );

test("extractArchive() asks for each medium once, in order, and gives the same tree as with all at hand", async () => {
  const { target, asked, result } = await extractByDisc();
  assert.equal(asked, media());
  assert.equal(result.problems, []);
  assert.is(sameTree(target), shell(tree, "find . -printf '%p %m %s %T@ %n\\n' | sort"));
  assert.is(result.entries, manifest.entries);
  const several = await extractByDisc({ threads: 2 });
  assert.equal([several.asked, several.result.problems], [media(), []]);
  assert.is(sameTree(several.target), sameTree(target));
});

test("extractArchive() of single files asks only for the media that hold them", async () => {
  const last = await extractByDisc({ select: ({ path }) => path === "zz-last" });
  assert.equal(last.asked, [media().at(-1)]);
  assert.is(readFileSync(join(last.target, "zz-last"), "utf8"), "last");
  const link = await extractByDisc({ select: ({ path }) => path === "zz-link" });
  assert.equal(link.asked, [1]);
  assert.is(shell(link.target, "stat -c %s zz-link").trim(), "60000");
  const none = await extractByDisc({ select: ({ path }) => path === "zz-empty" || path === "deep/sym" });
  assert.equal([none.asked, none.result.problems], [[], []]);
  assert.is(shell(none.target, "stat -c %s zz-empty; readlink deep/sym"), "0\nlarge\n");
});

test("mediaUsed() names the media that a choice needs", () => {
  const catalog = openCatalog(join(set, "catalog.mcat.zst"));
  const used = (name: string) => [...mediaUsed(catalog, manifest.volumes, ({ path }) => path === name)];
  assert.equal(used("zz-link"), [1]);
  assert.equal(used("zz-empty"), []);
  assert.ok(used("large").length > 1, "the large file lies on several media");
  assert.equal(
    passesOf(manifest.volumes).map(({ medium }) => medium),
    media(),
  );
});

/** Files with content on a medium. */
function filesOn(medium: number): string[] {
  const found = new Set<string>();
  const entries = openCatalog(join(set, "catalog.mcat.zst")).entries();
  let [at, large] = [0, ""];
  for (const record of openCatalog(join(set, "catalog.mcat.zst")).records()) {
    if (record.type === "frame") at = manifest.volumes[record.frame.volume]?.medium ?? 0;
    if (record.type === "piece" && at === medium) found.add(large);
    if (record.type !== "entry") continue;
    const entry = entries.next().value;
    if (entry?.kind !== "file" || entry.size === 0) continue;
    if (entry.pieces) large = `/${displayBytes(entry.path)}`;
    else if (at === medium) found.add(`/${displayBytes(entry.path)}`);
  }
  return [...found].sort();
}

test("extractArchive() without one medium makes everything else, and names each file that it costs once", async () => {
  const { target, result } = await extractByDisc({}, [2]);
  const lost = filesOn(2);
  assert.ok(lost.includes("/large"), lost.join(" "));
  const named = result.problems.map(({ path }) => path);
  assert.equal([...named].sort(), lost);
  assert.match(result.problems[0]?.reason ?? "", /it lies on medium 2, which is missing/);
  const kept = shell(tree, "find . -type f -size +0 -printf '/%P\\n' | sort").trim().split("\n");
  const whole = kept.filter((path) => !lost.includes(path));
  for (const path of whole) assert.equal(readFileSync(join(target, path)), readFileSync(join(tree, path)), path);
});

test("an error of needMedium() ends the extraction with it, and leaves what was there", async () => {
  const stopped: string[] = [];
  const needMedium = async ({ medium }: MediumPass) => {
    if (medium === 2) throw new Error("the person has gone home");
  };
  const locate: ExtractRequest["locate"] = (name) => openSet(linuxHost(), set).locate(name);
  await extractByDisc({ needMedium, locate }).catch((error: Error) => stopped.push(error.message));
  assert.equal(stopped, ["the person has gone home"]);
});

test("a directory with one disc's volumes is a set whose other media are missing, by name", async () => {
  const one = mkdtempSync(join(base, "one-"));
  cpSync(set, one, { recursive: true });
  for (const { name, medium } of manifest.volumes) if (medium === 2) rmSync(join(one, name));
  const opened = openSet(linuxHost(), one);
  assert.equal(missingMedia(opened), [2]);
  assert.equal(missingMedia(openSet(linuxHost(), set)), []);
  assert.throws(
    () => requireMedia(opened),
    /medium 2 of \d of the backup of web1, 1970-01-01 00:00 UTC \(set .*\) is not beside/,
  );
  requireMedia(opened, new Set([1]));
  const { defects, damaged } = await verifySet(linuxHost(), opened, 0, silentReporter);
  assert.match(defects[0] ?? "", /^medium 2 of/);
  assert.equal(damaged.map(({ path }) => path).sort(), filesOn(2));
});

test("decodeManifest() refuses media that the set does not have", () => {
  const wrong = (change: Partial<Manifest>) => () => decodeManifest(encodeManifest({ ...manifest, ...change }), "m");
  assert.throws(
    wrong({ media: { number: 9, of: 3 } }),
    /m is not a manifest this version reads: it names media beyond/,
  );
  assert.throws(wrong({ media: { number: 1, of: 1 } }), /beyond its last/);
  assert.throws(wrong({ media: { number: 0, of: 3 } }), /media\.number/);
});

test.run();
