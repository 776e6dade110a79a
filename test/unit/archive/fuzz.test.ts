/**
 * Decoders against damaged and hostile bytes, the same in every run. `FUZZ=1000000 bun test/unit/archive/fuzz.test.ts`
 * is the long run.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BLOCK_HEADER_BYTES, encodeBlockHeader } from "../../../src/archive/catalog/block-header.ts";
import { openCatalog, readCatalog } from "../../../src/archive/catalog/catalog.ts";
import { CATALOG_NAME } from "../../../src/archive/catalog/catalog-writer.ts";
import { encodeEntry } from "../../../src/archive/catalog/entry-record.ts";
import { encodeEnd, encodeFrame, encodePiece } from "../../../src/archive/catalog/records.ts";
import { headerOf } from "../../../src/archive/catalog/tar-entry.ts";
import type { Entry } from "../../../src/archive/entry.ts";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../src/archive/set/manifest.ts";
import { rebuildCatalog } from "../../../src/archive/verify/rebuild-catalog.ts";
import { encodeText, toByteString } from "../../../src/base/bytes.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { zstdCodec } from "../../../src/drivers/codec/zstd.ts";
import { PackedWriter } from "../../../src/formats/archive/packed-bytes.ts";
import {
  encodeSparseMap,
  encodeTarHeader,
  parsePaxRecords,
  parseTarBlock,
  TAR_END,
} from "../../../src/formats/archive/pax.ts";
import { isoSizeBytes, listIsoDirectory, rangeOfFile } from "../../../src/formats/fs/iso9660.ts";
import { call } from "../../support/mondo.ts";
import { mutatorOf } from "../../support/mutate.ts";
import { craft, craftSet } from "./crafted-set.ts";

const CASES = Number(process.env.FUZZ ?? 3000);
/** Far above what a case takes on a busy machine, far below a hang. */
const SLOWEST_MS = 30_000;

const test = suite("fuzzed decoders");
const base = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "mondo-fuzz-"));
test.after(() => removeTree(base));

/** Also what a hostile catalog has made immutable. */
function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true });
  } catch {
    call(["chattr", "-R", "-f", "-ia", path]);
    rmSync(path, { recursive: true });
  }
}

/** Decompressors hold memory that the collector doesn't see, and that is freed when nothing else runs. */
async function freeMemory(): Promise<void> {
  Bun.gc(true);
  await Bun.sleep(1);
}

/**
 * Anything but a MondoError that says "bytes are wrong", or an answer in time, fails. Returns how many were refused.
 */
async function attempt(name: string, cases: number, work: (i: number) => void): Promise<number> {
  let refused = 0;
  for (let i = 0; i < cases; i++) {
    if (i % 500 === 499) await freeMemory();
    const started = performance.now();
    try {
      work(i);
    } catch (error) {
      const isRefusal = error instanceof MondoError && ["damaged", "format", "not-found"].includes(error.code);
      if (!isRefusal) throw new Error(`${name}, case ${i}: ${error instanceof Error ? error.stack : error}`);
      refused++;
    }
    assert.ok(performance.now() - started < SLOWEST_MS, `${name}, case ${i} took too long`);
  }
  return refused;
}

const rich: readonly Entry[] = [
  craft("", "directory"),
  craft("etc", "directory"),
  craft("etc/a", "file", { xattrs: new Map([[toByteString("user.x"), new Uint8Array([1, 2, 3])]]) }),
  craft("etc/i", "file", { inode: { low: 1, high: 2, ctimeSec: 3, ctimeNsec: 4 } }),
  craft("etc/b", "hardlink", { to: "etc/a" }),
  craft("etc/out", "symlink", { to: "../../outside" }),
  craft("etc/p", "fifo"),
  craft("etc/sparse", "file", { size: 1 << 20, extents: [4096, 7] }),
  craft("../up", "file"),
  craft("etc/out/through", "file"),
  craft("zz/deep/er", "file"),
  craft("zz/dev", "char", { rdev: { major: 1, minor: 3 } }),
];

/** The records of a small catalog. */
function recordsOf(frameBytes: number): Uint8Array {
  const records = new PackedWriter();
  encodeFrame(records, { volume: 0, offset: 0, storedBytes: frameBytes, tarBytes: 7 });
  for (const entry of rich) encodeEntry(records, entry);
  encodeEntry(records, craft("large", "file", { size: 14, pieces: 2 }));
  const hash = Bun.hash.xxHash64("crafted");
  for (const dataOffset of [0, 0]) encodePiece(records, { dataOffset, length: 7, hash });
  encodeEnd(records, { entries: rich.length + 1, frames: 1, contentBytes: 100 });
  return Uint8Array.from(records.bytes());
}

const compressor = zstdCodec.compressor(1);

/** A catalog with sound checksums around whatever its records are. */
function sealed(records: Uint8Array): Uint8Array {
  const frame = compressor.compress(records);
  const block = new PackedWriter(BLOCK_HEADER_BYTES + frame.length);
  encodeBlockHeader(block, { storedBytes: frame.length, contentBytes: records.length });
  block.raw(frame);
  return Uint8Array.from(block.bytes());
}

test("readCatalog() of damaged files and of hostile records is an error or a catalog", async () => {
  const random = mutatorOf(1);
  const path = join(base, "catalog");
  const whole = sealed(recordsOf(20));
  const read = (bytes: Uint8Array) => {
    writeFileSync(path, bytes);
    for (const _ of openCatalog(path).entries());
    for (const _ of readCatalog(path));
  };
  const damaged = await attempt("catalog", CASES, () => read(random.mutated(whole)));
  assert.ok(damaged > CASES * 0.9, `only ${damaged} of ${CASES} damaged catalogs were refused`);
  const hostile = await attempt("records", CASES, () => read(sealed(random.mutated(recordsOf(20)))));
  assert.ok(hostile > 0 && hostile < CASES);
  await attempt("noise", CASES / 10, (i) => read(random.noise(i % 300)));
});

test("decompress() of damaged frames is an error or the same bytes", async () => {
  const random = mutatorOf(2);
  const decompressor = zstdCodec.decompressor();
  const content = encodeText("mondo ".repeat(2000));
  const frames = [0, 1, 9].map((level) => Uint8Array.from(zstdCodec.compressor(level).compress(content)));
  await attempt("frame", CASES, (i) => {
    const frame = frames[i % frames.length] ?? new Uint8Array(0);
    const got = decompressor.decompress(random.mutated(frame), content.length);
    assert.is(Buffer.compare(got, content), 0, "a change went unseen");
  });
  await attempt("length", CASES / 10, (i) => decompressor.decompress(frames[i % 3] ?? content, random.below(2 ** 31)));
  await attempt("noise", CASES, (i) => decompressor.decompress(random.noise(i % 200), i));
});

test("parsePaxRecords() and parseTarBlock() of damaged headers are errors or headers", async () => {
  const random = mutatorOf(3);
  const header = new Uint8Array(4096);
  const more = { mode: 0o644, uid: 3_000_000, gid: 0, size: 2 ** 40, mtimeSec: -5, mtimeNsec: 7 };
  const end = encodeTarHeader(header, 0, { path: toByteString("a/".repeat(90)), type: "0", ...more });
  await attempt("pax", CASES, () => parsePaxRecords(random.mutated(header.subarray(512, 1024))));
  await attempt("block", CASES, () => parseTarBlock(random.mutated(header.subarray(end - 512, end))));
  await attempt("noise", CASES, (i) => parsePaxRecords(random.noise(i % 100)));
});

const manifest: Manifest = {
  ...{ format: "mondo-set", version: 1, set: "5e3f1d2c-0000-4000-8000-000000000001", created: 1, prefix: "p" },
  tool: { version: "1", commit: "c" },
  host: { name: "h", os: "o", kernel: "k", arch: "a" },
  layout: { version: 1, nodes: [] },
  volumes: [{ name: "volume-0001.tar.zst", sizeBytes: 1, sha256: "0".repeat(64) }],
  catalog: { name: CATALOG_NAME, sizeBytes: 1, sha256: "0".repeat(64) },
  level: 1,
  parents: [
    { set: "5e3f1d2c-0000-4000-8000-000000000002", created: 1, prefix: "p", level: 0, codec: "gzip", volumes: [] },
  ],
  removed: { name: "removed.txt", sizeBytes: 0, sha256: "0".repeat(64) },
  ...{ entries: 1, contentBytes: 1, problems: [{ path: "/x", severity: "lost", reason: "r" }] },
  options: { restoreByDefault: false, eject: true, excluded: [] },
};

test("decodeManifest() of damaged text is an error or a manifest", async () => {
  const random = mutatorOf(4);
  const bytes = encodeText(encodeManifest(manifest));
  await attempt("manifest", CASES, () =>
    decodeManifest(new TextDecoder().decode(random.mutated(bytes)), "manifest.json"),
  );
  const values = [null, -1, 1.5, 1e300, "", "x", [], {}, true, [[]], { name: "/" }];
  await attempt("values", CASES, () => {
    const changed = structuredClone(manifest) as unknown as Record<string, unknown>;
    const keys = Object.keys(changed);
    changed[keys[random.below(keys.length)] ?? ""] = values[random.below(values.length)];
    decodeManifest(JSON.stringify(changed), "manifest.json");
  });
});

test("decodeManifest() refuses names that lead out of the set", () => {
  for (const name of ["../secret", "/etc/shadow", "..", ".", "", "a/b", "a\0b"]) {
    const hostile = { ...manifest, volumes: [{ ...manifest.volumes[0], name }] };
    assert.throws(
      () => decodeManifest(JSON.stringify(hostile), "manifest.json"),
      (error: unknown) => error instanceof MondoError && error.code === "damaged",
      name,
    );
  }
});

test("listIsoDirectory() of damaged images is an error or a listing", async () => {
  const random = mutatorOf(5);
  const tree = join(base, "tree");
  mkdirSync(join(tree, "mondo/deep"), { recursive: true });
  for (const name of ["manifest.json", "catalog.mcat.zst", "volume-0001.tar.zst"])
    writeFileSync(join(tree, "mondo", name), name.repeat(100));
  const made = call(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-o", join(base, "small.iso"), "-no-pad", tree]);
  assert.is(made.status, 0, made.err);
  const image = new Uint8Array(readFileSync(join(base, "small.iso")));
  let bytes: Uint8Array = image;
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  assert.is(listIsoDirectory(read, "/mondo").length, 4);
  await attempt("iso", CASES, () => {
    bytes = random.mutated(image, 16 * 2048, Math.min(image.length, 40 * 2048));
    isoSizeBytes(read);
    for (const file of listIsoDirectory(read, "/mondo")) rangeOfFile(file);
  });
});

test("extractArchive() of hostile catalogs makes nothing outside of its target", async () => {
  const random = mutatorOf(6);
  const [outside, directory] = [join(base, "outside"), join(base, "set")];
  for (const path of [outside, directory]) mkdirSync(path);
  writeFileSync(join(outside, "precious"), "precious");
  const set = craftSet(directory, rich);
  const records = recordsOf(set.volumes[0]?.sizeBytes ?? 0);
  const before = readdirSync(base).concat("target").sort();
  for (let i = 0; i < CASES / 20; i++) {
    const target = join(base, "target");
    mkdirSync(target);
    writeFileSync(join(directory, set.catalog.name), sealed(i === 0 ? records : random.mutated(records)));
    try {
      await extractArchive({ directory, manifest: set, target, threads: 0 }, silentReporter);
    } catch (error) {
      assert.ok(error instanceof MondoError, `case ${i}: ${error instanceof Error ? error.stack : error}`);
    }
    assert.equal(readdirSync(base).sort(), before, `case ${i}`);
    if (i % 500 === 499) await freeMemory();
    assert.equal(readdirSync(outside), ["precious"], `case ${i}`);
    assert.is(readFileSync(join(outside, "precious"), "utf8"), "precious");
    removeTree(target);
  }
});

test("rebuildCatalog() of damaged and hostile volumes is a catalog of which nothing is made outside of its target", async () => {
  const random = mutatorOf(7);
  const [directory, made, outside] = ["loose", "made", "beyond"].map((name) => join(base, name)) as [
    ...[string, string, string],
  ];
  for (const path of [directory, made, outside]) mkdirSync(path);
  const tar = new Uint8Array(1 << 16);
  let end = 0;
  for (const entry of rich) {
    if (entry.kind !== "socket") end = encodeTarHeader(tar, end, headerOf(entry, entry.extents ? 512 : 0));
    if (entry.extents) tar.set(encodeSparseMap(entry.extents, entry.size), end);
    if (entry.kind === "file") end += (entry.extents ? 512 : 0) + 512;
  }
  const frame = (bytes: Uint8Array) => Uint8Array.from(compressor.compress(bytes));
  const volume = Buffer.concat([frame(tar.subarray(0, end)), frame(TAR_END)]);
  const before = readdirSync(base).concat("target").sort();
  const info = { name: "volume-0001.tar.zst", sizeBytes: volume.length, sha256: "" };
  const locate = (name: string) => {
    const path = name === info.name ? join(directory, name) : join(made, name);
    return { path, offset: 0, sizeBytes: statSync(path).size };
  };
  let most = 0;
  for (let i = 0; i < CASES / 20; i++) {
    const target = join(base, "target");
    mkdirSync(target);
    // Damaged bytes, and sound frames around hostile headers.
    const hostile = () => Buffer.concat([frame(random.mutated(tar.subarray(0, end))), frame(TAR_END)]);
    writeFileSync(join(directory, info.name), i === 0 ? volume : i % 2 === 0 ? random.mutated(volume) : hostile());
    const { defects, ...result } = await rebuildCatalog({ volumes: [info], locate, directory: made }, silentReporter);
    most = Math.max(most, result.entries);
    const request = { directory, manifest: { ...result, volumes: [info] }, locate, target, threads: 0 };
    await extractArchive(request, silentReporter);
    assert.equal(readdirSync(base).sort(), before, `case ${i}`);
    if (i % 500 === 499) await freeMemory();
    assert.equal(readdirSync(outside), [], `case ${i}`);
    removeTree(target);
  }
  assert.is(most, rich.length);
});

test.run();
