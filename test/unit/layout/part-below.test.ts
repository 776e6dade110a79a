import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { disksOf } from "../../../src/layout/graph.ts";
import { diskGroups } from "../../../src/layout/keep/disk-groups.ts";
import { partBelow } from "../../../src/layout/part-below.ts";
import { receivesBackup } from "../../../src/layout/receives-backup.ts";
import { type Layout, nodesOf } from "../../../src/layout/types.ts";

const machines = join(import.meta.dirname, "../../machines");
const layoutOf = (name: string) => JSON.parse(readFileSync(join(machines, name, "layout.json"), "utf8")) as Layout;

for (const name of ["bios-20-disks", "bios-lvm-cache"]) {
  test(`partBelow() of ${name} has what each mount lies on, and nothing of other disks`, () => {
    const layout = layoutOf(name);
    for (const mount of nodesOf(layout, "mount")) {
      const part = partBelow(layout, [mount.id]);
      const disks = disksOf(layout, mount.id).map(({ id }) => id);
      assert.equal(
        nodesOf(part, "disk")
          .map(({ id }) => id)
          .sort(),
        [...disks].sort(),
        mount.path,
      );
      assert.equal(nodesOf(part, "mount"), [mount]);
      const group = diskGroups(layout).find(({ nodes }) => nodes.has(mount.id));
      assert.equal(
        part.nodes.filter(({ id }) => group?.nodes.has(id) !== true),
        [],
        mount.path,
      );
    }
  });
}

test("partBelow() has all volumes of a group, which starts them together", () => {
  const layout = layoutOf("bios-lvm-cache");
  const [srv] = nodesOf(layout, "mount").filter(({ path }) => path === "/srv");
  const part = partBelow(layout, [srv?.id ?? ""]);
  assert.equal(
    nodesOf(part, "logical-volume").map(({ name }) => name),
    nodesOf(layout, "logical-volume").map(({ name }) => name),
  );
  assert.is(nodesOf(part, "logical-volume").length, 2);
  assert.is(nodesOf(part, "filesystem").length, 1, "of the others nothing is mounted");
});

test("receivesBackup() knows the disk with the backup in sets that have a field for it, and in those before", () => {
  assert.ok(receivesBackup({ why: "anything", receives: "/srv/backup" }));
  assert.ok(receivesBackup({ why: "the backup is written to it (/srv/backup)" }));
  assert.not(receivesBackup({ why: "nothing on it is mounted or used as swap" }));
  assert.not(receivesBackup({ why: "it is excluded" }));
});

test.run();
