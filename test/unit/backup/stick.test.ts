import { test } from "uvu";
import * as assert from "uvu/assert";
import { chooseStick } from "../../../src/backup/stick/choose-stick.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { placeGrub, stickFilesystemOf, stickTable } from "../../../src/drivers/media/stick.ts";
import { stickFilesystems } from "../../../src/drivers/media/stick-filesystems.ts";
import { stickConfig } from "../../../src/drivers/media/stick-menu.ts";
import type { DeviceFacts, StorageFacts } from "../../../src/probe/facts.ts";

const GIB = 2 ** 30;
const disk = (name: string, more: Partial<DeviceFacts> = {}): DeviceFacts => ({
  ...{ name, path: `/dev/${name}`, devno: `8:${name.charCodeAt(2)}`, sizeBytes: 16 * GIB, readOnly: false },
  ...{ removable: true, rotational: false, logicalSectorBytes: 512, physicalSectorBytes: 512 },
  ...{ holders: [], slaves: [], drivers: [], reads: [] },
  ...more,
});
const written = [{ offset: 0, length: 512, base64: Buffer.alloc(512, 7).toString("base64") }] as DeviceFacts["reads"];
const facts = (devices: readonly DeviceFacts[], mountinfo = ""): StorageFacts => ({ devices, mountinfo, swaps: "" });
const blank = { realPath: (path: string) => path, readAt: () => new Uint8Array(512) };
const choose = (name: string, storage: StorageFacts) =>
  chooseStick(blank, storage, { name, isFile: false, ownPlace: "/run/mondo-stick" });

function refusal(name: string, storage: StorageFacts): string {
  try {
    choose(name, storage);
  } catch (error) {
    if (error instanceof MondoError) return `${error.message} | ${error.hint}`;
  }
  return "taken";
}

test("chooseStick() takes an empty stick, and one on USB that says it can't be removed", () => {
  assert.is(choose("/dev/sdb", facts([disk("sdb")])).filesystem, undefined);
  assert.is(refusal("/dev/sdb", facts([disk("sdb", { removable: false, transport: "usb" })])), "taken");
});

test("chooseStick() refuses what is in use, whatever it is named by", () => {
  const part = disk("sdb1", { parent: "sdb", partition: 1, devno: "8:17" });
  const mounted = facts([disk("sdb", { serial: "S1" }), part], "30 1 8:17 / /home rw - ext4 /dev/sdb1 rw\n");
  for (const name of ["/dev/sdb", "serial:S1"])
    assert.match(refusal(name, mounted), /in use: \/dev\/sdb1 is mounted on \/home/);
  const held = facts([disk("sdb", { holders: ["md0"] })]);
  assert.match(refusal("/dev/sdb", held), /md0 is made of \/dev\/sdb/);
});

test("chooseStick() takes a disk that holds something, or is built in, only by its serial number", () => {
  const internal = facts([disk("sda", { removable: false, serial: "INT-1", reads: written })]);
  assert.match(refusal("/dev/sda", internal), /can't be removed \| .*--usb serial:INT-1/);
  assert.is(refusal("serial:INT-1", internal), "taken");
  const full = facts([disk("sdb", { serial: "S2", reads: written })]);
  assert.match(refusal("/dev/sdb", full), /holds something .*\| If that shall be erased, name it --usb serial:S2/);
  assert.is(refusal("serial:S2", full), "taken");
});

test("chooseStick() takes an image file only when it is new or holds nothing", () => {
  const choice = (reads: DeviceFacts["reads"]) => () =>
    chooseStick(blank, facts([disk("loop0", { removable: false, reads })]), {
      ...{ name: "/dev/loop0", isFile: true, ownPlace: "/run/mondo-stick" },
    });
  assert.is(choice([])().filesystem, undefined);
  assert.throws(choice(written), /the image file holds something/);
});

test("chooseStick() erases no stick whose table was lost, or can't be read, though its serial number is given", () => {
  const image = new Map([[66 * 2 ** 20 + 1024, Buffer.alloc(0x88)]]);
  image.get(66 * 2 ** 20 + 1024)?.writeUInt16LE(0xef53, 0x38);
  image.get(66 * 2 ** 20 + 1024)?.write("MONDO", 0x78);
  const readAt = (_: string, offset: number, length: number) => image.get(offset) ?? new Uint8Array(length);
  const storage = facts([disk("sdb", { serial: "S2", reads: written })]);
  const how = { name: "serial:S2", isFile: false, ownPlace: "/run/mondo-stick" };
  assert.throws(() => chooseStick({ ...blank, readAt }, storage, how), /was a stick of mondo, .*backups may be on it/);
  const unreadable = () => {
    throw new MondoError("system", "read /dev/sdb: EIO");
  };
  assert.throws(() => chooseStick({ ...blank, readAt: unreadable }, storage, how), /EIO/);
});

test("chooseStick() erases no exFAT with backups whose table was lost", () => {
  const start = 66 * 2 ** 20;
  const boot = Buffer.alloc(512);
  boot.write("EXFAT   ", 3);
  // 512 bytes a sector, 8 sectors a cluster; clusters begin at sector 100, the root is cluster 4.
  for (const [at, value] of [
    [88, 100],
    [96, 4],
  ] as const)
    boot.writeUInt32LE(value, at);
  boot.set([9, 3], 108);
  const label = Buffer.alloc(4096);
  label.set([0x83, 5, ...Buffer.from("MONDO", "utf16le")]);
  const image = new Map([
    [start, boot],
    [start + 100 * 512 + 2 * 4096, label],
  ]);
  const readAt = (_: string, offset: number, length: number) => image.get(offset) ?? new Uint8Array(length);
  const storage = facts([disk("sdb", { serial: "S2", reads: written })]);
  const how = { name: "serial:S2", isFile: false, ownPlace: "/run/mondo-stick" };
  assert.throws(() => chooseStick({ ...blank, readAt }, storage, how), /was a stick of mondo, .*backups may be on it/);
  label.set(Buffer.from("PHOTO", "utf16le"), 2);
  assert.is(chooseStick({ ...blank, readAt }, storage, how).filesystem, undefined);
});

test("chooseStick() refuses partitions, small and write-protected disks, and names that mean no disk or several", () => {
  const part = disk("sdb1", { parent: "sdb", partition: 1 });
  assert.match(refusal("/dev/sdb1", facts([disk("sdb"), part])), /is a partition \| Name the whole disk: \/dev\/sdb/);
  assert.match(refusal("/dev/sdb", facts([disk("sdb", { sizeBytes: 2 ** 26 })])), /too little/);
  assert.match(refusal("/dev/sdb", facts([disk("sdb", { readOnly: true })])), /write-protected/);
  assert.match(
    refusal("/dev/sdz", facts([disk("sdb", { serial: "S1" })])),
    /there is no disk \/dev\/sdz .*S1 \(\/dev\/sdb/,
  );
  assert.match(
    refusal("serial:S", facts([disk("sdb", { serial: "S" }), disk("sdc", { serial: "S" })])),
    /several disks/,
  );
});

const partitionTypes = { ext4: "0fc63daf-8483-4772-8e79-3d69d8477de4", exfat: "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" };

test("stickTable() ends before the copy of the table; stickFilesystemOf() knows it again, and nothing else", () => {
  for (const filesystem of stickFilesystems) {
    const type = partitionTypes[filesystem.type];
    assert.match(stickTable(8 * GIB, filesystem).toLowerCase(), new RegExp(`start=66mib, size=8125mib, type=${type}`));
    const entries = [
      ["mondo-bios", "21686148-6449-6e6f-744e-656564454649"],
      ["mondo-esp", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"],
      ["mondo-data", type],
    ].map(([name = "", typeGuid = ""]) => ({ name, typeGuid }));
    const found = (of: typeof entries) => stickFilesystemOf({ entries: of as never[] })?.type;
    assert.is(found(entries), filesystem.type);
    assert.is(found(entries.slice(1)), undefined);
    assert.is(found([...entries, { name: "mine", typeGuid: type }]), undefined);
  }
});

test("placeGrub() leaves the partition table, and refuses a core that doesn't fit", () => {
  const mbr = new Uint8Array(512).fill(9);
  const { mbr: first, core } = placeGrub(new Uint8Array(512).fill(1), new Uint8Array(1000), mbr, 2048);
  assert.equal(first.subarray(440), mbr.subarray(440));
  assert.is(core.byteLength, 1024);
  assert.is(new DataView(core.buffer).getUint16(510, true), 0x820);
  assert.throws(() => placeGrub(new Uint8Array(512), new Uint8Array(2 ** 21), mbr, 2048), /does not fit/);
});

const machine = {
  name: "web'1 $x",
  date: "2026-11-30 08:15 UTC",
  set: "S1",
  directory: "/web1/p/D",
  restoreByDefault: true,
};

test("stickConfig() starts a restore by itself only where one machine alone has sets", () => {
  const alone = stickConfig([machine], "U");
  assert.match(alone, /set default=RESTORE/);
  assert.match(alone, /vmlinuz RESTORE nuke mondo.once=S1 mondo.set=S1 mondo.source=UUID=U:\//);
  assert.match(alone, /vmlinuz interactive mondo.source=/);
  assert.match(alone, /menuentry 'web_1 _x, 2026-11-30 08:15 UTC' --id about/);
  assert.match(alone, /\[ -f \(hd0\)\/web1\/p\/D\/boot\/vmlinuz /);
  const several = stickConfig([machine, { ...machine, name: "db" }], "U");
  assert.not.match(several, /RESTORE/);
  assert.match(several, /submenu 'web_1 _x, 2026-11-30 08:15 UTC'/);
});

test("stickConfig() gives each machine's entries the words of its own backup", () => {
  const several = stickConfig(
    [
      { ...machine, words: ["keymap=de"] },
      { ...machine, name: "db" },
    ],
    "U",
  );
  assert.is(several.match(/^ {2}linux .* keymap=de$/gm)?.length, 4);
  assert.is(several.match(/^ {2}linux /gm)?.length, 8);
});

test("stickConfig() offers a rescue system alone, and beside machines with sets; none of them erases anything", () => {
  const rescue = { name: "db", directory: "/boot/rescue/db" };
  const alone = stickConfig([], "U", [rescue]);
  assert.match(alone, /set default=rescue0/);
  assert.match(
    alone,
    /menuentry 'Rescue system of db' --id rescue0 \{\n {2}linux \/boot\/rescue\/db\/vmlinuz interactive /,
  );
  assert.match(alone, /\[ -f \(hd0\)\/boot\/rescue\/db\/vmlinuz /);
  assert.not.match(alone, /nuke|no backup/);
  for (const machines of [[machine], [machine, { ...machine, name: "mail" }]]) {
    const beside = stickConfig(machines, "U", [rescue]);
    assert.not.match(beside, /set default=rescue0/);
    assert.match(beside, /linux \/boot\/rescue\/db\/vmlinuz interactive /);
  }
  assert.match(stickConfig([], "U"), /no backup on this stick yet/);
});

test.run();
