import { test } from "uvu";
import * as assert from "uvu/assert";
import type { EffectOf } from "../../../src/effects/effect.ts";
import { undeclaredDevices } from "../../../src/effects/undeclared-devices.ts";

const root = "/mnt/restore";
const command = (writes: readonly string[], ...argv: string[]): EffectOf<"run"> => ({ do: "run", argv, writes });
const found = (writes: readonly string[], ...argv: string[]) => undeclaredDevices(command(writes, ...argv), root);

const EMBEDDED = [
  "of=/dev/sdb",
  "logdev=/dev/sdb",
  "size=1,device=/dev/sdb",
  "--foo=/dev/sdb",
  "-f/dev/sdb",
  "/dev/sda,/dev/sdb",
  "/dev/sda /dev/sdb",
  "/dev/sda:/dev/sdb",
  "/dev/sdb:2048K",
  "/dev/sda/../sdb",
  "//dev/./sdb",
  "dev/sdb",
  "../../dev/sdb",
  "/mnt/restore/../../dev/sdb",
  "/mnt/restore/dev/sdb",
  "/proc/self/root/dev/sdb",
  "/d\\ev/sdb",
  'filter=["a|^/dev/sda$|","a|^/dev/sdb$|"]',
];

test("undeclaredDevices() finds a device however a word embeds it", () => {
  for (const word of EMBEDDED) assert.equal(found(["/dev/sda"], "tool", word), ["/dev/sdb"], word);
});

test("undeclaredDevices() takes a label for no device, and everything else of the same command for what it looks like", () => {
  const labelled = [
    ["mke2fs", "-t", "ext4", "-L", "/dev/sdb1", "/dev/sda1"],
    ["mkswap", "-L", "/dev/sdb1", "/dev/sda1"],
    ["cryptsetup", "luksFormat", "--label=/dev/sdb1", "/dev/sda1"],
    ["mdadm", "--create", "/dev/sda1", "--name=/dev/sdb1"],
  ];
  for (const [tool = "", ...words] of labelled) assert.equal(found(["/dev/sda1"], tool, ...words), [], tool);
  const more = ["-L", "/dev/sdb1", "-J", "device=/dev/sdb1", "/dev/sda1"];
  assert.equal(found(["/dev/sda1"], "mke2fs", ...more), ["/dev/sdb1"]);
  assert.equal(found(["/dev/sda1"], "dd", "-L", "/dev/sdb1"), ["/dev/sdb1"]);
  assert.equal(found(["/dev/sda1"], "mke2fs", "/dev/sdb1", "-L", "/dev/sdb1"), ["/dev/sdb1"]);
});

test("undeclaredDevices() finds nothing once the device is declared", () => {
  for (const word of EMBEDDED) assert.equal(found(["/dev/sda", "/dev/sdb"], "tool", word), [], word);
  const reads: EffectOf<"run"> = { ...command([], "cp", "/dev/sdb"), reads: ["/dev/sdb"] };
  assert.equal(undeclaredDevices(reads, root), []);
});

test("undeclaredDevices() takes a disk for its partitions, and for no disk with a longer name", () => {
  assert.equal(found(["/dev/sda", "/dev/nvme0n1"], "tool", "/dev/sda1", "/dev/nvme0n1p2"), []);
  assert.equal(found(["/dev/sda"], "tool", "/dev/sdaa", "/dev/sda1x", "/dev/sda-1"), [
    "/dev/sdaa",
    "/dev/sda1x",
    "/dev/sda-1",
  ]);
  assert.equal(found(["/dev/sda1"], "tool", "/dev/sda"), ["/dev/sda"]);
});

test("undeclaredDevices() reads the script for standard input, too", () => {
  const sfdisk = (input: string) => undeclaredDevices({ ...command(["/dev/sda"], "sfdisk", "/dev/sda"), input }, root);
  assert.equal(sfdisk("label: gpt\n\n/dev/sda1 : start=2048, size=8\n"), []);
  assert.equal(sfdisk("label: gpt\ndevice: /dev/sdb\n\n/dev/sdb1 : start=2048\n"), ["/dev/sdb", "/dev/sdb1"]);
});

test("undeclaredDevices() takes files of the restored system for files, and odd names that are declared as they are", () => {
  assert.equal(found([], "cp", "/mnt/restore/srv/dev/x", "--to=/mnt/restore/home/dev/y", "/run/mondo/x"), []);
  const odd = ["/dev/mapper/a:b", "/dev/mapper/x.y+z", "/dev/mapper/my\\x20volume"];
  assert.equal(found(odd, "lvm", ...odd, "a|^/dev/mapper/x\\.y\\+z$|", "/dev/mapper/a:b:2048K"), []);
});

test.run();
