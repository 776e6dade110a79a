/**
 * Content that can't be had as it is: bad blocks, holes that block counts hide, names that vanish. On real file
 * systems, some broken.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { entriesOf } from "../../../../src/archive/catalog/entry-record.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ArchiveResult } from "../../../../src/archive/save/archive-request.ts";
import { BatchWriter } from "../../../../src/archive/save/batch.ts";
import { packWork } from "../../../../src/archive/save/pack.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { openDirectory } from "../../../../src/archive/tree/open-root.ts";
import type { ByteString } from "../../../../src/base/bytes.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { closeFd } from "../../../../src/host/fs-calls.ts";
import { canLoop } from "../../../support/loop-disk.ts";
import { needing } from "../../../support/needing.ts";
import { mountFresh, shell } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const scope = { include: ["/"], exclude: [], mounts: ["/"] };

/** Saves `fs/tree` and restores it to `fs/back`. */
async function roundTrip(root: string, work: string): Promise<ArchiveResult> {
  const [directory, target] = [join(work, "set"), join(work, "back")];
  for (const path of [directory, target]) mkdirSync(path);
  const manifest = await writeArchive({ root, scope, directory, level: 1, threads: 0 }, silentReporter);
  const { problems } = await extractArchive({ directory, manifest, target, threads: 0 }, silentReporter);
  assert.equal(problems, []);
  return manifest;
}

const BLOCK = 4096;

needing(test, canLoop())(
  "writeArchive() of files with a bad block loses that block alone, and says where",
  async () => {
    const fs = mountFresh("ext4", 64);
    if (!fs) throw new Error("no file system could be made");
    try {
      // Their fourth block is the device's last one, which is cut off: reading there is an I/O error.
      shell(
        fs.path,
        `truncate -s 100M broken.img; mkfs.ext2 -q -b 4096 broken.img; mkdir mnt
      head -c 40000 /dev/urandom > small; head -c 9000000 /dev/urandom > large
      for f in small large; do debugfs -w -R "write $f $f" broken.img; debugfs -w -R "sif $f block[3] 25599" broken.img; done 2>/dev/null
      mount -o loop,ro broken.img mnt; truncate -s -4096 broken.img`,
      );
      try {
        const { problems } = await roundTrip(join(fs.path, "mnt"), fs.path);
        const reason = "input/output error at byte 12288: 4096 bytes from there on are stored as zeros";
        assert.equal(problems, [
          { path: "/large", severity: "changed", reason },
          { path: "/small", severity: "changed", reason },
        ]);
      } finally {
        shell(fs.path, "umount mnt");
      }
      for (const name of ["small", "large"]) {
        const expected = readFileSync(join(fs.path, name)).fill(0, 3 * BLOCK, 4 * BLOCK);
        assert.is(Buffer.compare(readFileSync(join(fs.path, "back", name)), expected), 0, name);
      }
    } finally {
      fs.release();
    }
  },
);

needing(test, canLoop())(
  "writeArchive() of files whose attributes can't be read saves their content, and says so",
  async () => {
    const fs = mountFresh("ext4", 64);
    if (!fs) throw new Error("no file system could be made");
    try {
      shell(
        fs.path,
        `truncate -s 30M broken.img; mkfs.ext2 -q -b 4096 -I 128 broken.img; mkdir mnt; mount -o loop broken.img mnt
      for f in small large; do head -c $([ $f = small ] && echo 40000 || echo 9000000) /dev/urandom > $f; cp $f mnt/$f; setfattr -n user.x -v $f mnt/$f; done
      umount mnt
      for f in small large; do at=$(debugfs -R "stat $f" broken.img 2>/dev/null | sed -n 's/.*File ACL: \\([0-9]*\\).*/\\1/p')
        dd if=/dev/zero of=broken.img bs=4096 seek=$at count=1 conv=notrunc status=none; done
      mount -o loop,ro broken.img mnt`,
      );
      try {
        const { problems } = await roundTrip(join(fs.path, "mnt"), fs.path);
        const reason = "its extended attributes can't be read: file system is damaged";
        const found = [...new Set(problems.map(({ path, severity, reason: why }) => `${path} ${severity} ${why}`))];
        assert.equal(found, [`/large changed ${reason}`, `/small changed ${reason}`]);
      } finally {
        shell(fs.path, "umount mnt");
      }
      shell(fs.path, "cmp small back/small; cmp large back/large");
    } finally {
      fs.release();
    }
  },
);

const HIDDEN_HOLES = `
truncate -s 1M hole-at-start; printf end | dd of=hole-at-start bs=1 seek=1000000 conv=notrunc status=none
fallocate -n -o 2M -l 8M hole-at-start
truncate -s 8192 by-attribute; printf end | dd of=by-attribute bs=1 seek=5000 conv=notrunc status=none
setfattr -n user.long -v $(head -c 1500 /dev/zero | tr '\\0' x) by-attribute
fallocate -l 1M preallocated; printf x | dd of=preallocated bs=1 seek=500000 conv=notrunc status=none
head -c 100000 /dev/zero > zeros; : > empty; printf x > one; sync -f .`;

for (const type of ["ext4", "xfs", "btrfs"] as const) {
  needing(test, canLoop())(
    `holes come back where they were on ${type}, whatever the file occupies beside them`,
    async () => {
      const fs = mountFresh(type, 400, type === "ext4" ? "-b 4096" : "");
      if (!fs) throw new Error("no file system could be made");
      try {
        const root = join(fs.path, "tree");
        mkdirSync(root);
        shell(root, HIDDEN_HOLES);
        assert.equal((await roundTrip(root, fs.path)).problems, []);
        const holes = `for f in *; do echo $f; perl -e 'open F, $ARGV[0]; $at = 0; $size = -s F; while ($at < $size) {
        $d = sysseek F, $at, 3 or last; $d += 0; $h = sysseek F, $d, 4; print "$d-$h\\n"; $at = $h }' $f; done`;
        // SEEK_HOLE passes over what is only preallocated: such a file comes back as zeros.
        const expected = shell(root, holes).replace(/^preallocated\n.*\n/m, "preallocated\n0-1048576\n");
        assert.is(shell(join(fs.path, "back"), `sync -f .; ${holes}`), expected);
        assert.match(expected, /by-attribute\n4096-8192\n(.*\n)*hole-at-start\n999424-1003520\n/);
        shell(fs.path, "cd tree; for f in *; do cmp $f ../back/$f; done");
      } finally {
        fs.release();
      }
    },
  );
}

needing(test, canLoop())(
  "a hard link whose first name has vanished, or is another file now, holds the content itself",
  () => {
    const fs = mountFresh("ext4", 20);
    if (!fs) throw new Error("no file system could be made");
    try {
      shell(fs.path, "printf content > b; printf other > other; ln b c; printf kept > x; ln x y");
      const rootFd = openDirectory(fs.path);
      const job = packWork({ rootFd, grafts: [], level: 1, codec: "zstd", sharing: [] });
      // What the walk has found: b is a further name of a, which is no more; c of other, which took a's place; y of x.
      const batch = new BatchWriter();
      batch.regular("a" as ByteString);
      batch.other("b" as ByteString, "a" as ByteString);
      batch.other("c" as ByteString, "other" as ByteString);
      batch.regular("x" as ByteString);
      batch.other("y" as ByteString, "x" as ByteString);
      const { result } = job.run(batch.take() ?? { kind: "batch", paths: "" });
      job.close();
      closeFd(rootFd);
      const found = [...entriesOf(result.records)].map(({ path, kind, size, target }) => [path, kind, size, target]);
      assert.equal(found, [
        ["b", "file", 7, undefined],
        ["c", "file", 7, undefined],
        ["x", "file", 4, undefined],
        ["y", "hardlink", 0, "x"],
      ]);
      assert.equal(result.problems, [{ path: "/a", severity: "changed", reason: "it vanished before it was read" }]);
    } finally {
      fs.release();
    }
  },
);

/**
 * Writes 1, and 2 when its input ends, into the first byte of a file by a map of its own: one of ours would hold the
 * file system.
 */
const MAPPED_WRITER =
  "const map = Bun.mmap(process.argv[1]); map[0] = 1; console.log(1); await Bun.stdin.text(); map[0] = 2";

needing(test, canLoop())(
  "a differential set has what was written through a memory map after the file was saved",
  async () => {
    const fs = mountFresh("ext4", 64);
    if (!fs) throw new Error("no file system could be made");
    try {
      const root = join(fs.path, "tree");
      shell(fs.path, "mkdir tree; head -c 8192 /dev/zero > tree/mapped; sync -f .");
      const command = [process.execPath, "-e", MAPPED_WRITER, join(root, "mapped")];
      const writer = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
      for await (const _ of writer.stdout) break;
      const full = await saveSet(root, join(fs.path, "full"));
      // As if it had been made long after the file was changed.
      const parent = { ...full, manifest: { ...full.manifest, created: full.manifest.created + 10 } };
      writer.stdin.end();
      assert.is(await writer.exited, 0);
      assert.is((await saveSet(root, join(fs.path, "later"), { parent })).storedBytes, 8192);
    } finally {
      fs.release();
    }
  },
);

test.run();
