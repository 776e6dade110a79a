/**
 * Everything a file system can hold, over three media with one drive, judged by find, stat, getfattr, lsattr, filefrag
 * and sha256sum.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { writeArchive } from "../../src/archive/save/write-archive.ts";
import type { MediumPass } from "../../src/archive/set/media-passes.ts";
import type { FileSpan, VolumeInfo } from "../../src/archive/set-files.ts";
import { silentReporter } from "../../src/base/report.ts";
import { canLoop } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { describeTree, makeOddTree, mountFresh, shell } from "../unit/archive/odd-tree.ts";

const MIB = 1 << 20;
const MANY = 5000;

/** What chattr can set there; project ids where there are some. */
const FLAGS = {
  ext4: "for f in a i d A s S u c t P; do : > f$f; chattr +$f f$f || rm f$f; done; mkdir dD dT; chattr +D dD; chattr +T dT; chattr -p 77 fd || true",
  xfs: "for f in a i d A S; do : > f$f; chattr +$f f$f; done; mkdir fP; : > fP/in; chattr +P -p 77 fP; chattr -p 4000000000 fP/in; setfattr -n user.huge -v 0s$(head -c 65000 /dev/urandom | base64 -w0) fA",
  btrfs:
    "for f in a i d A S c m; do : > f$f; chattr +$f f$f; done; : > fC; chattr +C fC; head -c 300000 /dev/urandom > fC; mkdir dC; chattr +C dC",
} as const;
const MKFS = { ext4: "-O quota,project", xfs: "", btrfs: "" } as const;

/** A chain of directories whose path is longer than PATH_MAX, with attributes on what lies at its end. */
const DEEP = `perl -e '$n = "d" x 250; for (1..20) { mkdir $n; chdir $n } open F, ">bottom"; print F "deep"; close F;
system "setfattr -n user.far -v down bottom; setfacl -m u:3000000:r bottom; chown 5:6 bottom; chmod 4711 bottom; chattr +d bottom;
touch -d 2003-03-03T03:03:03.303030303 bottom; ln -s nowhere link; chown -h 7:8 link"'`;

const MANY_ENTRIES = `perl -e 'for (1..${MANY}) { open F, ">entry-$_"; print F $_ if $_ % 7 == 0 }'; ln entry-1 first; ln entry-1 last`;

function makeTree(type: keyof typeof FLAGS, tree: string): void {
  mkdirSync(join(tree, "odd"), { recursive: true });
  for (const name of ["flags", "deep", "many"]) mkdirSync(join(tree, name));
  makeOddTree(join(tree, "odd"));
  shell(join(tree, "flags"), FLAGS[type]);
  shell(join(tree, "deep"), DEEP);
  shell(join(tree, "many"), MANY_ENTRIES);
  shell(tree, "touch -d '2011-11-11 11:11:11.111111111' flags deep many . ; sync -f .");
}

const FLAGS_BELOW = "find . -type f -o -type d | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 -n 500 lsattr -dp";

/** Everything that the tools tell of a tree. */
function describe(tree: string): Readonly<Record<string, readonly string[]>> {
  const far =
    "find . -printf '%p %y %m %U:%G %s %T@ %l\\n'; find . -name bottom -execdir sh -c 'cat bottom; getfattr -d -m- -e hex bottom; lsattr bottom' \\;";
  return {
    odd: describeTree(join(tree, "odd")),
    flags: [
      shell(
        join(tree, "flags"),
        `${FLAGS_BELOW}; getfattr -d -m- * | sha256sum; find . -printf '%p %y %m %s %T@ %n\\n' | sort; sha256sum $(find . -type f | sort)`,
      ),
    ],
    // The size of a directory is the file system's affair.
    deep: shell(join(tree, "deep"), far)
      .split("\n")
      .map((line) => line.replace(/ d (\d+ \d+:\d+) \d+ /, " d $1 ")),
    many: [
      shell(
        join(tree, "many"),
        "find . -type f -printf '%p %m %s %T@ %n\\n' | sort | sha256sum; ls | wc -l; cat entry-7 entry-4998",
      ),
    ],
    top: [shell(tree, "find . -maxdepth 1 -printf '%p %m %U %T@\\n' | sort")],
  };
}

/** The volumes on three media, as equal as can be. */
function overThree(volumes: readonly VolumeInfo[]): VolumeInfo[] {
  return volumes.map((volume, index) => ({ ...volume, medium: Math.floor((index * 3) / volumes.length) + 1 }));
}

for (const type of ["ext4", "xfs", "btrfs"] as const) {
  needing(test, canLoop())(
    `a tree of every oddity on ${type} comes back from three media with one drive, to the last attribute`,
    async () => {
      // Project ids on ext4 need quotas (QFMT_V2) in the kernel; without, all else is compared.
      const full = mountFresh(type, 1200, MKFS[type]);
      const fs = full ?? mountFresh(type, 1200);
      if (!fs) throw new Error("no file system could be made");
      try {
        const [tree, set, back] = ["tree", "set", "back"].map((name) => join(fs.path, name)) as [
          string,
          string,
          string,
        ];
        for (const path of [tree, set, back]) mkdirSync(path);
        makeTree(type, tree);
        const expected = describe(tree);
        // The judge sees what it is to judge.
        const marks = {
          ext4: full ? /^ +77 .* \.\/fd/m : /^ +0 .*d.* \.\/fd/m,
          xfs: /^ +77 .* \.\/f/m,
          btrfs: /-C-+ .*fC$/m,
        };
        assert.match(expected.flags?.[0] ?? "", marks[type]);
        assert.match(expected.deep?.join() ?? "", /user\.far=0x646f776e/);
        assert.ok((expected.odd?.length ?? 0) > 120, `${expected.odd?.length} lines`);
        const scope = { include: ["/"], exclude: [], mounts: ["/"] };
        const request = { root: tree, scope, directory: set, level: 1, threads: 2, volumeBytes: 9 * MIB };
        const written = await writeArchive(request, silentReporter);
        assert.equal(written.problems, []);
        const manifest = { ...written, volumes: overThree(written.volumes) };
        const inDrive: number[] = [];
        const locate = (name: string): FileSpan | undefined => {
          const volume = manifest.volumes.find((one) => one.name === name);
          if (volume && volume.medium !== inDrive.at(-1)) return undefined;
          return { path: join(set, name), offset: 0, sizeBytes: (volume ?? manifest.catalog).sizeBytes };
        };
        const needMedium = async ({ medium }: MediumPass) => void inDrive.push(medium);
        const wish = { directory: "/nowhere", locate, needMedium, manifest, target: back, threads: 2 };
        const result = await extractArchive(wish, silentReporter);
        assert.equal(result.problems, []);
        assert.equal(inDrive, [1, 2, 3]);
        assert.is(result.entries, written.entries);
        assert.ok(result.entries > MANY);
        const got = describe(back);
        for (const [part, lines] of Object.entries(expected)) assert.equal(got[part], lines, part);
        // Our own comparison agrees, paths beyond PATH_MAX and all.
        const catalog = openCatalog(join(set, manifest.catalog.name));
        assert.equal(await compareTree({ catalog, root: back, content: true, threads: 2 }, silentReporter), []);
        shell(back, "chattr -a flags/fa; printf x >> flags/fa; chattr +a flags/fa; setfacl -m u:7:r deep");
        const differences = await compareTree({ catalog, root: back, content: true, threads: 0 }, silentReporter);
        const found = differences.map(({ path, what }) => `${path} ${what}`);
        assert.equal(found.sort(), ["/deep xattrs", "/flags/fa mtime", "/flags/fa size"]);
      } finally {
        fs.release();
      }
    },
  );
}

for (const [from, to] of [
  ["ext4", "xfs"],
  ["xfs", "ext4"],
] as const) {
  needing(test, canLoop())(`ACLs saved on ${from} are the same on ${to}, and nothing is beside them`, async () => {
    const [source, target] = [mountFresh(from, 320), mountFresh(to, 320)];
    try {
      if (!source || !target) throw new Error("no file system could be made");
      const [tree, set, back] = [join(source.path, "tree"), join(source.path, "set"), join(target.path, "back")];
      for (const path of [tree, set, back]) mkdirSync(path);
      shell(tree, ": > file; mkdir dir; setfacl -m u:7:r file; setfacl -d -m g:8:rx dir; setfattr -n user.a -v b file");
      const scope = { include: ["/"], exclude: [], mounts: ["/"] };
      const request = { root: tree, scope, directory: set, level: 1, threads: 0, volumeBytes: MIB };
      const manifest = await writeArchive(request, silentReporter);
      const result = await extractArchive({ directory: set, manifest, target: back, threads: 0 }, silentReporter);
      assert.equal([manifest.problems, result.problems], [[], []]);
      const catalog = openCatalog(join(set, manifest.catalog.name));
      assert.equal(await compareTree({ catalog, root: back, content: true, threads: 0 }, silentReporter), []);
      // By name: getfacl -R lists in the order of the directory, which is the file system's.
      const acls = "getfacl . dir file";
      assert.is(shell(back, acls), shell(tree, acls));
      const names = shell(back, "getfattr -h -R -m- --absolute-names . | grep -v '^#' | sort -u");
      assert.is(names.includes("SGI_ACL"), to === "xfs", names);
    } finally {
      source?.release();
      target?.release();
    }
  });
}

test.run();
