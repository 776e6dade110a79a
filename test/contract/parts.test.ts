/** Parts of a restore alone: mounts, single files, tables, file systems. On a kernel of their own, with real disks. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hasUml, inUml } from "../support/uml.ts";

const PROGRAM = join(import.meta.dirname, "../support/parts-in-uml.ts");

test("each part does what it says, on LVM over a mirror and in a LUKS volume, and nothing else", async () => {
  if (!hasUml()) return;
  const work = mkdtempSync(join(tmpdir(), "mondo-parts-"));
  try {
    const disks = [320, 260].map((size) => ({ file: join(work, `${size}`), size }));
    for (const { file, size } of disks) {
      writeFileSync(file, "");
      truncateSync(file, size << 20);
    }
    const modules = "modprobe -qa raid1 md_mod dm_mod dm_crypt ext4";
    const output = await inUml(`${modules}; cd ${join(import.meta.dirname, "../..")}; ${process.execPath} ${PROGRAM}`, {
      disks,
    });
    const lines = output.split(/\r?\n/).filter((line) => /^[a-z ]+: /.test(line));
    assert.equal(lines, [
      'mount: "done"',
      'read: ["live","live"]',
      "chroot: true",
      'files: "done"',
      'mounted afterwards: "0"',
      'mount again: "done"',
      'restored: ["saved","live","yes"]',
      'loader: "done"',
      'boot code: "the code that starts it"',
      'mounted after the loader: "0"',
      'format what runs: "done"',
      "same file system after that: true",
      'empty after that: "lost+found"',
      'partition: "done"',
      "same tables: true",
      'format: "done"',
      "same file system: true",
      'empty: "lost+found"',
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

test.run();
