/** What becomes of files that have the names of entries already. */
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { Overwrite } from "../../../../src/archive/extract/overwrite.ts";
import { isByRule } from "../../../../src/archive/extract/place-problems.ts";
import type { OpenSet } from "../../../../src/archive/set/open-set.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { canTrace, traced } from "../../../support/traced-run.ts";
import { shell } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const test = suite<{ work: string; set: OpenSet }>("files that exist already");

test.before.each(async (context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-overwrite-"));
  shell(
    context.work,
    `mkdir -p tree/d; cd tree; printf saved > older; cp older newer; cp older same; ln -s saved link; mkfifo pipe
    printf linked > first; ln first second; printf saved > d/deep; printf saved > was-directory
    touch -d 2020-01-01 older newer same first d/deep was-directory; touch -h -d 2020-01-01 link pipe; cd ..
    cp -a tree target; cd target; for f in older newer d/deep; do printf live-live > $f; done
    rm link pipe second was-directory; ln -s live link; printf live > pipe; printf live > second
    mkdir -p was-directory/in; touch -d 2019-01-01 older d/deep second pipe; touch -h -d 2019-01-01 link
    touch -d 2021-01-01 newer was-directory`,
  );
  context.set = await saveSet(join(context.work, "tree"), join(context.work, "set"), { threads: 0 });
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

async function extract({ work, set: { directory, manifest } }: { work: string; set: OpenSet }, overwrite: Overwrite) {
  const request = { directory, manifest, target: join(work, "target"), threads: 0, hideUnfinished: true, overwrite };
  return (await extractArchive(request, silentReporter)).problems;
}

const said = (problems: Awaited<ReturnType<typeof extract>>) =>
  problems.map(({ path, reason }) => `${path}: ${reason}`).sort();

test("never: all of them stay", async (context) => {
  const kept = ["/d/deep", "/first", "/link", "/newer", "/older", "/pipe", "/same", "/was-directory"];
  const problems = await extract(context, "never");
  assert.equal(
    problems
      .filter(isByRule)
      .map(({ path }) => path)
      .sort(),
    [...kept, "/second"].sort(),
  );
  assert.is(readlinkSync(join(context.work, "target/link")), "live");
});

test("older: what was changed before the backup's is replaced, and no directory gets another time", async (context) => {
  const at = (name: string) => join(context.work, "target", name);
  const time = statSync(at("d")).mtimeMs;
  const problems = await extract(context, "older");
  assert.equal(said(problems.filter(isByRule)), [
    "/first: it exists already and was left as it is",
    "/newer: it exists already and was left as it is",
    "/same: it exists already and was left as it is",
    "/was-directory: it exists already and was left as it is",
  ]);
  assert.is(readFileSync(at("older"), "utf8"), "saved");
  assert.is(readFileSync(at("newer"), "utf8"), "live-live");
  assert.is(readFileSync(at("d/deep"), "utf8"), "saved");
  assert.is(readlinkSync(at("link")), "saved");
  assert.ok(lstatSync(at("pipe")).isFIFO());
  assert.is(statSync(at("second")).ino, statSync(at("first")).ino);
  assert.ok(statSync(at("d")).mtimeMs >= time);
});

test("always: files are replaced; a directory that holds something is not", async (context) => {
  const problems = await extract(context, "always");
  assert.equal(said(problems), ["/was-directory: a directory that is not empty is in its place"]);
  shell(context.work, "rm -r {tree,target}/{was-directory,pipe}; diff -r --no-dereference tree target");
});

test("copy: what was there has another name, but for what is the same already", async (context) => {
  const at = (name: string) => join(context.work, "target", name);
  const problems = await extract(context, "copy");
  assert.ok(problems.every(isByRule));
  const copied = ["d/deep", "link", "newer", "older", "pipe", "second", "was-directory"];
  assert.equal(problems.map(({ path }) => path.slice(1)).sort(), copied);
  assert.is(readFileSync(at("newer"), "utf8"), "saved");
  assert.is(readFileSync(at("newer.before-restore"), "utf8"), "live-live");
  assert.is(readlinkSync(at("link.before-restore")), "live");
  assert.ok(statSync(at("was-directory.before-restore/in")).isDirectory());
  assert.not.ok(existsSync(at("same.before-restore")));
  shell(context.work, "printf again > target/newer");
  await extract(context, "copy");
  assert.is(readFileSync(at("newer.before-restore-2"), "utf8"), "again");
  assert.is(readFileSync(at("newer.before-restore"), "utf8"), "live-live");
});

test("copy: length and time alone make no file the same", async (context) => {
  shell(
    context.work,
    `cd target; printf other > same; touch -d 2020-01-01 same; cp -a ../tree/older older; chmod 600 older
    cp -a ../tree/newer newer; setfattr -n user.acl -v mine newer; cp -a ../tree/d/deep d/deep`,
  );
  shell(
    context.work,
    "printf saved > tree/same; printf other > target/same; touch -d 2020-01-01 tree/same target/same",
  );
  const replaced = (await extract(context, "copy")).map(({ path }) => path);
  for (const name of ["/same", "/older", "/newer"]) assert.ok(replaced.includes(name), name);
  assert.not.ok(replaced.includes("/d/deep"));
  assert.is(readFileSync(join(context.work, "target/same.before-restore"), "utf8"), "other");
});

test("copy: a directory that gets other permissions is named, with what it had", async (context) => {
  shell(context.work, "chmod 2751 target/d");
  const found = (await extract(context, "copy")).find(({ path }) => path === "/d");
  assert.match(found?.reason ?? "", /it had owner \d+:\d+, mode 2751$/);
  assert.ok(found && isByRule(found));
  assert.is(statSync(join(context.work, "target/d")).mode & 0o7777, 0o755);
  assert.not.ok((await extract(context, "copy")).some(({ path }) => path === "/d"));
});

const EXTRACT = join(import.meta.dirname, "../../../../src/archive/extract/extract-archive.ts");
const SILENT = join(import.meta.dirname, "../../../../src/base/report.ts");

test("a name is never without a file, a link or a further name while it is replaced", ({ work, set }) => {
  if (!canTrace()) return;
  const { directory, manifest } = set;
  for (const overwrite of ["always", "copy"]) {
    const request = { directory, manifest, target: join(work, "target"), threads: 0, hideUnfinished: true, overwrite };
    const program = `const { extractArchive } = await import("${EXTRACT}");
      const { silentReporter } = await import("${SILENT}");
      await extractArchive(${JSON.stringify(request)}, silentReporter);`;
    const { status, calls } = traced([process.execPath, "-e", program], {
      calls: ["unlinkat", "unlink", "renameat", "renameat2", "rename"],
    });
    assert.is(status, 0);
    const renames = calls.filter(({ name, result }) => name.startsWith("rename") && result === 0);
    const placed = renames.map(({ names: [, to] }) => to);
    for (const name of ["older", "link", "second", "pipe"]) assert.ok(placed.includes(name), `${name} was renamed`);
    const taken = calls.filter(({ name, result }) => name.startsWith("unlink") && result === 0);
    assert.equal(
      taken.flatMap((call) => call.names).filter((name) => /^(older|link|second|pipe|newer)$/.test(name)),
      [],
    );
  }
});

test.run();
