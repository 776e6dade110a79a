import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import { findParents, requireParents } from "../../../src/archive/set/chain.ts";
import { catalogSpan, type OpenSet } from "../../../src/archive/set/open-set.ts";
import { verifySet } from "../../../src/archive/verify/verify-set.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import { describeTree, makeOddTree, mountExt4, shell } from "./odd-tree.ts";
import { saveSet } from "./saved-set.ts";

/** Changes of every kind, each to something that the odd tree has. */
const CHANGES = `
printf changed > plain/file
cp -p plain/random /tmp/mondo-reference.$$; head -c 100000 /dev/urandom | dd of=plain/random conv=notrunc status=none
touch -r /tmp/mondo-reference.$$ plain/random; rm /tmp/mondo-reference.$$
chmod 640 xattrs/capable; chown 11:12 plain/suid; setfattr -n user.text -v other xattrs/file; setfattr -x trusted.secret xattrs/file
mv plain/zeros plain/renamed; mv names "renamed names"; rm -r devices; mkdir devices; mkfifo devices/fifo
rm -r "with space"; printf file > "with space"; rm 'plain/nothing'; mkdir plain/nothing; printf in > plain/nothing/in
rm links/first; printf alone > links/second.new; mv links/second.new links/second; ln plain/sticky-file links/x 2>/dev/null || true
ln plain/mode0 links/mode0; rm links/dangling; ln -s elsewhere links/dangling
printf later | dd of=big/sparse bs=1 seek=4000000000 conv=notrunc status=none
printf p | dd of=big/pieces bs=1 seek=9000000 conv=notrunc status=none; mv big/sparse-pieces big/moved-pieces
head -c 9000000 /dev/urandom > big/new-pieces; : > plain/new-empty; printf new > plain/locked/new
touch -d '2012-12-12 12:12:12.121212121' devices plain/empty .
`;
const BACK = `
rm "with space"; mkdir "with space"; printf again > "with space/again"; rm -r plain/nothing; : > plain/nothing
mv "renamed names" names; rm big/new-pieces; printf changed2 > plain/file; ln plain/file plain/file2
touch -d '2013-12-12 12:12:12.121212121' .
`;
/** Files that are younger when a backup begins are read again by the next one. */
const settle = () => Bun.sleep(3100);

const fs = mountExt4(900);
const base = fs ? join(fs.path, "work") : mkdtempSync(join(tmpdir(), "mondo-diff-"));
const oddities = suite("differential sets");
const place = (name: string) => join(base, name);
const states: string[][] = [];
const sets: (OpenSet & { readonly storedBytes: number })[] = [];
const tree = place("tree");
const look = (path: string) => describeTree(path, "-path ./devices/socket");

function whole(set: OpenSet): OpenSet {
  return requireParents(set, findParents(linuxHost(), set));
}

async function restored(set: OpenSet, name: string): Promise<string[]> {
  const target = place(name);
  mkdirSync(target);
  const { directory, locate, manifest } = whole(set);
  const { problems } = await extractArchive({ directory, locate, manifest, target, threads: 2 }, silentReporter);
  assert.equal(problems, []);
  return look(target);
}

oddities.before(async () => {
  mkdirSync(tree, { recursive: true });
  makeOddTree(tree);
  await settle();
  states.push(look(tree));
  sets.push(await saveSet(tree, place("full")));
  for (const [name, script] of [
    ["first", CHANGES],
    ["second", BACK],
  ] as const) {
    shell(tree, script);
    await settle();
    states.push(look(tree));
    sets.push(await saveSet(tree, place(name), { parent: sets.at(-1) }));
  }
});
oddities.after(() => fs?.release());

for (const [index, name] of ["full", "differential", "incremental"].entries()) {
  oddities(`extractArchive() of the ${name} set gives exactly the tree of its time`, async () => {
    const set = sets[index];
    assert.ok(set);
    assert.equal(await restored(set, `back-${name}`), states[index]);
  });

  oddities(`verifySet() of the ${name} set finds nothing wrong`, async () => {
    const set = sets[index];
    assert.ok(set);
    const { defects, damaged, entries } = await verifySet(linuxHost(), whole(set), 2, silentReporter);
    assert.equal([defects, damaged], [[], []]);
    assert.is(entries, set.manifest.entries);
  });
}

oddities("writeArchive() with a parent stores what differs and no more", () => {
  const [full, first] = sets;
  assert.ok(full && first);
  // new-pieces, pieces, moved-pieces, the renamed and the sparse file, and what is small.
  const most = 9_000_000 + 20_000_000 + 24_000_000 + 2_000_000;
  assert.ok(first.storedBytes < most, `${first.storedBytes}`);
  assert.ok(first.manifest.contentBytes > 50_000_000);
});

oddities("writeArchive() of an unchanged tree reads no file and lists the whole state", async () => {
  const last = sets.at(-1);
  assert.ok(last);
  const same = await saveSet(tree, place("same"), { parent: last });
  assert.is(same.storedBytes, 0);
  const paths = (set: OpenSet) =>
    [...openCatalog(catalogSpan(set)).entries()].map(({ path, kind }) => `${kind} ${path}`);
  assert.equal(paths(same), paths(last));
  assert.equal(await restored(same, "back-same"), states.at(-1));
});

oddities("writeArchive() with content: true of an unchanged tree reads all and stores nothing", async () => {
  const last = sets.at(-1);
  assert.ok(last);
  const same = await saveSet(tree, place("same-content"), { parent: last, content: true });
  assert.is(same.storedBytes, 0);
  assert.equal(await restored(same, "back-content"), states.at(-1));
});

oddities("compareTree() of an incremental set needs no parents", async () => {
  const last = sets.at(-1);
  assert.ok(last);
  const catalog = openCatalog(catalogSpan(last));
  const differences = await compareTree({ catalog, root: tree, content: true, threads: 1 }, silentReporter);
  assert.equal(differences, []);
});

oddities("GNU tar of the full set, then removed.txt and the tar of each later set, gives the same tree", () => {
  const target = place("by-tar");
  mkdirSync(target);
  const tar = "tar -x -p --numeric-owner --xattrs --xattrs-include='*' --warning=no-unknown-keyword";
  for (const name of ["full", "first", "second"]) {
    const set = place(name);
    shell(target, `[ ! -e ${set}/removed.txt ] || xargs -0 -r rm -rf -- < ${set}/removed.txt`);
    shell(target, `cat ${set}/volume-*.tar.zst | zstd -dc | ${tar}`);
  }
  assert.equal(look(target), states.at(-1));
});

if (fs) oddities.run();
else {
  test.skip("differential sets need root and loop devices");
  test.run();
}
