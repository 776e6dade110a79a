/** A backup as a stream: out by standard output, back by standard input. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable } from "../support/mondo.ts";

const test = suite("a backup as a stream");
const work = mkdtempSync(join(tmpdir(), "mondo-streamed-"));
const tree = join(work, "tree");
const spool = join(work, "spool");
test.after(() => rmSync(work, { recursive: true, force: true }));

/** Runs mondo with bytes on its standard input; its own output stays bytes. */
function run(words: readonly string[], input: Uint8Array | "" = "") {
  const env = { ...process.env, TMPDIR: spool };
  const { status, stdout, stderr } = spawnSync(executable, words, { input, env, maxBuffer: 1 << 28 });
  return { code: status, stdout, text: stdout.toString(), stderr: stderr.toString() };
}

const archive = (target: string, ...words: string[]) =>
  run(["archive", "-u", target, "-1", "--root", tree, "-S", spool, ...words]);
let stream = new Uint8Array(0);

test.before(() => {
  for (const path of [tree, spool, join(tree, "etc")]) mkdirSync(path);
  writeFileSync(join(tree, "etc/fstab"), "# nothing\n");
  writeFileSync(join(tree, "large"), crypto.getRandomValues(new Uint8Array(65_536)));
  writeFileSync(join(tree, "larger"), Buffer.alloc(9 << 20, crypto.getRandomValues(new Uint8Array(999_983))));
  const made = archive("-");
  assert.is(made.code, 0, made.stderr);
  assert.match(made.stderr, /the stream: /);
  stream = made.stdout;
});

test("nothing but the stream goes to standard output, and tar reads it", () => {
  writeFileSync(join(work, "seen"), stream);
  const { status, out: stdout } = call(["tar", "-t", "-f", join(work, "seen")]);
  assert.is(status, 0);
  assert.match(stdout, /^mondo\/head\.json\nmondo\/volume-0001\.tar\.zst\.000001\n/);
  assert.match(stdout, /\nmondo\/catalog\.mcat\.zst\nmondo\/HOWTO\.txt\nmondo\/manifest\.json\n$/);
});

test("it is listed, checked and extracted from a pipe, and leaves nothing behind", () => {
  assert.match(run(["list", "-", "fstab"], stream).text, / \/etc\/fstab\n/);
  const checked = run(["verify", "-"], stream);
  assert.is(checked.code, 0, checked.stderr);
  assert.match(checked.text, /The backup is whole: 5 entries in [1-9]/);
  const to = join(work, "to");
  mkdirSync(to);
  assert.is(run(["extract", "-", "/", "--to", to], stream).code, 0);
  for (const name of ["etc/fstab", "large", "larger"])
    assert.ok(Buffer.compare(readFileSync(join(to, name)), readFileSync(join(tree, name))) === 0, name);
  assert.equal(readdirSync(spool), []);
});

test("a damaged one names the files that are hit, and the others can be had", () => {
  const bad = Uint8Array.from(stream);
  for (let at = 3 << 20; at < (3 << 20) + 100; at++) bad[at] = 0;
  const checked = run(["verify", "-"], bad);
  assert.is(checked.code, 1);
  assert.match(checked.text, /warning: damaged: \d+ bytes of volume-0001\.tar\.zst are missing, from byte \d+ on/);
  assert.match(checked.text, /\/larger: a part of it lies in a part of volume-0001\.tar\.zst that is missing/);
  assert.not.match(checked.text, /fstab/);
  const to = join(work, "salvaged");
  mkdirSync(to);
  assert.is(run(["verify", "-", "--salvage", "--to", to], bad).code, 3);
  assert.is(readFileSync(join(to, "etc/fstab"), "utf8"), "# nothing\n");
});

test("one that is cut short, or is none, is refused with one sentence", () => {
  const cut = run(["extract", "-", "/", "--to", work], stream.subarray(0, 2 << 20));
  assert.is(cut.code, 1);
  assert.match(
    cut.stderr,
    /^mondo: the stream ends before the backup of .* in it does: 1 volume and no manifest came\n/,
  );
  assert.match(run(["list", "-"], new Uint8Array(9999)).stderr, /^mondo: the stream holds no stream of a backup\n/m);
});

test("a file gets it as a whole: another's is not replaced, an unfinished one goes", () => {
  const file = join(work, "file");
  assert.is(archive(file, "-V", "-O").code, 0);
  assert.is(statSync(file).mode & 0o777, 0o600);
  writeFileSync(join(work, "precious"), "letters");
  const refused = archive(join(work, "precious"));
  assert.is(refused.code, 10);
  assert.match(refused.stderr, /precious holds something that is no backup made by mondo\n {2}Name another one, or/);
  assert.is(readFileSync(join(work, "precious"), "utf8"), "letters");
  assert.equal(
    readdirSync(work).filter((name) => name.endsWith(".partial")),
    [],
  );
});

test("a stream that goes into the tree that is saved is not a part of it", () => {
  const words = `'${executable}' archive -u - -1 --root '${tree}' -S '${spool}'`;
  const { status, err } = call(["sh", "-c", `${words} > '${tree}/etc/own.stream'`]);
  assert.is(status, 0, err);
  const { text } = run(["list", join(tree, "etc/own.stream"), "etc"]);
  assert.match(text, /fstab/);
  assert.not.match(text, / \/etc\/own\.stream/);
  rmSync(join(tree, "etc/own.stream"));
});

test("neither is one that goes there by another path: the tree is mounted twice", () => {
  const alias = join(work, "alias");
  mkdirSync(alias);
  assert.is(call(["mount", "--bind", tree, alias]).status, 0);
  try {
    const made = archive(join(alias, "etc/twice.stream"));
    assert.is(made.code, 0, made.stderr);
    const { text } = run(["list", join(alias, "etc/twice.stream"), "etc"]);
    assert.match(text, /fstab/);
    assert.not.match(text, /twice/);
    rmSync(join(tree, "etc/twice.stream"));
  } finally {
    call(["umount", alias]);
  }
});

test("a full device and a reader that goes away end it with one sentence", () => {
  const full = archive("/dev/full", "--overwrite");
  assert.is(full.code, 1, full.stderr);
  assert.match(full.stderr, /mondo: \/dev\/full is full: the stream is not complete\n/);
  const words = ["archive", "-u", "-", "-1", "--root", tree, "-S", spool].map((word) => `'${word}'`).join(" ");
  const gone = call(["sh", "-c", `('${executable}' ${words}; echo "rc $?" >&2) | head -c 100000 >/dev/null`]);
  assert.match(gone.err, /mondo: the program that reads standard output has ended: the stream is not complete\n/);
  assert.match(gone.err, /rc 1\n/);
  assert.equal(readdirSync(spool), []);
});

test("a standard output that is closed takes no stream: nothing is said to be saved", () => {
  const words = ["archive", "-u", "-", "-1", "--root", tree, "-S", spool];
  const { status, stderr } = spawnSync("sh", ["-c", 'exec "$@" >&-', "sh", executable, ...words], { encoding: "utf8" });
  assert.is(status, 2, stderr);
  assert.match(stderr, /^mondo: standard output is closed: the stream would be lost\n {2}Send it to a program/m);
  assert.not.match(stderr, /the stream: /);
});

test("what is said of a stream names it as it was named, and no line of that is among those of a listing", () => {
  const file = join(work, "named.stream");
  writeFileSync(file, stream);
  const listed = run(["list", file]);
  assert.not.match(listed.text, /Reading/);
  assert.match(listed.stderr, /^Reading \S+named\.stream$/m);
  const compared = run(["compare", file, "--root", tree]);
  assert.match(compared.text, /^Comparing \S+named\.stream with /m);
});

test.run();
