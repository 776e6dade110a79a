/** One file out of a backup whose path is longer than the kernel takes in one call. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, mondo } from "../support/mondo.ts";

const test = suite("a path longer than PATH_MAX");
const work = mkdtempSync(join(tmpdir(), "mondo-long-"));
const [tree, iso] = [join(work, "tree"), join(work, "long-1.iso")];
test.after(() => void call(["rm", "-rf", work]));

const [name, depth] = ["d".repeat(200), 25];
const deepest = `/${`${name}/`.repeat(depth)}`;

/** What a script of Perl says at the end of the long path below a directory. */
function below(directory: string, script: string): string {
  const enter = `for (1..${depth}) { mkdir "${name}"; chdir "${name}" or die "$_: $!" }`;
  const { out, err, status } = call(["perl", "-e", `chdir shift or die; ${enter} ${script}`, directory]);
  assert.is(status, 0, err);
  return out;
}

const CONTENT = 'open F, "<", "deep" or die "$!"; print <F>; print -e "other" ? " other" : "", (stat "deep")[9]';
const found = (directory: string) => below(directory, CONTENT);

test.before(() => {
  mkdirSync(tree);
  below(tree, 'for ("deep", "other") { open F, ">", $_; print F "content "; close F; utime 1, 1000000000, $_ }');
  below(tree, 'link "deep", "twin" or die');
  const made = mondo("archive", "-d", work, "-p", "long", "-1", "--root", tree);
  assert.is(made.status, 0, made.err);
});

for (const pattern of ["deep", `${deepest}deep`, "/**/deep"]) {
  test(`extract of ${pattern.length > 20 ? "the whole path" : pattern} brings that file alone`, () => {
    const to = mkdtempSync(join(work, "to-"));
    const outcome = mondo("extract", iso, pattern, "--to", to);
    assert.is(outcome.status, 0, outcome.out + outcome.err);
    assert.is(found(to), "content 1000000000");
  });
}

test("extract leaves what is there already, names it in full, and replaces it with --force", () => {
  const to = mkdtempSync(join(work, "to-"));
  below(to, 'open F, ">", "deep"; print F "mine "; close F; utime 1, 7, "deep"');
  const kept = mondo("extract", iso, "deep", "--to", to);
  assert.is(kept.status, 3);
  assert.ok(kept.out.includes(`${deepest}deep: it exists already`), kept.out);
  assert.is(found(to), "mine 7");
  assert.is(mondo("extract", iso, "deep", "--to", to, "--force").status, 0);
  assert.is(found(to), "content 1000000000");
});

test("extract of its second name brings the content; compare and verify find it as it was", () => {
  const to = mkdtempSync(join(work, "to-"));
  assert.is(mondo("extract", iso, "twin", "--to", to).status, 0);
  assert.is(below(to, 'open F, "<", "twin" or die; print <F>; print -e "deep" ? "both" : "alone"'), "content alone");
  assert.is(mondo("compare", iso, "--root", tree).status, 0);
  assert.is(mondo("verify", iso).status, 0);
});

test.run();
