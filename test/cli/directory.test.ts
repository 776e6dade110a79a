/** Sets as directories: dated, readable by every command, with as many of them as were asked for. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, inPrivateMounts, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("a backup as a directory");
const work = mkdtempSync(join(tmpdir(), "mondo-directory-"));
const [tree, out] = [join(work, "tree"), join(work, "tree/backups")];
const prefix = `dir${process.pid}`;
const stored = join("/var/lib/mondo/sets", `${prefix}@${encodeURIComponent(tree)}`);
test.before(() => {
  for (const path of [tree, out]) mkdirSync(path);
  writeFileSync(join(tree, "file"), "first");
});
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(stored, { recursive: true, force: true });
});

const words = ["archive", "-d", out, "-p", prefix, "-1", "--root", tree, "--layout", "directory"];
/** With a `/run` of its own: no lock of another backup counts, nor does ours for one. */
const inOwnRun = (line: string) => inPrivateMounts(`mount -t tmpfs none /run; ${line}`);
const archive = (...more: string[]): Outcome => inOwnRun(`exec ${[executable, ...words, ...more].join(" ")}`);
const home = join(out, hostname(), prefix);
const sets = () => readdirSync(home).sort();
const newest = () => join(home, sets().at(-1) ?? "");

test("it has a name made of its date, holds set and rescue system, and is verified", () => {
  const { status, out: said, err } = archive("-OV");
  assert.is(status, 0, err);
  assert.match(said, /No differences between the medium and the live files/);
  assert.is(sets().length, 1);
  assert.match(sets()[0] ?? "", /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
  assert.equal(readdirSync(join(newest(), "boot")).sort(), ["initrd.img", "vmlinuz"]);
  assert.ok(existsSync(join(newest(), "mondo/manifest.json")));
  assert.equal(readdirSync(out), [hostname()]);
});

test("every command reads it by its own name, by those above it, and by its prefix", () => {
  for (const place of [newest(), join(newest(), "mondo"), home, out]) {
    assert.is(mondo("verify", place).status, 0, place);
    assert.match(mondo("list", place).out, /file/);
  }
  assert.is(mondo("verify", out, "-p", prefix).status, 0);
  assert.match(
    mondo("verify", out, "-p", "other").err,
    /there is no backup in .* \(no manifest.json, no other-1.iso\)/,
  );
  const to = mkdtempSync(join(work, "out-"));
  assert.is(mondo("extract", out, "/", "--to", to).status, 0);
  // The backups themselves, which lie inside the tree, are not in it.
  assert.equal(readdirSync(to, { recursive: true }).sort(), ["backups", `backups/${hostname()}`, "file"]);
  assert.is(mondo("compare", out, "--root", tree).status, 0);
});

test("a changed kernel is found by verify", () => {
  const kernel = join(newest(), "boot/vmlinuz");
  call(["cp", "-a", join(newest(), "boot"), join(work, "boot")]);
  truncateSync(kernel, 1000);
  const { status, out: said } = mondo("verify", newest());
  assert.is(status, 1, said);
  call(["cp", join(work, "boot/vmlinuz"), kernel]);
  assert.is(mondo("verify", newest()).status, 0);
});

test("a differential one lies beside the one it builds on, and both stay as long as one is needed", () => {
  writeFileSync(join(tree, "more"), "second");
  assert.is(archive("-D", "--keep", "1").status, 0);
  assert.is(sets().length, 2);
  assert.match(sets()[1] ?? "", /\.d1$/);
  const to = mkdtempSync(join(work, "out-"));
  assert.is(mondo("extract", newest(), "/", "--to", to).status, 0);
  assert.is(mondo("verify", join(newest(), "mondo")).status, 0);
  assert.equal(readdirSync(to).sort(), ["backups", "file", "more"]);
});

test("--keep removes the oldest only when the new one is whole; what a killed run left goes", async () => {
  const left = join(home, `.mondo.scratch.00000000-00000000.${prefix}`);
  mkdirSync(left);
  const before = sets();
  writeFileSync(join(home, "note"), "a person's");
  const child = Bun.spawn([executable, ...words, "--keep", "1"], { stdio: ["ignore", "ignore", "ignore"] });
  await Bun.sleep(1500);
  child.kill("SIGKILL");
  await child.exited;
  for (const name of before.slice(1)) assert.ok(sets().includes(name), name);
  const { status, out: said, err } = archive("--keep", "1");
  assert.is(status, 0, err);
  assert.match(said, /is removed: no rule keeps it/);
  assert.equal(
    sets().filter((name) => name !== "note"),
    [
      sets()
        .filter((name) => name !== "note")
        .at(-1),
    ],
  );
  assert.ok(existsSync(join(home, "note")));
});

test("a target with sets of several machines must be named more exactly", () => {
  mkdirSync(join(out, "other"));
  call(["cp", "-a", home, join(out, "other", prefix)]);
  const { status, err } = mondo("list", out, "-p", prefix);
  assert.is(status, 2, err);
  assert.match(
    err,
    new RegExp(`holds more than one backup: .*${hostname()}/${prefix}.*other/${prefix}|other/${prefix}`),
  );
  assert.is(mondo("list", join(out, "other")).status, 0);
});

test("words that contradict each other are refused", () => {
  for (const more of [
    ["-s", "700m"],
    ["-S", work],
    ["--keep", "0"],
  ])
    assert.is(archive(...more).status, 2);
  assert.is(mondo("archive", "-d", out, "--keep", "2").status, 2);
  assert.is(mondo("archive", "-d", out, "--layout", "cubic").status, 2);
});

test.run();
