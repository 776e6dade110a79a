import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import type { ArchiveRequest, ArchiveResult } from "../../../src/archive/save/archive-request.ts";
import { estimateScope } from "../../../src/archive/save/estimate-scope.ts";
import { writeArchive } from "../../../src/archive/save/write-archive.ts";
import { verifyVolumes } from "../../../src/archive/verify/verify-volumes.ts";
import { toByteString } from "../../../src/base/bytes.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { describeTree, makeOddTree, mountExt4, mountFresh, shell } from "./odd-tree.ts";

const fs = mountExt4(700);
const oddities = suite("round trip of an odd tree");
const scope = { include: ["/"], exclude: [], mounts: ["/"] };

function place(name: string): string {
  const path = join(fs?.path ?? "", name);
  mkdirSync(path);
  return path;
}

async function write(root: string, directory: string, more: Partial<ArchiveRequest> = {}): Promise<ArchiveResult> {
  return writeArchive({ root, scope, directory, level: 3, threads: 2, ...more }, silentReporter);
}

let tree = "";
let set = "";
let written: ArchiveResult;
let described: string[];

oddities.before(async () => {
  tree = place("tree");
  set = place("set");
  makeOddTree(tree);
  described = describeTree(tree);
  written = await write(tree, set, { volumeBytes: 16 << 20 });
});
oddities.after(() => fs?.release());

oddities("writeArchive() reports no problem, cuts volumes and leaves the tree's access times alone", () => {
  assert.equal(written.problems, []);
  assert.ok(written.volumes.length > 2);
  assert.equal(readdirSync(set).sort(), ["catalog.mcat.zst", ...written.volumes.map(({ name }) => name)].sort());
  assert.equal([...openCatalog(join(set, "catalog.mcat.zst")).entries()].length, written.entries);
});

oddities("estimateScope() counts what writeArchive() stores", async () => {
  const { entries, bytes } = await estimateScope({ root: tree, scope });
  assert.equal(entries, written.entries);
  assert.ok(Math.abs(bytes - written.contentBytes) < 1 << 20, `${bytes} for ${written.contentBytes}`);
});

oddities("extractArchive() gives back every attribute, with two threads", async () => {
  const target = place("ours");
  const result = await extractArchive({ directory: set, manifest: written, target, threads: 2 }, silentReporter);
  assert.equal(result.problems, []);
  assert.is(result.entries, written.entries);
  assert.is(result.bytes, written.contentBytes);
  assert.equal(describeTree(target), described);
});

oddities("extractArchive() over an earlier restore gives the same again, with no thread", async () => {
  const target = join(fs?.path ?? "", "ours");
  shell(
    target,
    "setfacl -d -m u:7:rwx plain links xattrs; setfattr -n user.stray -v s plain; ln -sfn /etc plain/file; rm -rf plain/nothing; mkdir plain/nothing; chmod 777 names; echo more >> plain/random",
  );
  const result = await extractArchive({ directory: set, manifest: written, target, threads: 0 }, silentReporter);
  assert.equal(result.problems, []);
  assert.equal(describeTree(target), described);
});

oddities("compareTree() finds no difference in the restored tree", async () => {
  const catalog = openCatalog(join(set, "catalog.mcat.zst"));
  const root = join(fs?.path ?? "", "ours");
  assert.equal(await compareTree({ catalog, root, content: true, threads: 2 }, silentReporter), []);
});

oddities("stock zstd and tar give back all but sockets", () => {
  const target = place("stock");
  shell(set, `cat volume-* | zstd -qdc | tar -x --xattrs --xattrs-include='*' --numeric-owner -p -C ${target}`);
  const socketless = describeTree(tree, "-type s");
  shell(tree, "touch -d '2010-10-10 10:10:10.123456789' .");
  assert.equal(describeTree(target), socketless);
});

oddities("writeArchive() of the same tree gives the same bytes, whatever the threads", async () => {
  const again = await write(tree, place("again"), { volumeBytes: 16 << 20, threads: 0 });
  assert.equal(again, written);
});

oddities("verifyVolumes() accepts what was written", async () => {
  await verifyVolumes({ directory: set, manifest: written }, silentReporter);
});

oddities("a path longer than PATH_MAX comes back", async () => {
  const root = place("deep");
  const name = "d".repeat(250);
  shell(root, `perl -e 'for (1..20) { mkdir "${name}"; chdir "${name}" } open F, ">bottom"; print F "deep"'`);
  const directory = place("deep-set");
  const result = await write(root, directory);
  const target = place("deep-back");
  await extractArchive({ directory, manifest: result, target, threads: 1 }, silentReporter);
  const look = "find . -printf '%p %m %s %T@\\n'; find . -type f -execdir cat {} +";
  assert.is(shell(target, look).replace(/^\. .*/m, ""), shell(root, look).replace(/^\. .*/m, ""));
  assert.is(result.entries, 22);
});

oddities(
  "extractArchive() with select takes a hard link without its first link, and directories on the way with their modes",
  async () => {
    const target = place("some");
    const wanted = new Set(["plain/third", "plain/sub", "big/pieces"].map(toByteString));
    const select = ({ path }: { path: ReturnType<typeof toByteString> }) => wanted.has(path);
    const result = await extractArchive(
      { directory: set, manifest: written, target, threads: 1, select },
      silentReporter,
    );
    assert.equal(result.problems, []);
    assert.is(shell(target, "cat plain/third"), "twice");
    assert.is(shell(target, "find . | sort | tr '\\n' ' '"), ". ./big ./big/pieces ./plain ./plain/sub ./plain/third ");
    assert.is(shell(target, "stat -c '%a %g' plain/sub"), "2750 50\n");
    assert.is(shell(target, "stat -c %a plain"), "755\n");
    shell(target, `cmp big/pieces ${tree}/big/pieces`);
  },
);

/** Entries of one directory: more than a listing's buffer, a frame or a task's records hold. */
const MANY = 20_000;

for (const type of ["xfs", "btrfs"] as const) {
  oddities(`every oddity and a directory of ${MANY} entries come back on ${type}`, async () => {
    const other = mountFresh(type, 900);
    assert.ok(other, `mkfs.${type} is needed here`);
    try {
      const [root, directory, target] = ["tree", "set", "back"].map((name) => join(other.path, name)) as [
        string,
        string,
        string,
      ];
      for (const path of [root, directory, target]) mkdirSync(path);
      makeOddTree(root);
      shell(root, `mkdir many; cd many; seq ${MANY} | xargs touch -d '2011-11-11 11:11:11.111111111'`);
      const manifest = await write(root, directory);
      assert.equal(manifest.problems, []);
      const result = await extractArchive({ directory, manifest, target, threads: 2 }, silentReporter);
      assert.equal(result.problems, []);
      assert.ok(result.entries > MANY);
      assert.equal(describeTree(target), describeTree(root));
    } finally {
      other.release();
    }
  });
}

if (fs) oddities.run();
else {
  test.skip("round trip needs root and loop devices");
  test.run();
}
