import { test } from "uvu";
import * as assert from "uvu/assert";
import { changedConfigLines } from "../../../src/run/config-lines.ts";
import { changeFstabLines } from "../../../src/run/fstab-lines.ts";

const FSTAB = `# /etc/fstab
UUID=1   /       ext4  errors=remount-ro 0 1
"UUID=2" /my\\040home ext4 defaults 0 2
UUID=3 none swap sw 0 0
proc /proc proc defaults 0 0
`;

test("lines of fstab get what they mount now; all others stay", () => {
  const was = { spec: "UUID=1", path: "/", type: "ext4", options: "errors=remount-ro" };
  const home = { spec: "UUID=2", path: "/my home", type: "ext4", options: "defaults" };
  const swap = { spec: "UUID=3", path: "none", type: "swap", options: "sw" };
  const changes = [
    { was, now: { ...was, type: "xfs", options: "defaults" } },
    { was: home, now: { ...home, spec: "/dev/mapper/vg0-home" } },
    { was: swap },
    { now: { spec: "UUID=9", path: "/srv", type: "btrfs", options: "subvol=/@srv" } },
  ];
  assert.is(
    changeFstabLines(FSTAB, changes),
    `# /etc/fstab
UUID=1 / xfs defaults 0 0
/dev/mapper/vg0-home /my\\040home ext4 defaults 0 2
# mondo: not in the edited layout: UUID=3 none swap sw 0 0
proc /proc proc defaults 0 0
UUID=9 /srv btrfs subvol=/@srv 0 0
`,
  );
  assert.is(changeFstabLines(FSTAB, []), FSTAB);
  const gone = { was: { ...was, spec: "UUID=7", path: "/gone" }, now: { ...was, path: "/gone" } };
  assert.match(changeFstabLines(FSTAB, [gone]), /\nUUID=1 \/gone ext4 errors=remount-ro 0 2\n$/);
  assert.is(changeFstabLines("", [{ now: was }]), "UUID=1 / ext4 errors=remount-ro 0 1\n");
});

test("lines of a configuration that name what is gone become comments, new ones are added once", () => {
  const text = "# root of old\nDEVICE partitions\nARRAY /dev/md0 metadata=1.2 UUID=a:b\nARRAY /dev/md1 UUID=c:d";
  const line = "ARRAY /dev/md2 metadata=1.2 UUID=e:f";
  const off = "# mondo: not in the edited layout: ";
  const expected = text.replace("ARRAY /dev/md0", `${off}ARRAY /dev/md0`);
  assert.is(changedConfigLines(text, ["UUID=a:b"], [line]), `${expected}\n${line}\n`);
  assert.is(changedConfigLines(text, ["ARRAY /dev/md0"], []), expected);
  assert.is(changedConfigLines(`${line}\n`, [], [line]), `${line}\n`);
  assert.is(
    changedConfigLines("root UUID=1 none luks\nhome UUID=2 root luks\n", ["root"], []),
    `${off}root UUID=1 none luks\nhome UUID=2 root luks\n`,
  );
});

test.run();
