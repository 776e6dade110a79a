/** Files that change while they are saved, for real: others write, cut, replace and remove them meanwhile. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, mondo, type Outcome, withOwnRun } from "../support/mondo.ts";

const test = suite("files that change");
const work = mkdtempSync(join(tmpdir(), "mondo-changing-"));
const [tree, out] = [join(work, "tree"), join(work, "out")];
test.after(() => rmSync(work, { recursive: true, force: true }));

/**
 * Until `stop` exists: lines are appended, a file is cut and filled, another one written to, names come and go. Nobody
 * fills the disk.
 */
const WRITERS = String.raw`
perl -e 'open F, ">>", "grows"; until (-e "../stop") { syswrite F, "more\n"; select undef, undef, undef, 0.002 }' &
perl -e 'open F, "+>", "breathes"; $x = "y" x 6000000; until (-e "../stop") { sysseek F, 0, 0; syswrite F, $x; truncate F, 0 }' &
perl -e 'open F, "+<", "large"; until (-e "../stop") { sysseek F, 5000000, 0; syswrite F, "z"; select undef, undef, undef, 0.002 }' &
perl -e 'until (-e "../stop") { for (0..49) { open F, ">", "comes/$_"; print F $_; close F } unlink "comes/$_" for 0..49 }' &
`;

let outcome: Outcome;
const iso = join(out, "mondorescue-1.iso");
const problems: { path: string; severity: string; reason: string }[] = [];
const back = join(work, "back");

test.before(() => {
  for (const path of [tree, out, back, join(tree, "comes")]) mkdirSync(path);
  writeFileSync(join(tree, "still"), "still");
  // Large enough, and compressed hard enough, that writers get their turns while they are read, however busy the
  // machine is.
  for (const name of ["grows", "large"]) call(["sh", "-c", `seq 10000000 | head -c 60000000 > ${name}`], tree);
  const run = `cd ${tree}; ${WRITERS} sleep 1; ${executable} archive -6 -d ${out} --root ${tree}; status=$?; : > ../stop; wait; exit $status`;
  outcome = call(["unshare", "--mount", "--propagation", "private", "sh", "-c", `mount -t tmpfs none /run; ${run}`]);
  if (!existsSync(iso)) throw new Error(outcome.err);
  const set = join(work, "set");
  call(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/mondo/manifest.json", set]);
  problems.push(...JSON.parse(readFileSync(set, "utf8")).problems);
});

test("the backup is made, with status 3, and each file that changed is told and listed as such", () => {
  assert.is(outcome.status, 3, outcome.err);
  for (const name of ["/grows", "/large"]) {
    const found = problems.filter(({ path }) => path === name);
    assert.is(found.length, 1, `${name}: ${JSON.stringify(problems)}`);
    assert.is(found[0]?.severity, "changed");
    assert.match(found[0]?.reason ?? "", /^it (changed while it was read|became shorter while it was read: )/);
    assert.match(outcome.out, new RegExp(`${name}: it `));
  }
  assert.ok(problems.every(({ severity }) => severity === "changed"));
  assert.not.ok(problems.some(({ path }) => path === "/still"));
});

test("what was stored is consistent: the backup verifies, and gives each file as it was at some moments", () => {
  const verified = mondo("verify", iso);
  assert.match(verified.out, /The backup is whole/);
  assert.match(verified.out, /When this backup was made, it had problems with \d+ files?/);
  assert.is(verified.status, 3, verified.out);
  assert.is(mondo("extract", iso, "/", "--to", back, "--force").status, 3);
  assert.is(mondo("extract", iso, "/still", "--to", back, "--force").status, 0);
  assert.match(mondo("list", iso, "--problems").out, /^changed \/grows: it /m);
  assert.is(readFileSync(join(back, "still"), "utf8"), "still");
  // A prefix of what was written, whole up to its length.
  const grown = readFileSync(join(back, "grows"), "latin1");
  assert.ok(grown.length > 60_000_000);
  assert.ok(readFileSync(join(tree, "grows"), "latin1").startsWith(grown));
  assert.match(readFileSync(join(back, "breathes"), "latin1"), /^y*\0*$/);
  assert.is(statSync(join(back, "large")).size, 60_000_000);
  assert.is(Buffer.compare(readFileSync(join(back, "large")), readFileSync(join(tree, "large"))), 0);
});

test("a differential backup reads them again, and then has them as they are", () => {
  const prefix = ["-p", "mondorescue"];
  const later = withOwnRun(executable, "archive", "-1", "-D", "-d", out, "--root", tree, ...prefix);
  assert.is(later.status, 0, later.err);
  const to = mkdtempSync(join(work, "later-"));
  assert.is(mondo("extract", join(out, "mondorescue-d1-1.iso"), "/", "--to", to, "--force").status, 0);
  assert.is(call(["diff", "-r", "--no-dereference", tree, to]).out, "");
});

test.run();
