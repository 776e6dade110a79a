import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseFstab, parseMountinfo, parseSwaps, unescapeOctal } from "../../../../src/formats/fs/mount-tables.ts";

test("parseMountinfo() keeps the last of several mounts at a path, and unescapes", () => {
  const lines = parseMountinfo(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
23 22 8:2 / /mnt/a\\040b rw - xfs /dev/sda2 rw,attr2
24 22 8:3 / /mnt/a\\040b ro - ext4 /dev/sda3 rw
25 22 8:4 /sub /bind rw - ext4 /dev/sda4 rw
garbage
`);
  assert.equal(
    lines.map((line) => [line.devno, line.root, line.path, line.type]),
    [
      ["8:1", "/", "/", "ext4"],
      ["8:3", "/", "/mnt/a b", "ext4"],
      ["8:4", "/sub", "/bind", "ext4"],
    ],
  );
  assert.is(lines[0]?.options, "rw,relatime,errors=remount-ro");
});

test("unescapeOctal() gives UTF-8 back", () => {
  assert.is(unescapeOctal("/a\\040b\\134c\\303\\274ö"), "/a b\\cüö");
});

test("parseFstab() leaves comments and broken lines out", () => {
  assert.equal(parseFstab("# c\n\nUUID=x / ext4 defaults 0 1\nbroken\n/dev/sda2\tnone\tswap\tsw\n"), [
    { spec: "UUID=x", path: "/", type: "ext4", options: "defaults", dump: 0, pass: 1 },
    { spec: "/dev/sda2", path: "none", type: "swap", options: "sw", dump: 0, pass: 0 },
  ]);
});

test("parseSwaps() skips the heading", () => {
  assert.equal(parseSwaps("Filename\tType\n/dev/sda2 partition 1 0 -2\n"), [{ path: "/dev/sda2", type: "partition" }]);
});

test("paths and sources that are no UTF-8 keep their bytes, escaped blanks and emoji beside them", () => {
  const [line] = parseMountinfo("36 1 8:1 /sub\\040\udce9 /srv/caf\udce9\\040😀\\134 rw - ext4 /dev/\udcff rw\n");
  assert.is(line?.root, "/sub \udce9");
  assert.is(line?.path, "/srv/caf\udce9 😀\\");
  assert.is(line?.source, "/dev/\udcff");
  assert.is(parseFstab("LABEL=x /srv/caf\udce9\\040ü ext4 defaults 0 0")[0]?.path, "/srv/caf\udce9 ü");
  assert.is(parseFstab("LABEL=x /srv/\\303\\251\\351 ext4")[0]?.path, "/srv/é\udce9");
});

test.run();
