/** Kept data that is brought to the state of the set. On a kernel of its own, with real disks. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { hasUml, inUml } from "../support/uml.ts";

const PROGRAM = join(import.meta.dirname, "../support/keep-in-uml.ts");

needing(test, hasUml())(
  "files of the set are restored into what was kept, where they were asked for: what exists is replaced, nothing goes",
  async () => {
    const work = mkdtempSync(join(tmpdir(), "mondo-keep-"));
    try {
      const disks = [80, 110, 110].map((size, at) => ({ file: join(work, `${at}`), size }));
      for (const { file, size } of disks) {
        writeFileSync(file, "");
        truncateSync(file, size << 20);
      }
      const modules = "modprobe -qa raid1 md_mod dm_mod ext4";
      const top = join(import.meta.dirname, "../..");
      const output = await inUml(`${modules}; cd ${top}; ${process.execPath} ${PROGRAM}`, { disks });
      const lines = output.split(/\r?\n/).filter((line) => /^[a-z ]+: /.test(line));
      assert.equal(
        lines,
        [
          'restore: "done"',
          'said before: ["KEPT:   /dev/vdb: /srv, /home; files of the backup are restored into /srv","KEPT:   /dev/vdc: /srv, /home; files of the backup are restored into /srv","ERASED: /dev/vda: nothing that is known"]',
          'mounted afterwards: "0"',
          'system: ["etc/hello: saved etc/hello"]',
          'brought: ["changed: saved srv/changed","lost: saved srv/lost","after: live"]',
          'left: ["changed: live","after: live"]',
          "same structures: true",
        ],
        output,
      );
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
);

test.run();
