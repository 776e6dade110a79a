import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { flagNames } from "../../../../src/archive/tree/inode-attributes.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { canLoop } from "../../../support/loop-disk.ts";
import { needing } from "../../../support/needing.ts";
import { mountFresh, shell } from "../odd-tree.ts";

const scope = { include: ["/"], exclude: [], mounts: ["/"] };

/** Everything that chattr can set there, immutable and append-only things with hard links and content among it. */
const TREES = {
  ext4: `for f in a i d A s S u c t; do echo $f > f$f; done; mkdir fD fT; for f in f?; do chattr +\${f#f} $f; done`,
  xfs: `for f in a i d A S; do echo $f > f$f; chattr +$f f$f; done; mkdir fP; echo p > fP/in; chattr +P -p 77 fP; chattr -p 4000000000 fP/in`,
  btrfs: `for f in a i d A S c m; do echo $f > f$f; chattr +$f f$f; done; : > fC; chattr +C fC; head -c 9000000 /dev/urandom > fC; mkdir fCd; chattr +C fCd`,
} as const;

const COMMON = `
echo x > linked; mkdir locked; ln linked locked/first; ln linked second; echo kept > locked/inside; chattr +i linked locked
mkdir log; echo 1 > log/1; chattr +a log log/1; head -c 20000000 /dev/urandom > large; chattr +i large; mkfifo fifo; ln -s nowhere link
touch -d '2010-10-10 10:10:10.123456789' fifo; chattr +d .`;

function flagsBelow(directory: string): string {
  return shell(
    directory,
    "lsattr -d . ; find . -mindepth 1 \\( -type f -o -type d \\) -print0 | sort -z | xargs -0 lsattr -dp",
  );
}

function withFresh(type: keyof typeof TREES, work: (base: string, tree: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const fs = mountFresh(type, 320);
    if (!fs) throw new Error(`no ${type} could be made`);
    const tree = join(fs.path, "tree");
    try {
      mkdirSync(tree);
      shell(tree, `${TREES[type]}; ${COMMON}`);
      await work(fs.path, tree);
    } finally {
      fs.release();
    }
  };
}

async function write(base: string, root: string) {
  const directory = join(base, "set");
  mkdirSync(directory);
  return writeArchive({ root, scope, directory, level: 1, threads: 0 }, silentReporter);
}

for (const type of ["ext4", "xfs", "btrfs"] as const) {
  needing(test, canLoop())(
    `extractArchive() on ${type} gives back flags and project ids, also over an earlier restore`,
    withFresh(type, async (base, tree) => {
      const manifest = await write(base, tree);
      assert.equal(manifest.problems, []);
      const target = join(base, "back");
      mkdirSync(target);
      const directory = join(base, "set");
      const described = flagsBelow(tree);
      for (const threads of [2, 0]) {
        const result = await extractArchive({ directory, manifest, target, threads }, silentReporter);
        assert.equal(result.problems, []);
        assert.is(result.entries, manifest.entries);
        assert.is(flagsBelow(target), described);
        shell(target, `diff -r --no-dereference . ${tree} 2>&1 | grep -v 'is a fifo' || :`);
        assert.is(shell(target, "stat -c %i linked locked/first second | sort -u | wc -l"), "1\n");
        const catalog = openCatalog(join(directory, manifest.catalog.name));
        const request = { catalog, root: target, content: true, threads: 0 };
        assert.equal(await compareTree(request, silentReporter), []);
      }
    }),
  );
}

for (const threads of [0, 2]) {
  needing(test, canLoop())(
    `extractArchive() with ${threads} Workers puts files and directories into immutable ones that are there, which stay so`,
    withFresh("ext4", async (base, tree) => {
      shell(tree, "mkdir -p top/in/sub; echo f > top/in/sub/file; head -c 9000000 /dev/zero > big; cp big top/big");
      const manifest = await write(base, tree);
      const target = join(base, "out");
      shell(base, "mkdir -p out/top/in; chattr +i out out/top; chattr +a out/top/in");
      const before = flagsBelow(target);
      const select = ({ path }: { readonly path: string }) => path === "big" || /^top\/(big|in\/sub\/file)$/.test(path);
      const request = { directory: join(base, "set"), manifest, target, threads, overwrite: "never", select } as const;
      assert.equal((await extractArchive(request, silentReporter)).problems, []);
      shell(base, "cmp tree/big out/big; cmp tree/top/big out/top/big; cmp tree/top/in/sub/file out/top/in/sub/file");
      const isOld = (line: string) => !/\/(big|sub|file)$/.test(line);
      assert.equal(flagsBelow(target).split("\n").filter(isOld), before.split("\n"));
    }),
  );
}

needing(test, canLoop())(
  "extractArchive() replaces immutable files, and what is kept of them, or can't be replaced, stays immutable",
  withFresh("ext4", async (base, tree) => {
    shell(tree, "mkdir new; printf saved > new/file; printf saved > new/full");
    const manifest = await write(base, tree);
    const target = join(base, "sealed");
    shell(
      base,
      "mkdir -p sealed/new/full; cd sealed/new; printf mine > file; ln file other; : > full/x; chattr +i file full",
    );
    const select = ({ path }: { readonly path: string }) => /^new\/(file|full)$/.test(path);
    const request = {
      directory: join(base, "set"),
      manifest,
      target,
      threads: 0,
      hideUnfinished: true,
      select,
    } as const;
    const { problems } = await extractArchive({ ...request, overwrite: "always" }, silentReporter);
    assert.equal(
      problems.map(({ path, reason }) => `${path}: ${reason}`),
      ["/new/full: a directory that is not empty is in its place"],
    );
    const flags = (name: string) => shell(target, `lsattr -d new/${name} | grep -c '^[^ ]*i' || :`).trim();
    assert.equal([flags("other"), flags("full"), flags("file")], ["1", "1", "0"]);
    assert.is(shell(target, "cat new/file new/other"), "savedmine");
    shell(target, "printf again > new/file; chattr +i new/file");
    assert.equal((await extractArchive({ ...request, overwrite: "copy" }, silentReporter)).problems.length, 2);
    assert.equal([flags("file.before-restore"), flags("full.before-restore"), flags("file")], ["1", "1", "0"]);
    assert.is(shell(target, "cat new/file new/file.before-restore"), "savedagain");
    shell(target, "chattr -i new/*");
  }),
);

needing(test, canLoop())(
  "compareTree() names flags that are not as they were",
  withFresh("ext4", async (base, tree) => {
    const manifest = await write(base, tree);
    shell(tree, "chattr -i linked; chattr +A fifo 2>/dev/null || chattr +A fd");
    const catalog = openCatalog(join(base, "set", manifest.catalog.name));
    const found = await compareTree({ catalog, root: tree, content: false, threads: 0 }, silentReporter);
    assert.equal(
      found.map(({ path, what, detail }) => [path, what, detail]),
      [
        ["/fd", "flags", "in the backup nodump, on the disk nodump,noatime"],
        ["/linked", "flags", "in the backup schg, on the disk none"],
      ],
    );
  }),
);

needing(test, canLoop())(
  "bsdtar sets the flags that SCHILY.fflags names",
  withFresh("ext4", async (base, tree) => {
    shell(tree, "chattr -d ."); // bsdtar lets what it makes in there inherit it
    await write(base, tree);
    const target = join(base, "stock");
    mkdirSync(target);
    shell(base, `cat set/volume-* | zstd -qdc | bsdtar -xpf - -C ${target}`);
    assert.is(flagsBelow(target), flagsBelow(tree));
  }),
);

needing(test, canLoop())(
  "GNU tar passes over flags and gives back the rest",
  withFresh("ext4", async (base, tree) => {
    await write(base, tree);
    const target = join(base, "stock");
    mkdirSync(target);
    shell(base, `cat set/volume-* | zstd -qdc | tar -xp --warning=no-unknown-keyword -C ${target}`);
    shell(target, `cmp large ${tree}/large; test "$(cat locked/inside)" = kept`);
  }),
);

needing(test, canLoop())(
  "flagNames() gives libarchive's names and leaves out what a file system keeps for itself",
  () => {
    assert.is(flagNames(0x80000 | 0x10 | 0x40), "schg,nodump");
    assert.is(flagNames(0), "");
  },
);

test.run();
