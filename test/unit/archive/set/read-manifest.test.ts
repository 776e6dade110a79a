import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findParents } from "../../../../src/archive/set/chain.ts";
import { openSet } from "../../../../src/archive/set/open-set.ts";
import { readManifest } from "../../../../src/archive/set/read-manifest.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { shell } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const test = suite<{ work: string }>("files of a set that are no files");
const host = linuxHost();

test.before.each(async (context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-manifest-"));
  mkdirSync(join(context.work, "tree"));
  writeFileSync(join(context.work, "tree/file"), "content");
  await saveSet(join(context.work, "tree"), join(context.work, "set"), { threads: 0 });
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

function failure(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    assert.instance(error, MondoError);
    return `${(error as MondoError).code}: ${(error as MondoError).message}`;
  }
}

test("readManifest() reads a regular file, and opens nothing else", ({ work }) => {
  const path = join(work, "set/manifest.json");
  assert.is(readManifest(host, path).prefix, "p");
  const others: readonly (readonly [string, string])[] = [
    ["mkfifo other", "fifo"],
    ["ln -s /dev/zero other", "symlink"],
    ["ln -s set/manifest.json other", "symlink"],
    ["ln -s other other", "symlink"],
    ["mkdir other", "directory"],
  ];
  for (const [make, kind] of others) {
    shell(work, make);
    const other = join(work, "other");
    assert.is(
      failure(() => readManifest(host, other)),
      `damaged: ${other} is not a regular file (${kind})`,
    );
    shell(work, "rm -r other");
  }
  assert.match(
    failure(() => readManifest(host, join(work, "nothing"))),
    /^not-found: .*nothing does not exist$/,
  );
});

test("readManifest() does not read what is far too long", ({ work }) => {
  const path = join(work, "long");
  writeFileSync(path, "{");
  truncateSync(path, 2 ** 40);
  assert.match(
    failure(() => readManifest(host, path)),
    /^damaged: .*long is too long for a manifest \(1099511627776 bytes\)$/,
  );
});

test("openSet() finds no catalog or volume behind a link or in a FIFO", ({ work }) => {
  const directory = join(work, "set");
  for (const name of ["catalog.mcat.zst", "volume-0001.tar.zst"]) {
    shell(directory, `mv ${name} ../moved; ln -s ../moved ${name}`);
    assert.is(openSet(host, directory).locate(name), undefined, name);
    shell(directory, `rm ${name}; mkfifo ${name}`);
    assert.is(openSet(host, directory).locate(name), undefined, name);
    shell(directory, `rm ${name}; mv ../moved ${name}`);
    assert.ok(openSet(host, directory).locate(name));
  }
});

test("findParents() passes over a neighbour whose manifest is a FIFO", async ({ work }) => {
  const parent = openSet(host, join(work, "set"));
  await saveSet(join(work, "tree"), join(work, "later"), { parent, threads: 0 });
  mkdirSync(join(work, "a"));
  shell(work, "mkfifo a/manifest.json");
  symlinkSync("/dev/zero", join(work, "b.iso"));
  const found = findParents(host, openSet(host, join(work, "later")));
  assert.equal(
    [...found.values()].map(({ name }) => name),
    [join(work, "set")],
  );
});

test.run();
