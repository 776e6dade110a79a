/** Parts of a restore alone: mounts, and single files. On a kernel of their own, with real disks. */
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
    const disks = ["a", "b"].map((name) => ({ file: join(work, name) }));
    for (const { file } of disks) {
      writeFileSync(file, "");
      truncateSync(file, 320 << 20);
    }
    const modules = "modprobe -qa raid1 md_mod dm_mod dm_crypt ext4";
    const output = await inUml(`${modules}; cd ${join(import.meta.dirname, "../..")}; ${process.execPath} ${PROGRAM}`, {
      disks,
    });
    const lines = output.split("\n").filter((line) => /^[a-z ]+: /.test(line));
    assert.equal(lines, [
      'mount: "done"',
      'read: ["live","live"]',
      "chroot: true",
      'files: "done"',
      'mounted afterwards: "0"',
      'mount again: "done"',
      'restored: ["saved","live","yes"]',
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

test.run();
