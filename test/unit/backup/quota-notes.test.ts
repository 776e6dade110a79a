import { test } from "uvu";
import * as assert from "uvu/assert";
import { quotaNotes } from "../../../src/backup/quota-notes.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";

const fs = (name: string, type: string, features?: readonly string[]): LayoutNode => ({
  ...{ kind: "filesystem", id: `fs:${name}`, on: `part:${name}`, type, sizeBytes: 1 },
  details: features === undefined ? {} : { features },
});
const mount = (name: string, path: string, options: string): LayoutNode => ({
  ...{ kind: "mount", id: `mount:${path}`, of: `fs:${name}`, path, options, root: "/" },
});
const notesOf = (...nodes: LayoutNode[]) => quotaNotes({ version: 1, nodes } satisfies Layout);

test("quotaNotes() names mount points whose limits are in no file", () => {
  assert.equal(notesOf(fs("a", "ext4", ["has_journal", "quota"]), mount("a", "/home", "rw,relatime")), [
    "the limits of the disk quotas of /home are in no file and are not saved: note them (repquota -augP)",
  ]);
  for (const option of ["usrquota", "uquota", "gqnoenforce", "prjquota", "quota"]) {
    const [note = "none"] = notesOf(fs("a", "xfs"), mount("a", "/srv", `rw,attr2,inode64,${option},logbsize=32k`));
    assert.match(note, /of \/srv are in no file .*xfs_quota/, option);
  }
});

test("quotaNotes() is silent where there is no quota, or one that is a file", () => {
  assert.equal(notesOf(fs("a", "xfs"), mount("a", "/", "rw,noquota")), []);
  assert.equal(notesOf(fs("a", "ext4", ["extents"]), mount("a", "/", "rw,usrjquota=aquota.user,jqfmt=vfsv1")), []);
  assert.equal(notesOf(fs("a", "vfat"), mount("a", "/boot/efi", "rw")), []);
});

test.run();
