/**
 * Images that are written as the volumes come: what xorriso, bsdtar and the kernel make of them, how often their bytes
 * are written, and what is left of a run that is killed, or that fails, at any call of its end.
 */
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openSet } from "../../src/archive/set/open-set.ts";
import { verifySet } from "../../src/archive/verify/verify-set.ts";
import { adoptKilled, removeUnfinished } from "../../src/backup/destination/image-names.ts";
import { sizeOfMedium } from "../../src/backup/media-plan.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { GIB, MIB } from "../../src/base/units.ts";
import { DIRECTORY_ROOM, growIso, readIsoFront } from "../../src/formats/fs/grown-iso.ts";
import { isoSizeBytes, listIsoDirectory, rangeOfFile } from "../../src/formats/fs/iso9660.ts";
import { decodeGpt } from "../../src/formats/storage/gpt.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { buildIso } from "../../src/image/build-iso.ts";
import { call } from "../support/mondo.ts";
import { needing } from "../support/needing.ts";
import { type Ground, groundIn, onePass } from "../support/one-pass-run.ts";
import { canTrace, type TracedCall, traced } from "../support/traced-run.ts";
import { hasUml, inUml } from "../support/uml.ts";

const host = linuxHost();
const work = mkdtempSync(join(tmpdir(), "mondo-one-pass-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

const noise = (bytes: number) =>
  Buffer.concat(Array.from({ length: bytes / 65_536 }, () => crypto.getRandomValues(new Uint8Array(65_536))));

function ground(name: string, files: Readonly<Record<string, Uint8Array | string>>, sizes?: readonly number[]): Ground {
  const made = groundIn(join(work, name), sizes);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(made.tree, file), content);
  return made;
}

const failureOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error) => error,
  );

/** Nothing is wrong with a set, and its files are those of the tree. */
async function assertHolds(place: string, tree: string): Promise<void> {
  const { defects } = await verifySet(host, openSet(host, place), 0, silentReporter);
  assert.equal(defects, [], place);
  const to = mkdtempSync(join(work, "out-"));
  const main = join(import.meta.dirname, "../../src/main.ts");
  const { status, err } = call([process.execPath, main, "extract", place, "/", "--to", to]);
  assert.is(status, 0, err);
  assert.is(call(["diff", "-r", tree, to]).out, "");
  rmSync(to, { recursive: true });
}

/** What xorriso says of an image, which it reads to the end. */
function judged(image: string): string {
  const { status, err } = call(["xorriso", "-abort_on", "WARNING", "-indev", image, "-check_media", "--"]);
  assert.is(status, 0, err);
  assert.not.match(err, /WARNING|SORRY|FAILURE|MISHAP|\bslow\b.*[1-9]/, err);
  return call(["xorriso", "-indev", image, "-report_system_area", "plain", "-report_el_torito", "plain"]).out;
}

test("an image grows into one that xorriso finds whole, with its tables at the new end, and that bsdtar reads alike", async () => {
  const made = ground("judged", { large: noise(20 * MIB), small: "x" });
  const { made: isos } = await onePass(made);
  const [{ name: iso, sizeBytes } = { name: "", sizeBytes: 0 }] = isos;
  assert.equal(readdirSync(made.target), ["p-1.iso"]);
  assert.is(statSync(iso).size, sizeBytes);
  const report = judged(iso);
  assert.match(report, new RegExp(`^ISO image size/512 : ${sizeBytes / 512}$`, "m"));
  assert.match(report, new RegExp(`^MBR partition {6}: {3}1 {3}0x80 {2}0x00 {12}0 +${sizeBytes / 512}$`, "m"));
  assert.match(report, /^El Torito boot img : {3}1 {2}BIOS {2}y/m);
  assert.match(report, /^El Torito boot img : {3}2 {2}UEFI {2}y/m);
  const read = (offset: number, length: number) => host.readAt(iso, offset, length);
  const gpt = decodeGpt(read, 512, sizeBytes);
  assert.is(gpt.backupSector, sizeBytes / 512 - 1);
  const [whole] = gpt.entries;
  assert.is(whole?.firstSector, 0);
  assert.ok((whole?.lastSector ?? 0) <= gpt.lastUsableSector && (whole?.lastSector ?? 0) > gpt.lastUsableSector - 4);
  // The backup alone.
  const blind = (offset: number, length: number) => (offset < 1024 ? new Uint8Array(length) : read(offset, length));
  assert.equal(decodeGpt(blind, 512, sizeBytes).entries, gpt.entries);
  await assertHolds(iso, made.tree);
  const extracted = join(work, "bsdtar");
  mkdirSync(extracted);
  assert.is(call(["bsdtar", "-xf", iso, "-C", extracted]).status, 0);
  const sums = call(["sh", "-c", "sha256sum -c --strict --quiet mondo/boot.sha256"], extracted);
  assert.is(sums.status, 0, sums.out + sums.err);
  await assertHolds(join(extracted, "mondo"), made.tree);
});

needing(test, Bun.which("isoinfo"))(
  "isoinfo lists the files of a grown image with the lengths that they have",
  async () => {
    const made = ground("isoinfo", { large: noise(9 * MIB), small: "x" });
    const { made: isos, manifest } = await onePass(made);
    const { status, out, err } = call(["isoinfo", "-l", "-R", "-i", isos[0]?.name ?? ""]);
    assert.is(status, 0, err);
    assert.is(err, "");
    const [, listed = ""] = out.split("Directory listing of /mondo/\n");
    for (const { name, sizeBytes } of [...manifest.volumes, manifest.catalog]) {
      assert.match(listed, new RegExp(` ${sizeBytes} .* ${name.replaceAll(".", "\\.")} *$`, "m"));
    }
  },
);

test("an image that was cut off says so, and names the volumes that are left of it", async () => {
  const made = ground("cut", { large: noise(8 * MIB), small: "x" });
  const { made: isos } = await onePass(made);
  const iso = isos[0]?.name ?? "";
  truncateSync(iso, statSync(iso).size - 2 * MIB);
  assert.throws(() => openSet(host, iso), /p-1\.iso is \d+ bytes long instead of \d+; its manifest is in the part/);
  assert.match(call(["bsdtar", "-tf", iso]).out, /^mondo\/volume-0001\.tar\.zst$/m);
});

/** An image with a file of more than two extents, nothing of which is written but its ends. */
async function withHugeFile(): Promise<{ readonly image: string; readonly sizeBytes: number }> {
  const image = join(work, "huge.iso");
  await buildIso(host, { output: image, scratch: join(work, "huge"), volumeId: "MONDO_00000000_2" }, silentReporter);
  const front = readIsoFront((offset, length) => host.readAt(image, offset, length), "mondo");
  const sizeBytes = 9 * GIB + 12_345;
  const start = front.endOffset + DIRECTORY_ROOM;
  const files = [
    { name: "volume-0001.tar.zst", offset: start, sizeBytes },
    { name: "empty", offset: start, sizeBytes: 0 },
  ];
  const grown = growIso(front, files, start + sizeBytes);
  const fd = openSync(image, "r+");
  for (const { offset, bytes } of [...grown.tail, ...grown.patches]) writeSync(fd, bytes, 0, bytes.length, offset);
  writeSync(fd, Buffer.from("first"), 0, 5, start);
  writeSync(fd, Buffer.from("last"), 0, 4, start + sizeBytes - 4);
  closeSync(fd);
  truncateSync(image, grown.sizeBytes);
  return { image, sizeBytes };
}

test("a file of nine GiB has three extents, which follow each other", async () => {
  const { image, sizeBytes } = await withHugeFile();
  const read = (offset: number, length: number) => host.readAt(image, offset, length);
  const [volume] = listIsoDirectory(read, "/mondo").filter(({ name }) => name !== "empty");
  assert.is(volume?.extents.length, 3);
  assert.is(volume && rangeOfFile(volume).length, sizeBytes);
  assert.is(isoSizeBytes(read), statSync(image).size);
  const listed = call(["xorriso", "-abort_on", "WARNING", "-indev", image, "-lsl", "/mondo"]);
  assert.is(listed.status, 0, listed.err);
  assert.match(listed.out, new RegExp(` ${sizeBytes} .*'volume-0001\\.tar\\.zst'`));
});

needing(test, hasUml())("the kernel mounts such images and reads what is in them", async () => {
  const made = ground("kernel", { large: noise(MIB), small: "x" });
  const { made: isos } = await onePass(made);
  const huge = join(work, "huge.iso");
  const output = await inUml(`
modprobe isofs
mkdir -p /run/one /run/huge
mount -o loop,ro ${isos[0]?.name} /run/one
cd /run/one && sha256sum -c --strict --quiet mondo/boot.sha256 && cd mondo
sed -n 's/^ *echo "\\(.*\\)" | sha256sum -c$/\\1/p' HOWTO.txt | sha256sum -c --strict --quiet
find /run/one -type f -exec cat {} + >/dev/null
mount -o loop,ro ${huge} /run/huge
stat -c 'huge %s' /run/huge/mondo/volume-0001.tar.zst
head -c 5 /run/huge/mondo/volume-0001.tar.zst; tail -c 4 /run/huge/mondo/volume-0001.tar.zst
`);
  assert.match(output, new RegExp(`huge ${9 * GIB + 12_345}\r?\nfirstlast`));
});

test("media whose catalog became larger than was reserved give volumes to a further one, and are whole", async () => {
  const sizes = [40 * MIB, 24 * MIB];
  const made = ground("media", { a: noise(30 * MIB), b: noise(30 * MIB), c: "x" }, sizes);
  const { made: isos, manifest } = await onePass(made, { headBytes: -5 * MIB });
  assert.equal(
    readdirSync(made.target).sort(),
    isos.map((_, index) => `p-${index + 1}.iso`),
  );
  for (const [index, { name, sizeBytes }] of isos.entries()) {
    assert.ok(sizeBytes <= sizeOfMedium(sizes, index + 1), `${name} has ${sizeBytes} bytes`);
    judged(name);
  }
  const media = manifest.volumes.map(({ medium = 1 }) => medium);
  assert.not.equal(
    [...media].sort((a, b) => a - b),
    media,
    "none was moved",
  );
  for (const { name } of isos) await assertHolds(name, made.tree);
});

test("media are full, each within its size, when the catalog is as expected", async () => {
  const sizes = [40 * MIB, 24 * MIB];
  const made = ground("full", { a: noise(30 * MIB), b: noise(30 * MIB), c: "x" }, sizes);
  const { made: isos } = await onePass(made);
  for (const [index, { sizeBytes }] of isos.entries()) {
    assert.ok(sizeBytes <= sizeOfMedium(sizes, index + 1));
    if (index < isos.length - 1) assert.ok(sizeBytes > sizeOfMedium(sizes, index + 1) - 8 * MIB, `${sizeBytes}`);
  }
  await assertHolds(isos.at(-1)?.name ?? "", made.tree);
});

test("no volume is moved from a medium that is full while the catalog is as expected", async () => {
  const content = Buffer.alloc(128 * MIB);
  for (let at = 0; at < content.length; at += MIB) noise(MIB / 4).copy(content, at);
  const moved: string[] = [];
  const reporter = { ...silentReporter, info: (text: string) => void moved.push(text) };
  // 14 MiB of volumes on the second medium.
  const made = ground("unmoved", { a: content }, [23 * MIB, 15.2 * MIB]);
  const { manifest } = await onePass(made, { headBytes: 128 << 10, reporter });
  const onSecond = manifest.volumes.filter(({ medium }) => medium === 2).map(({ sizeBytes }) => sizeBytes);
  assert.ok(onSecond.reduce((sum, sizeBytes) => sum + sizeBytes, 0) > 13.9 * MIB, `${onSecond}`);
  assert.equal(moved, []);
});

test("copies of an image beside it stay, whatever number they have", async () => {
  const made = ground("copies", { small: "x" });
  await onePass(made);
  cpSync(join(made.target, "p-1.iso"), join(made.target, "p-20261130.iso"));
  await onePass(made);
  assert.equal(readdirSync(made.target).sort(), ["p-1.iso", "p-20261130.iso"]);
});

test("a further medium takes no other file's name; the set is kept", async () => {
  const made = ground("further", { a: noise(30 * MIB), c: "x" }, [24 * MIB]);
  writeFileSync(join(made.target, "p-2.iso"), "somebody's");
  const error = await failureOf(onePass(made));
  assert.ok(error instanceof MondoError && error.code === "refused", String(error));
  assert.match(error.message, /p-2\.iso is no backup made by mondo.*it is kept as/);
  assert.is(readFileSync(join(made.target, "p-2.iso"), "utf8"), "somebody's");
  assert.equal(readdirSync(made.target).sort(), ["p-2.iso", "p-set"]);
  await assertHolds(join(made.target, "p-set"), made.tree);
});

test("an image of a run that was killed takes no other file's name", async () => {
  const made = ground("adopted", { small: "x" });
  await onePass(made);
  const [iso, left] = [join(made.target, "p-1.iso"), join(made.target, "p-1.iso.new")];
  renameSync(iso, left);
  writeFileSync(iso, "somebody's");
  assert.throws(() => adoptKilled(host, made.request, silentReporter), /p-1\.iso is no backup made by mondo/);
  assert.is(readFileSync(iso, "utf8"), "somebody's");
  rmSync(iso);
  adoptKilled(host, made.request, silentReporter);
  await assertWhole(iso, "adopted");
});

test("a run that is interrupted when it completes its images leaves the earlier one whole and nothing else", async () => {
  const made = ground("aborted", { large: noise(MIB), small: "x" });
  await onePass(made);
  const before = readFileSync(join(made.target, "p-1.iso"));
  const abort = new AbortController();
  const stop = new Error("stop");
  const error = await failureOf(onePass(made, { signal: abort.signal, onSaved: () => abort.abort(stop) }));
  assert.is(error, stop);
  assert.equal(readdirSync(made.target), ["p-1.iso"]);
  assert.ok(before.equals(readFileSync(join(made.target, "p-1.iso"))));
});

test("a target that is full before the catalog is written keeps what was saved as a set that can be used", async () => {
  const made = ground("small", { large: noise(8 * MIB), small: "x" });
  host.mount({ source: "tmpfs", target: made.target, type: "tmpfs", data: "size=60m" });
  try {
    const fill = () => {
      const free = host.freeBytes(made.target);
      writeFileSync(join(made.target, "fill"), new Uint8Array(free));
    };
    const error = await failureOf(onePass(made, { onSaved: fill }));
    assert.ok(error instanceof MondoError && error.code === "no-space", String(error));
    assert.match(error.message, /^the files are saved, but the ISO is not complete: .* no space left; it is kept as /);
    assert.equal(readdirSync(made.target).sort(), ["fill", "p-set"]);
    await assertHolds(join(made.target, "p-set"), made.tree);
  } finally {
    host.unmount(made.target);
  }
});

const program = (base: string) => [process.execPath, join(import.meta.dirname, "../support/one-pass-run.ts"), base];
const TAIL_CALLS = ["pwrite64", "ftruncate", "fsync", "rename"];

/**
 * A ground with an earlier set, the paths of an image on its way to its name, and the calls of a run after the last
 * volume.
 */
async function watched(name: string) {
  const made = ground(name, { file: noise(2 * MIB), small: "earlier" });
  await onePass(made);
  const copy = join(work, `${name}-earlier`);
  const earlier = setIn(join(made.target, "p-1.iso"));
  cpSync(made.target, copy, { recursive: true });
  writeFileSync(join(made.tree, "small"), "later");
  const paths = [join(made.places.images, "p-1.iso"), join(made.target, "p-1.iso.new")];
  const { status, stderr, calls } = traced(program(made.base), { calls: TAIL_CALLS, paths });
  assert.is(status, 0, stderr);
  const from = calls.findIndex((one) => one.name === "fsync") + 1;
  const reset = () => {
    rmSync(made.target, { recursive: true });
    cpSync(copy, made.target, { recursive: true });
  };
  return { ...made, paths, tail: calls.slice(from), earlier, reset };
}

const setIn = (place: string): string => openSet(host, place).manifest.set;

/** Nothing is wrong with a set. */
async function assertWhole(place: string, when: string): Promise<void> {
  const { defects } = await verifySet(host, openSet(host, place), 0, silentReporter);
  assert.equal(defects, [], when);
}

/** All calls with `CUTS=all`; else every so many-th, and the last ones. */
function some(calls: readonly TracedCall[], step: number, last: number): readonly TracedCall[] {
  if (process.env.CUTS === "all") return calls;
  return calls.filter((_, index) => index % step === 0 || index >= calls.length - last);
}

const named = ({ name, number }: TracedCall) => `${name} ${number}`;

needing(test, canTrace())(
  "a run that is killed at any call of its end leaves the earlier set, or the new one, which the next run finds",
  async () => {
    const { base, target, request, paths, tail, earlier, reset } = await watched("killed");
    assert.ok(tail.length > 15, tail.map(named).join(", "));
    const lastWrite = tail.findLastIndex(({ name }) => name === "pwrite64");
    for (const one of some(tail, 4, 5)) {
      reset();
      const inject = `${one.name}:signal=KILL:when=${one.number}`;
      const { status } = traced(program(base), { calls: TAIL_CALLS, paths, inject });
      assert.is.not(status, 0, named(one));
      assert.is(setIn(join(target, "p-1.iso")), earlier, named(one));
      adoptKilled(host, request, silentReporter);
      removeUnfinished(host, request);
      assert.is(setIn(join(target, "p-1.iso")) !== earlier, tail.indexOf(one) > lastWrite, named(one));
      await assertWhole(join(target, "p-1.iso"), named(one));
      assert.not.ok(existsSync(join(target, "p-1.iso.new")));
    }
  },
);

needing(test, canTrace())(
  "a run of which any write of its end fails leaves the earlier set whole, and the new one as a directory",
  async () => {
    const { base, target, tree, paths, tail, earlier, reset } = await watched("failed");
    const writes = some(
      tail.filter(({ name }) => name !== "rename"),
      4,
      2,
    );
    for (const one of writes) {
      reset();
      const inject = `${one.name}:error=${one.name === "fsync" ? "EIO" : "ENOSPC"}:when=${one.number}`;
      const { status, stderr } = traced(program(base), { calls: TAIL_CALLS, paths, inject });
      assert.is.not(status, 0, named(one));
      assert.match(stderr, /the files are saved, but the ISO is not complete/, named(one));
      assert.is(setIn(join(target, "p-1.iso")), earlier, named(one));
      assert.equal(readdirSync(target).sort(), ["p-1.iso", "p-set"], named(one));
      await assertWhole(join(target, "p-set"), named(one));
      if (one === writes[0]) await assertHolds(join(target, "p-set"), tree);
    }
  },
);

needing(test, canTrace())("each byte of an image is written once, and volumes go nowhere else", () => {
  const made = ground("once", { large: noise(30 * MIB) });
  const calls = ["write", "pwrite64", "writev", "pwritev", "copy_file_range", "sendfile"];
  const { status, stderr, calls: seen } = traced(program(made.base), { calls });
  assert.is(status, 0, stderr);
  const image = join(made.places.images, "p-1.iso");
  const written = new Map<string, number>();
  for (const { path, result } of seen) {
    if (path.startsWith(made.base)) written.set(path, (written.get(path) ?? 0) + Math.max(0, result));
  }
  const size = statSync(join(made.target, "p-1.iso")).size;
  const own = written.get(image) ?? 0;
  assert.ok(own > 30 * MIB && own < size + 100_000, `${own} bytes are written of an image of ${size}`);
  written.delete(image);
  const rest = [...written.values()].reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(rest < 14 * MIB, `${rest} bytes elsewhere: ${[...written].join("; ")}`);
  const offsets = seen.filter(({ name, path }) => name === "pwrite64" && path === image);
  const back = offsets.filter(
    ({ last }, index) => last < Math.max(0, ...offsets.slice(0, index).map((one) => one.last)),
  );
  assert.ok(back.length <= 6, `${back.length} writes go back`);
});

test.run();
