import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCatalog } from "../../src/archive/catalog/catalog.ts";
import { decodeEntry } from "../../src/archive/catalog/entry-record.ts";
import type { FrameInfo } from "../../src/archive/entry.ts";
import { catalogSpan, openSet } from "../../src/archive/set/open-set.ts";
import { displayBytes } from "../../src/base/bytes.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { call, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("reading a backup");
const work = mkdtempSync(join(tmpdir(), "mondo-reading-"));
const tree = join(work, "tree");
const iso = join(work, "odd-1.iso");
test.after(() => rmSync(work, { recursive: true, force: true }));

const MIB = 1 << 20;
const noise = (bytes: number) =>
  Buffer.concat(
    Array.from({ length: Math.ceil(bytes / 65_536) }, () => crypto.getRandomValues(new Uint8Array(65_536))),
  ).subarray(0, bytes);

/** What the backup told. */
let saved: Outcome;

test.before(() => {
  for (const path of ["", "etc", "etc/deep", "data"]) mkdirSync(join(tree, path));
  writeFileSync(join(tree, "etc/a.conf"), "a\n", { mode: 0o640 });
  writeFileSync(join(tree, "etc/deep/b.conf"), "b\n");
  writeFileSync(join(tree, "etc/c.txt"), "c\n");
  utimesSync(join(tree, "etc/c.txt"), 1_000_000_000, 1_000_000_000);
  linkSync(join(tree, "etc/a.conf"), join(tree, "zz-same"));
  symlinkSync("../etc/c.txt", join(tree, "etc/link"));
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/caf`), Buffer.from([0xe9])]), "latin\n");
  writeFileSync(join(tree, "new\nline"), "newline\n");
  writeFileSync(join(tree, "large"), noise(13 * MIB));
  for (let i = 0; i < 190; i++) writeFileSync(join(tree, `data/${String(i).padStart(3, "0")}`), noise(MIB));
  saved = mondo("archive", "-d", work, "-p", "odd", "-1", "--root", tree, "--json");
  assert.is(saved.status, 0, saved.err);
});

function target(): string {
  return mkdtempSync(join(work, "target-"));
}

const lines = ({ out }: Outcome) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The progress events of one kind of work, each checked for what it has to hold. */
function progressOf(outcome: Outcome, label: string): readonly Record<string, number>[] {
  const events = lines(outcome).filter((event) => event.event === "progress" && event.label === label);
  assert.ok(events.length > 0, `no progress of "${label}" in ${outcome.out.slice(0, 2000)}`);
  let [at, done] = [0, 0];
  for (const event of events as Record<string, number>[]) {
    assert.ok((event.at ?? 0) >= at && (event.done ?? -1) >= done, JSON.stringify(event));
    [at, done] = [event.at ?? 0, event.done ?? 0];
    assert.is(event.unit, "bytes");
    assert.ok(Number.isInteger(done) && Number.isInteger(event.total), JSON.stringify(event));
    // What a backup expects is an estimate of the disk's.
    assert.ok((event.total ?? 0) >= (label === "archive" ? 1 : done), JSON.stringify(event));
    const left = event.secondsLeft;
    assert.ok(left === undefined || (Number.isInteger(left) && left >= 0), JSON.stringify(event));
  }
  return events as Record<string, number>[];
}

const extract = (to: string, ...words: string[]) => mondo("extract", iso, "--to", to, ...words);
const content = (...path: string[]) => readFileSync(join(...path), "utf8");

interface Placed {
  readonly at: number;
  readonly frame: FrameInfo;
  readonly files: string[];
}

/** The frames of the set, where they lie in the image, and the files whose content is in them. */
function framesOf(image: string): Placed[] {
  const set = openSet(linuxHost(), image);
  const frames: Placed[] = [];
  let large = "";
  for (const record of readCatalog(catalogSpan(set))) {
    if (record.type === "frame") {
      const volume = set.locate(set.manifest.volumes[record.frame.volume]?.name ?? "");
      frames.push({ at: (volume?.offset ?? 0) + record.frame.offset, frame: record.frame, files: [] });
    } else if (record.type === "entry") {
      const entry = decodeEntry(record.bytes);
      if (entry.pieces) large = `/${displayBytes(entry.path)}`;
      else if (entry.kind === "file" && entry.size > 0) frames.at(-1)?.files.push(`/${displayBytes(entry.path)}`);
    } else if (record.type === "piece") frames.at(-1)?.files.push(large);
  }
  return frames;
}

function flip(path: string, at: number): void {
  const fd = openSync(path, "r+");
  const byte = new Uint8Array(1);
  readSync(fd, byte, 0, 1, at);
  writeSync(fd, new Uint8Array([(byte[0] ?? 0) ^ 0x20]), 0, 1, at);
  closeSync(fd);
}

/** The set's files out of the image, as a directory. */
function unpacked(): string {
  const directory = mkdtempSync(join(work, "set-"));
  const set = openSet(linuxHost(), iso);
  const { volumes, catalog } = set.manifest;
  for (const name of [...volumes.map((volume) => volume.name), catalog.name]) {
    const span = set.locate(name);
    if (!span) throw new Error(`${name} is missing`);
    const range = ["iflag=skip_bytes,count_bytes", `skip=${span.offset}`, `count=${span.sizeBytes}`, "bs=1M"];
    assert.is(call(["dd", `if=${span.path}`, `of=${directory}/${name}`, ...range]).status, 0);
  }
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(set.manifest));
  return directory;
}

test("list shows every entry as ls -l does, odd names escaped", () => {
  const { out, status } = mondo("list", iso);
  assert.is(status, 0);
  assert.match(out, /^-rw-r----- {2}0\/0 +2 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \/etc\/a\.conf$/m);
  assert.match(out, /^-rw-r--r-- {2}0\/0 +2 2001-09-09 01:46:40 \/etc\/c\.txt$/m);
  assert.match(out, /^lrwxrwxrwx .* \/etc\/link -> \.\.\/etc\/c\.txt$/m);
  assert.match(out, /^h.* \/zz-same link to \/etc\/a\.conf$/m);
  assert.ok(out.includes(" /caf\\xe9\n") && out.includes(" /new\\x0aline\n"));
  assert.is(out.trimEnd().split("\n").length, 202);
});

test("list finds the ISO in a directory by its prefix, and --json carries names that are no text in base64", () => {
  const found = lines(mondo("list", work, "-p", "odd", "--json", "caf?", "/etc/*.txt"));
  assert.equal(
    found.map(({ path, pathBase64 }) => [path, pathBase64]),
    [
      ["/caf\\xe9", Buffer.from([0x63, 0x61, 0x66, 0xe9]).toString("base64")],
      ["/etc/c.txt", undefined],
    ],
  );
  assert.is(found[1]?.mtime, "1000000000.000000000");
});

test("list of something that is not there is status 1, and names the pattern", () => {
  const outcome = mondo("list", iso, "*.nothing", "/etc/*.conf");
  assert.is(outcome.status, 1);
  assert.match(outcome.err, /nothing in the backup matches "\*\.nothing"/);
  assert.match(outcome.out, /a\.conf/);
});

test("extract of one file reads the frame that holds it, and no more of 200 MiB", () => {
  const to = target();
  const outcome = extract(to, "/data/100", "--json");
  assert.is(outcome.status, 0, outcome.err);
  assert.is(Buffer.compare(readFileSync(join(to, "data/100")), readFileSync(join(tree, "data/100"))), 0);
  const done = lines(outcome).find(({ event }) => event === "extracted");
  assert.ok(Number(done?.readBytes) < 6 * MIB, `${done?.readBytes} bytes were read`);
  assert.ok(Number(done?.readBytes) >= MIB);
});

test("--json tells how far a backup, a check, an extraction and a comparison are, in bytes of the whole", () => {
  const to = target();
  const outcomes = {
    archive: saved,
    contents: mondo("verify", iso, "--json"),
    restore: extract(to, "/data", "large", "--json"),
    compare: mondo("compare", iso, "--root", tree, "--json"),
  };
  for (const [label, outcome] of Object.entries(outcomes)) {
    assert.is(outcome.status, 0, outcome.err);
    const events = progressOf(outcome, label);
    const last = events.at(-1);
    if (label !== "archive") assert.is(last?.done, last?.total, label);
    assert.ok((last?.[label === "archive" ? "done" : "total"] ?? 0) >= 200 * MIB, label);
  }
  // Of a choice, what was chosen.
  assert.is(progressOf(outcomes.restore, "restore").at(-1)?.total, 203 * MIB);
  progressOf(outcomes.contents, "checksums");
  rmSync(to, { recursive: true });
});

test("extract of a file that another name holds brings its content; both names stay one file", () => {
  const to = target();
  assert.is(extract(to, "/zz-same").status, 0);
  assert.is(content(to, "zz-same"), "a\n");
  assert.equal(readdirSync(to), ["zz-same"]);
  const both = target();
  assert.is(extract(both, "zz-same", "a.conf").status, 0);
  assert.is(lstatSync(join(both, "zz-same")).ino, lstatSync(join(both, "etc/a.conf")).ino);
});

test("extract takes globs, whole directories and names that are not UTF-8", () => {
  const to = target();
  assert.is(extract(to, "/etc/**/*.conf", "caf\\xe9").status, 0);
  assert.equal(readdirSync(join(to, "etc")).sort(), ["a.conf", "deep"]);
  assert.is(content(to, "etc/deep/b.conf"), "b\n");
  assert.is(call(["ls", "--quoting-style=escape", to]).out, "caf\\351\netc\n");
  const directory = target();
  assert.is(extract(directory, "etc").status, 0);
  assert.is(call(["diff", "-r", "--no-dereference", join(tree, "etc"), join(directory, "etc")]).out, "");
  assert.is(lstatSync(join(directory, "etc/c.txt")).mtimeMs, 1_000_000_000_000);
});

test("extract leaves what is there already, names it with status 3, and replaces it with --force", () => {
  const to = target();
  mkdirSync(join(to, "etc"), { mode: 0o700 });
  writeFileSync(join(to, "etc/a.conf"), "mine");
  const kept = extract(to, "/etc/*.conf", "zz-same");
  assert.is(kept.status, 3);
  assert.match(kept.out, /\/etc\/a\.conf: it exists already/);
  assert.match(
    kept.out,
    /^ {2}1 file exists already and was left as before; --overwrite says what else becomes of them$/m,
  );
  assert.match(kept.out, /\/zz-same: its first link \/etc\/a\.conf was not made/);
  assert.is(content(to, "etc/a.conf"), "mine");
  assert.not.ok(existsSync(join(to, "zz-same")), "a link to somebody else's file is no restore");
  assert.is(lstatSync(join(to, "etc")).mode & 0o777, 0o700);
  const forced = extract(to, "/etc/*.conf", "zz-same", "--force");
  assert.is(forced.status, 0);
  assert.not.match(forced.out, /--force/);
  assert.is(content(to, "zz-same"), "a\n");
});

test("extract does not follow a link that leads out of the directory", () => {
  const [to, outside] = [target(), target()];
  symlinkSync(outside, join(to, "etc"));
  for (const force of [[], ["--force"]]) {
    const outcome = extract(to, "/etc/**", ...force);
    assert.is(outcome.status, 3);
    assert.equal(readdirSync(outside), []);
  }
});

test("extract of one missing pattern among others is status 3, of nothing at all status 1", () => {
  assert.is(extract(target(), "c.txt", "missing").status, 3);
  const nothing = extract(target(), "missing");
  assert.is(nothing.status, 1);
  assert.match(nothing.out + nothing.err, /nothing in the backup matches "missing"/);
});

test("verify of a sound backup is status 0 and counts what it read", () => {
  const outcome = mondo("verify", iso, "--json");
  assert.is(outcome.status, 0, outcome.out);
  assert.match(outcome.out, /"event":"verified","sound":true,"entries":202/);
});

test("verify names exactly the files of a frame with a flipped byte, and salvage brings all others", () => {
  const copy = join(work, "flipped-1.iso");
  copyFileSync(iso, copy);
  const hit = framesOf(copy).find(({ files }) => files.length > 1 && files.every((file) => file.startsWith("/data/")));
  if (!hit) throw new Error("no frame with several files");
  flip(copy, hit.at + Math.floor(hit.frame.storedBytes / 2));
  const outcome = mondo("verify", copy, "--json");
  assert.is(outcome.status, 1);
  const damaged = lines(outcome).filter(({ event }) => event === "damaged");
  assert.equal(damaged.map(({ path }) => path).sort(), [...hit.files].sort());
  assert.match(outcome.out, /volume-0001\.tar\.zst does not have the checksum/);
  const to = target();
  const salvaged = mondo("verify", copy, "--salvage", "--to", to, "--json");
  assert.is(salvaged.status, 3);
  const lost = lines(salvaged).filter(({ event }) => event === "problem");
  assert.equal(lost.map(({ path }) => path).sort(), [...hit.files].sort());
  const difference = call(["diff", "-rq", "--no-dereference", tree, to]).out.trim().split("\n");
  const missing = difference.map((line) => line.replace(/^Only in (.*): (.*)$/, "$1/$2").slice(tree.length));
  assert.equal(missing.sort(), [...hit.files].sort());
  rmSync(copy);
  rmSync(to, { recursive: true });
});

test("a truncated ISO is told as such; what lies before the cut is salvaged, without catalog and manifest", () => {
  const copy = join(work, "short-1.iso");
  copyFileSync(iso, copy);
  const frames = framesOf(copy);
  const cut = frames[Math.floor(frames.length / 2)];
  if (!cut) throw new Error("no frames");
  const whole = lstatSync(copy).size;
  truncateSync(copy, cut.at + 100);
  const verified = mondo("verify", copy, "--json");
  assert.is(verified.status, 1);
  const short = `is ${cut.at + 100} bytes long instead of ${whole}`;
  assert.match(verified.err, new RegExp(`${short}; its manifest is in the part that is missing`));
  const to = target();
  const lost = new Set(frames.filter(({ at }) => at >= cut.at).flatMap(({ files }) => files));
  const outcome = mondo("verify", copy, "--salvage", "--to", to, "--json");
  assert.is(outcome.status, 3, outcome.err);
  assert.match(outcome.err + outcome.out, new RegExp(short));
  const kept = frames.flatMap(({ files }) => files).filter((path) => path.startsWith("/data/") && !lost.has(path));
  assert.ok(kept.length > 20);
  for (const path of kept) assert.is(Buffer.compare(readFileSync(join(to, path)), readFileSync(join(tree, path))), 0);
  rmSync(copy);
  rmSync(to, { recursive: true });
});

test("a set in a directory reads like its ISO; without catalog or manifest the way out is named", () => {
  const directory = unpacked();
  assert.is(mondo("list", directory).out, mondo("list", iso).out);
  rmSync(join(directory, "catalog.mcat.zst"));
  for (const words of [["list"], ["extract", "/etc", "--to", work], ["compare", "--root", tree]]) {
    const [command = "", ...rest] = words;
    const outcome = mondo(command, directory, ...rest);
    assert.is(outcome.status, 1);
    assert.match(outcome.err, /has no catalog/);
    assert.match(outcome.err, /zstd -dc \| tar -x/);
  }
  const verified = mondo("verify", directory);
  assert.is(verified.status, 1);
  assert.match(verified.out, /catalog\.mcat\.zst is missing/);
  const salvaged = (...more: string[]) => {
    const to = target();
    const outcome = mondo("verify", directory, "--salvage", "--to", to, ...more);
    assert.is(outcome.status, 0, outcome.err);
    assert.is(call(["diff", "-r", "--no-dereference", tree, to]).out, "");
    assert.equal(readdirSync(to).sort(), readdirSync(tree).sort());
    rmSync(to, { recursive: true });
    return outcome.out + outcome.err;
  };
  assert.match(salvaged(), /can't be used: making one of what its volumes hold/);
  rmSync(join(directory, "manifest.json"));
  assert.match(mondo("list", directory).err, /no manifest\.json: the backup in it is unfinished or damaged/);
  assert.match(salvaged("--json"), /"event":"extracted","entries":201,/);
  rmSync(directory, { recursive: true });
});

test("compare is status 0 on the same tree, and 4 with every difference and its severity named", () => {
  const same = mondo("compare", iso, "--root", tree);
  assert.is(same.status, 0, same.out);
  writeFileSync(join(tree, "etc/c.txt"), "C\n");
  utimesSync(join(tree, "etc/c.txt"), 1_000_000_000, 1_000_000_000);
  rmSync(join(tree, "etc/deep/b.conf"));
  const outcome = mondo("compare", iso, "--root", tree, "--json");
  assert.is(outcome.status, 4);
  const found = lines(outcome).filter(({ event }) => event === "difference");
  const said = found.map(({ path, what, severity }) => `${severity} ${path} ${what}`);
  assert.equal(said.sort(), ["1 /etc/deep mtime", "3 /etc/c.txt content", "3 /etc/deep/b.conf missing"]);
  // Of severities and patterns only: what else there is is counted, and nothing else.
  const some = mondo("compare", iso, "b.conf", "/etc/deep", "--severity", "3", "--root", tree, "--json");
  assert.is(some.status, 4);
  const [last] = lines(some).filter(({ event }) => event === "compared");
  assert.equal([last?.differences, last?.severe, last?.others], [1, 1, 2]);
  assert.equal(
    lines(some).flatMap(({ event, path }) => (event === "difference" ? path : [])),
    ["/etc/deep/b.conf"],
  );
  const none = mondo("compare", iso, "--severity", "2", "--root", tree);
  assert.is(none.status, 0, none.err);
  assert.match(none.out + none.err, /No differences; 3 more were not asked for/);
  assert.match(mondo("compare", iso, "--severity", "4", "--root", tree).err, /--severity is not 4\n {2}Give 3/);
});

test("the backup of a tree has no layout, and is compared with the directory that is named", () => {
  const layout = mondo("layout", iso);
  assert.is(layout.status, 1);
  assert.match(layout.err, /is the backup of a directory tree: it holds no layout of disks\n/);
  const compared = mondo("compare", iso);
  assert.is(compared.status, 2);
  assert.match(
    compared.err,
    /is the backup of a directory tree, not of this machine\n {2}Name the directory .*--root DIR/,
  );
});

test("mondorestore without a backup and a medium says what to give", () => {
  const { status, err } = mondo("restore");
  assert.is(status, 2, err);
  assert.match(
    err,
    /no backup is given, and no rescue medium is mounted here\n {2}Name an ISO or a directory with --from/,
  );
});

test("what can't be read as a backup is refused in one sentence", () => {
  const refused = (outcome: Outcome, status: number, sentence: RegExp) => {
    assert.match(outcome.err, sentence);
    assert.match(outcome.err, /\n {2}[A-Z]/);
    assert.is(outcome.status, status);
  };
  refused(mondo("list"), 2, /no backup is given/);
  refused(mondo("list", join(work, "missing.iso")), 1, /missing\.iso does not exist/);
  refused(mondo("list", "/etc/passwd"), 1, /\/etc\/passwd: this is not an ISO 9660 image/);
  refused(mondo("list", tree), 1, /there is no backup in \S+tree/);
  refused(mondo("list", work, "-p", "other"), 1, /no other-1\.iso/);
  refused(mondo("extract", iso), 2, /no file is given/);
  refused(mondo("extract", iso, "x", "--to", join(work, "nowhere")), 1, /--to \S+nowhere does not exist/);
  refused(mondo("extract", iso, "[z-a]", "--to", work), 2, /"\[z-a\]" is not a pattern/);
  refused(mondo("verify", iso, "--salvage"), 2, /--salvage and --to DIR belong together/);
  refused(mondo("compare", iso, "--root", join(work, "nowhere")), 1, /--root \S+nowhere is not a directory/);
});

test.run();
