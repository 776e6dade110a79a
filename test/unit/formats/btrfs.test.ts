import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseQuotaGroups, parseSubvolumeList } from "../../../src/formats/fs/btrfs-listings.ts";
import {
  BTRFS_SUPERBLOCK_BYTES,
  BTRFS_SUPERBLOCK_OFFSET,
  decodeBtrfsSuperblock,
} from "../../../src/formats/fs/btrfs-superblock.ts";
import { mutatorOf } from "../../support/mutate.ts";

function superblock(): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "mondo-btrfs-"));
  const file = join(directory, "image");
  writeFileSync(file, "");
  truncateSync(file, 200 << 20);
  const uuid = ["-U", "6d6f6e64-6f00-4000-8000-00000000000b"];
  execFileSync("mkfs.btrfs", ["-q", "-n", "4096", "-m", "dup", "--csum", "sha256", "-L", "größe", ...uuid, file], {
    stdio: "ignore",
  });
  const bytes = new Uint8Array(BTRFS_SUPERBLOCK_BYTES);
  const fd = openSync(file, "r");
  readSync(fd, bytes, 0, bytes.length, BTRFS_SUPERBLOCK_OFFSET);
  closeSync(fd);
  rmSync(directory, { recursive: true });
  return bytes;
}

const made = superblock();

test("decodeBtrfsSuperblock() reads what mkfs.btrfs wrote", () => {
  const sb = decodeBtrfsSuperblock(made);
  assert.is(sb?.uuid, "6d6f6e64-6f00-4000-8000-00000000000b");
  assert.is(sb?.label, "größe");
  assert.is(sb?.totalBytes, 200 << 20);
  assert.equal([sb?.nodeBytes, sb?.sectorBytes, sb?.checksumType, sb?.devices], [4096, 4096, 2, 1]);
  assert.equal([sb?.device.id, sb?.device.sizeBytes], [1, 200 << 20]);
  assert.is(sb?.systemProfile, 0x22n, "system block groups, dup");
  assert.ok((sb?.usedBytes ?? 0) > 0);
});

test("decodeBtrfsSuperblock() of another block, of a short one and of damaged ones throws nothing", () => {
  assert.is(decodeBtrfsSuperblock(new Uint8Array(4096)), undefined);
  assert.is(decodeBtrfsSuperblock(made.subarray(0, 4095)), undefined);
  const { mutated, noise } = mutatorOf(7);
  for (let round = 0; round < 500; round++) {
    decodeBtrfsSuperblock(mutated(made));
    decodeBtrfsSuperblock(mutated(made, 0, 600));
    decodeBtrfsSuperblock(noise(4096));
  }
});

const NONE = "-".padEnd(36);
const line = (number: number, parent: number, path: string, origin = NONE) =>
  `ID ${number} gen 9 parent ${parent} top level ${parent} parent_uuid ${origin} uuid 0b-${number} path ${path}`;

test("parseSubvolumeList() puts parents first and keeps blanks, line feeds and words like its own in paths", () => {
  const text = [line(300, 256, "@/a path b/c\nd"), line(257, 5, "zz uuid x"), line(256, 5, "@", "0a-1"), ""].join("\n");
  assert.equal(parseSubvolumeList(text), [
    { number: 256, path: "@", uuid: "0b-256", parentUuid: "0a-1" },
    { number: 257, path: "zz uuid x", uuid: "0b-257" },
    { number: 300, path: "@/a path b/c\nd", uuid: "0b-300" },
  ]);
});

test("parseSubvolumeList() of a list that was asked for inside of a subvolume gives paths from the top level", () => {
  const text = [line(256, 5, "a/root"), line(257, 256, "var"), line(258, 257, "var/lib"), line(259, 5, "b")].join("\n");
  assert.equal(
    parseSubvolumeList(text, 256).map(({ path }) => path),
    ["b", "a/root", "a/root/var", "a/root/var/lib"],
  );
});

test("parseQuotaGroups() gives limits and parents, higher groups first", () => {
  const text = `Qgroupid    Referenced    Exclusive  Max referenced  Max exclusive Parent     Path
--------    ----------    ---------  --------------  ------------- ------     ----
0/5              16384        16384            none           none -          <toplevel>
0/256                0            0            none       10485760 1/100,2/1  a b
1/100                0            0        52428800           none -          <0 member qgroups>
`;
  assert.equal(parseQuotaGroups(text), [
    { id: "1/100", maxReferenced: 52428800, parents: [] },
    { id: "0/256", maxExclusive: 10485760, parents: ["1/100", "2/1"] },
    { id: "0/5", parents: [] },
  ]);
});

test.run();
