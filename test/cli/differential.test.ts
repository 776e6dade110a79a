import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("differential backups");
const work = mkdtempSync(join(tmpdir(), "mondo-differential-"));
const tree = join(work, "tree");
const store = "/var/lib/mondo/sets";
const prefix = `test${process.pid}`;
const stored = join(store, `${prefix}@${encodeURIComponent(tree)}`);
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(stored, { recursive: true, force: true });
});

const at = (name: string) => join(work, name);
const archive = (...words: string[]) => mondo("archive", "-1", "-d", work, "-p", prefix, "--root", tree, ...words);
const sh = (script: string) => assert.is(call(["sh", "-ec", script], tree).status, 0, script);
const describe = (directory: string) =>
  call(
    ["sh", "-ec", "find . -printf '%p %y %m %T@ %l\\n' | sort; find . -type f -exec sha256sum {} + | sort"],
    directory,
  ).out;

/** Everything of a set, taken out. */
function extracted(iso: string, ...words: string[]): string {
  const to = mkdtempSync(join(work, "out-"));
  const { status, err } = mondo("extract", iso, "/", "--to", to, "--force", ...words);
  assert.is(status, 0, err);
  return describe(to);
}

function refused({ status, err }: Outcome, pattern: RegExp): void {
  assert.is(status === 0, false, "it was not refused");
  assert.match(err, pattern);
}

const states: string[] = [];
const isos = ["-1.iso", "-d1-1.iso", "-d2-1.iso"].map((end) => at(`${prefix}${end}`));
const [full = "", first = "", second = ""] = isos;

test.before(() => {
  mkdirSync(tree);
  sh(
    "mkdir etc data; echo a > etc/a; echo b > etc/b; head -c 9000000 /dev/urandom > data/large; head -c 3000000 /dev/urandom > data/kept; seq 200000 > data/numbers; ln data/numbers data/link",
  );
  sh("sleep 3");
  states.push(describe(tree));
});

test("mondo archive -D without an earlier backup is refused and names what is missing", () => {
  const outcome = archive("-D");
  refused(outcome, /no full backup with the prefix/);
  assert.is(outcome.status, 1);
  assert.not.ok(existsSync(first));
});

test("mondo archive --parent or --content without -D is a usage error", () => {
  assert.is(archive("--parent", full).status, 2);
  assert.is(archive("--content").status, 2);
  assert.is(archive("--diff-level", "10").status, 2);
});

/** What happens between the backups; change times are to be older than the next backup by some seconds. */
const CHANGES = [
  "echo 1 >> etc/a; mv data/link data/moved; rm etc/b; mkdir etc/b; echo in > etc/b/c; chmod 600 data/large; sleep 3.1",
  "rm -r etc/b; echo back > etc/b; mv data/moved data/link; head -c 9000000 /dev/urandom > data/other; sleep 3.1",
];

test("mondo archive, then -D, then --diff-level 2 make three ISOs", () => {
  for (const [index, words] of [[], ["-D"], ["--diff-level", "2"]].entries()) {
    if (index > 0) sh(CHANGES[index - 1] ?? "false");
    const { status, err } = archive(...words);
    assert.is(status, 0, err);
    states[index] = describe(tree);
  }
  assert.equal(isos.filter(existsSync), isos);
  assert.equal(readdirSync(stored).sort(), ["0", "1", "2"]);
});

test("mondo extract of each gives the tree of its time, its parents lying beside it", () => {
  for (const [index, iso] of isos.entries()) assert.is(extracted(iso), states[index]);
});

test("mondo extract of each finds parents that were renamed, and those that --parent names", () => {
  const away = at("away");
  mkdirSync(away);
  renameSync(full, join(away, "monday.iso"));
  renameSync(first, join(away, "tuesday.iso"));
  assert.is(extracted(second, "--parent", away), states[2]);
  assert.is(extracted(second, "--parent", `${away}/monday.iso ${away}/tuesday.iso`), states[2]);
  renameSync(join(away, "monday.iso"), at("monday.iso"));
  renameSync(join(away, "tuesday.iso"), first);
  assert.is(extracted(second), states[2]);
  renameSync(at("monday.iso"), full);
});

test("mondo extract without a parent that is used names it and writes nothing; what needs no parent comes", () => {
  renameSync(full, at("hidden"));
  const to = mkdtempSync(join(work, "out-"));
  refused(mondo("extract", second, "/", "--to", to), new RegExp(`builds on ${prefix}-1.iso, the full backup of`));
  assert.equal(readdirSync(to), []);
  refused(mondo("verify", second), /which can't be found/);
  const { status, err } = mondo("extract", second, "/data/other", "--to", to);
  assert.is(status, 0, err);
  assert.is(mondo("list", second, "/data/large").status, 0);
  assert.is(mondo("compare", second, "--root", tree).status, 0);
  renameSync(at("hidden"), full);
});

test("mondo verify --salvage without a parent restores the rest and names what lay there", () => {
  renameSync(full, at("hidden"));
  const to = mkdtempSync(join(work, "out-"));
  const { status, out, err } = mondo("verify", second, "--salvage", "--to", to);
  assert.is(status, 3, err);
  assert.match(out + err, "/data/kept: ");
  assert.ok(existsSync(join(to, "data/other")));
  renameSync(at("hidden"), full);
});

test("mondo verify of a chain finds it whole, and names a file whose content in a parent is damaged", () => {
  assert.is(mondo("verify", second).status, 0);
  const bytes = readFileSync(full);
  // What can't be compressed is stored as it is.
  const kept = bytes.indexOf(readFileSync(join(tree, "data/kept")).subarray(100_000, 100_100));
  assert.ok(kept > 0);
  bytes[kept] = (bytes[kept] ?? 0) ^ 0x10;
  const broken = at("broken");
  mkdirSync(broken);
  for (const iso of [first, second]) renameSync(iso, join(broken, iso.slice(work.length + 1)));
  writeFileSync(join(broken, "full.iso"), bytes);
  const { status, out, err } = mondo("verify", join(broken, `${prefix}-d2-1.iso`));
  assert.is(status, 1, err);
  assert.match(out + err, "/data/kept: ");
  assert.not.match(out + err, "/data/large: ");
  for (const iso of [first, second]) renameSync(join(broken, iso.slice(work.length + 1)), iso);
});

test("mondo extract --parent of another backup is refused by name", () => {
  refused(mondo("extract", first, "/", "--parent", second, "--to", work), /does not build/);
  refused(mondo("extract", full, "/", "--parent", first, "--to", work), /leave --parent out/);
});

test("mondo archive -D of an unchanged tree stores no content; --content gives the same", () => {
  for (const words of [["-D"], ["-D", "--content"]]) {
    assert.is(archive("--diff-level", "0").status, 0);
    const { status, err } = archive(...words);
    assert.is(status, 0, err);
    assert.is(extracted(first), describe(tree));
  }
});

test("mondo archive -D from a parent whose catalog is torn is refused", () => {
  const catalog = join(stored, "0/catalog.mcat.zst");
  const whole = readFileSync(catalog);
  writeFileSync(catalog, whole.subarray(0, whole.length - 9));
  refused(archive("-D"), /catalog of the backup to build on is damaged/);
  writeFileSync(catalog, whole);
});

test("mondo archive -D refuses a parent of its own level, and one that it would replace", () => {
  refused(archive("-D", "--parent", first), /is a backup of level 1/);
  refused(
    mondo("archive", "-d", work, "-p", prefix, "--root", tree, "--diff-level", "2", "--parent", at("nowhere.iso")),
    /nowhere/,
  );
  renameSync(full, first);
  refused(archive("-D", "--parent", first), /would be replaced by it/);
});

test.run();
