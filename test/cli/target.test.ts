/**
 * What a backup does to the directory that it writes into, to logs and terminals, and to the backups of other machines.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("the target of a backup");
const work = mkdtempSync(join(tmpdir(), "mondo-target-"));
const [tree, out] = [join(work, "tree"), join(work, "out")];
const prefix = `target${process.pid}`;
const stored = join("/var/lib/mondo/sets", `${prefix}@${encodeURIComponent(tree)}`);
test.before(() => {
  for (const path of [tree, out]) mkdirSync(path);
  writeFileSync(join(tree, "file"), "content");
});
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(stored, { recursive: true, force: true });
});

const words = (...more: string[]) =>
  [executable, "archive", "-d", out, "-p", prefix, "-1", "--root", tree, ...more].join(" ");

/** Runs a script on a machine of that name, with /run and /var/log of its own. */
function on(machine: string, script: string): Outcome {
  const own = `hostname ${machine}; mount -t tmpfs none /run; mount -t tmpfs none /var/log; ${script}`;
  return call(["unshare", "--uts", "--mount", "--propagation", "private", "bash", "-c", own]);
}

const iso = join(out, `${prefix}-1.iso`);
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("image, log and remembered set are root's alone, whatever the umask; nothing else is left", () => {
  const script = `umask 0; ${words()} && stat -c %a /var/log/mondo-archive.log`;
  const { status, out: said, err } = on("alpha", script);
  assert.is(status, 0, err);
  assert.match(said, /^600$/m);
  assert.is(modeOf(iso), "600");
  assert.is(modeOf(join(stored, "0")), "700");
  assert.is(modeOf(join(stored, "0/manifest.json")), "600");
  assert.equal(readdirSync(out), [`${prefix}-1.iso`]);
});

test("the backup of another machine is not replaced", () => {
  const before = statSync(iso).mtimeMs;
  const { status, err } = on("beta", words());
  assert.is(status, 10, err);
  assert.match(err, /-1\.iso is the backup of alpha, and would be replaced by that of beta\n {2}Give another prefix/);
  assert.is(statSync(iso).mtimeMs, before);
});

test("a file that is no backup is not replaced", () => {
  const other = join(out, `${prefix}-other-1.iso`);
  writeFileSync(other, "somebody's");
  const { status, err } = on("alpha", `${words()} -p ${prefix}-other`.replace(`-p ${prefix} `, ""));
  assert.is(status, 10, err);
  assert.match(err, /is no backup made by mondo/);
  assert.is(readFileSync(other, "utf8"), "somebody's");
  rmSync(other);
});

test("a target that another machine's backup holds is left alone; a dead one's lock on this machine is not", () => {
  const lock = join(out, `.mondo.lock.${prefix}`);
  const owner = { host: "gamma", boot: "another", namespace: "pid:[1]", pid: 4711, started: "1" };
  writeFileSync(lock, JSON.stringify(owner));
  const held = on("alpha", words());
  assert.is(held.status, 10, held.err);
  assert.match(held.err, /another backup with the prefix \S+ is running: process 4711 on gamma/);
  // Half an hour of silence.
  call(["touch", "-d", "30 minutes ago", lock]);
  const taken = on("alpha", words());
  assert.is(taken.status, 0, taken.err);
  assert.match(taken.out, /ended without clearing up \(process 4711 on gamma\)/);
  assert.equal(readdirSync(out), [`${prefix}-1.iso`]);
});

test("of two backups at once one is refused, by process, and the other one is whole", () => {
  const script = `for i in 1 2 3; do (${words()} >out.$i 2>err.$i; echo $? >rc.$i) & done; wait`;
  on("alpha", `cd ${work}; ${script}`);
  const codes = [1, 2, 3].map((i) => readFileSync(join(work, `rc.${i}`), "utf8").trim()).sort();
  assert.equal(codes, ["0", "10", "10"], [1, 2, 3].map((i) => readFileSync(join(work, `err.${i}`), "utf8")).join());
  assert.is(mondo("verify", iso).status, 0);
  assert.equal(readdirSync(out), [`${prefix}-1.iso`]);
});

test("a full log, a full standard output, a read-only /run and a terminal that goes away don't end a backup", () => {
  const script = [
    "mount -t tmpfs -o size=16k none /var/log; head -c 20000 /dev/zero >/var/log/full 2>/dev/null",
    "mount -o remount,ro /run",
    // The terminal of `script` goes away with it, in the middle.
    `setsid bash -c '${words()} >/dev/full; echo $? >${work}/rc' &`,
    `sleep 0.7; kill -HUP -- $(pgrep -f "^${executable} archive.*${prefix}") 2>/dev/null; wait`,
  ].join("\n");
  const { err } = on("alpha", script);
  assert.is(readFileSync(join(work, "rc"), "utf8").trim(), "0", err);
  assert.is(mondo("verify", iso).status, 0);
});

test("a log that has grown is put aside", () => {
  const script = `truncate -s 5M /var/log/mondo-archive.log; ${words()} >/dev/null && ls -s --block-size=1 /var/log`;
  const { status, out: said, err } = on("alpha", script);
  assert.is(status, 0, err);
  assert.match(said, /mondo-archive\.log\.1$/m);
});

test("Ctrl-C ends with 130, and what was there stays", () => {
  const before = statSync(iso).mtimeMs;
  const script = `${words()} >/dev/null & sleep 0.5; kill -INT $!; wait $!; echo "rc $?"`;
  const { out: said, err } = on("alpha", script);
  assert.match(said, /^rc 130$/m, err);
  assert.match(err, /interrupted \(SIGINT\)/);
  assert.is(statSync(iso).mtimeMs, before);
  assert.equal(readdirSync(out), [`${prefix}-1.iso`]);
});

test("a differential backup says when the full one is gone; a full one says what it replaces", () => {
  const away = join(work, "elsewhere");
  mkdirSync(away);
  writeFileSync(join(tree, "file"), "changed");
  const moved = on("alpha", words("-D").replace(out, away));
  assert.is(moved.status, 0, moved.err);
  assert.match(moved.out, /-1\.iso is not there: this backup builds on the one of/);
  const over = on("alpha", words().replace(out, away).replace(`-p ${prefix}`, `-p ${prefix}-d1`));
  assert.match(over.out, /holds a backup of level 1, of .*; it is replaced by one of level 0/);
});

test("listings that can't be written fail in a sentence", () => {
  const { status, err } = call(["sh", "-c", `${executable} list ${iso} >/dev/full`]);
  assert.is(status, 1);
  assert.match(err, /^mondo: standard output can't be written to: no space left\n/);
});

test("own images of any prefix, scratch and locks stay out of a backup, through a symbolic link, too", () => {
  const nested = join(tree, "backups");
  mkdirSync(nested);
  call(["cp", iso, join(nested, "other-1.iso")]);
  mkdirSync(join(nested, ".mondo.scratch.00000000-00000000.web1"));
  writeFileSync(join(nested, "notes.iso"), "mine");
  call(["ln", "-s", nested, join(work, "link")]);
  const made = on("alpha", words().replace(out, join(work, "link")));
  assert.is(made.status, 0, made.err);
  const listed = mondo("list", join(nested, `${prefix}-1.iso`)).out;
  assert.match(listed, /backups\/notes\.iso$/m);
  assert.not.match(listed, /other-1\.iso|\.mondo\..*\/|-1\.iso/);
});

test.run();
