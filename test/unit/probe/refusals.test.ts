/**
 * Nothing that can't be brought back is lost in silence: it is named and stops the backup, is left out by name, or
 * becomes an image.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareLayouts } from "../../../src/layout/compare-layouts.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import type { DeviceFacts, Facts, SavedRead } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";
import { withSuperblockBit } from "../../support/superblock-bit.ts";

const machine = (name: string): Facts =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../machines", name, "facts.json"), "utf8"));
const everything = { root: "/", excludedDevices: [] as string[] };

const saved = (offset: number, bytes: Uint8Array): SavedRead => {
  return { offset, length: bytes.byteLength, base64: Buffer.from(bytes).toString("base64") };
};

/** Bytes of latin-1 text at an offset. */
const piece = (offset: number, text: string) => {
  const bytes = new Uint8Array(512);
  bytes.set(Buffer.from(text, "latin1"));
  return saved(offset, bytes);
};

const gpt = machine("bios-gpt-ext4");
/** A partition of the system's disk that nothing uses, with other content than it had. */
const unused = (change: (device: DeviceFacts) => DeviceFacts): Facts => {
  return { ...gpt, swaps: "", devices: gpt.devices.map((d) => (d.name === "vda6" ? change(d) : d)) };
};
const SIZE = gpt.devices.find((device) => device.name === "vda6")?.sizeBytes ?? 0;

const signatures: readonly (readonly [what: string, offset: number, magic: string])[] = [
  ["an NTFS file system", 3, "NTFS    "],
  ["a BitLocker volume", 3, "-FVE-FS-"],
  ["a ReFS file system", 3, "ReFS\0\0\0\0"],
  ["a bcache device", 0x1018, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca"],
  ["a bcachefs file system", 0x1018, "\xc6\x85\x73\xf6\x66\xce\x90\xa9"],
  ["a ZFS pool member", 128 * 1024, "\x0c\xb1\xba\x00\x00\x00\x00\x00"],
  ["a ReiserFS file system", 65536 + 52, "ReIsEr2Fs"],
  ["a JFS file system", 32768, "JFS1"],
  ["a NILFS2 file system", 1030, "\x34\x34"],
  ["a GFS2 file system", 65536, "\x01\x16\x19\x70"],
  ["an OCFS2 file system", 8192, "OCFSV2"],
  ["an HFS+ file system", 1024, "H+\x00\x04"],
  ["an APFS container", 32, "NXSB"],
  ["a UFS file system", 8192 + 1372, "\x54\x19\x01\x00"],
  ["a squashfs image", 0, "hsqs"],
  ["an EROFS image", 1024, "\xe2\xe1\xf5\xe0"],
  ["a VMFS volume", 0x200000, "\x5e\xf1\xab\x2f"],
  ["a VDO volume", 0, "dmvdo001"],
  ["a device of a Stratis pool", 516, "!Stra0tis"],
  ["a device with dm-integrity", 0, "integrt\0"],
  ["a Ceph BlueStore device", 0, "bluestore block device"],
  ["a part of a Windows dynamic disk", 3072, "PRIVHEAD"],
  ["a member of a firmware RAID (Intel)", SIZE - 1024, "Intel Raid ISM Cfg Sig."],
  ["a member of a firmware RAID (DDF)", SIZE - 512, "\xde\x11\xde\x11"],
  ["a DRBD device", SIZE - 4096 + 60, "\x83\x74\x02\x6b"],
  ["a LUKS volume that is being re-encrypted", 0, "LUKS\xde\xad"],
  ["a LUKS volume whose header is damaged or of an unknown version", 0, "LUKS\xba\xbe"],
];

function refuses(what: string, facts: Facts): void {
  test(`${what} stops the backup by name; -E leaves it out and says so; -x takes an image`, () => {
    assert.equal(obstacles(layoutFrom(facts, everything)), [
      `/dev/vda6 holds ${what}, which can't be rebuilt at a restore`,
    ]);
    const without = layoutFrom(facts, { ...everything, excludedDevices: ["/dev/vda6"] });
    assert.equal(obstacles(without), []);
    const notes = nodesOf(without, "note").map(({ text }) => text);
    assert.match(
      notes.join("\n"),
      /\/dev\/vda6 is excluded, but its disk isn't: .* makes the partition again, but empty/,
    );
    const imaged = layoutFrom(facts, { ...everything, images: ["/dev/vda6"] });
    assert.equal(obstacles(imaged), []);
    assert.equal(
      nodesOf(imaged, "image").map(({ path, on, sizeBytes, entry }) => [path, on, sizeBytes, entry]),
      [["/dev/vda6", "part:vda6", SIZE, "mondo-images/vda6.img"]],
    );
    assert.equal(nodesOf(imaged, "note"), []);
  });
}

for (const [what, offset, magic] of signatures) {
  refuses(
    what,
    unused((device) => ({ ...device, reads: [piece(offset, magic)] })),
  );
}
refuses(
  "something that this version doesn't know",
  unused((device) => ({ ...device, reads: [], filled: true })),
);

test("an empty partition stops nothing", () => {
  assert.equal(obstacles(layoutFrom(unused((device) => ({ ...device, reads: [] })))), []);
});

/** The recorded machine with a bit of a superblock set. */
const withBit = (name: string, device: string, offset: number, byte: number, bit: number): Facts =>
  withSuperblockBit(machine(name), device, offset + byte, bit);

const features: readonly (readonly [what: string, facts: Facts, says: RegExp])[] = [
  ["ext4", withBit("bios-gpt-ext4", "vda5", 1024 + 0x60, 3, 0x40), /vda5 holds a file system \(ext4\) .*does not know/],
  ["XFS", withBit("uefi-gpt-xfs", "nvme0n1p3", 216, 0, 0x40), /nvme0n1p3 holds a file system \(xfs\) .*does not know/],
  [
    "btrfs",
    withBit("bios-btrfs-raid1", "vda2", 0x10000 + 0xbc, 7, 0x40),
    /holds a file system \(btrfs\) .*does not know/,
  ],
];
for (const [what, facts, says] of features) {
  test(`an unknown feature in a superblock of ${what} stops the backup by name`, () => {
    assert.match(obstacles(layoutFrom(facts)).join("\n"), says);
  });
}

/** The recorded machine with other releases of its tools. */
const withTools = (facts: Facts, toolVersions: Facts["toolVersions"]): Facts => ({ ...facts, toolVersions });
const orphans = withBit("bios-gpt-ext4", "vda5", 1024 + 0x5c, 1, 0x10);
const manyExtents = withBit("uefi-gpt-xfs", "nvme0n1p3", 216, 3, 0x20);

test("a feature that the machine's own tool can't make stops the backup by name", () => {
  const says = (facts: Facts) => obstacles(layoutFrom(facts));
  assert.equal(says(withTools(orphans, { mke2fs: "mke2fs 1.47.0 (5-Feb-2023)" })), []);
  assert.equal(says(withTools(orphans, { mke2fs: "mke2fs 1.46.2 (28-Feb-2021)" })), [
    "/dev/vda5 holds a file system (ext4) that can't be rebuilt: it has the feature orphan_file, which mke2fs 1.46.2 (28-Feb-2021) can't make (1.47 can)",
  ]);
  assert.equal(says(withTools(manyExtents, { "mkfs.xfs": "mkfs.xfs version 6.1.0" })), []);
  assert.match(
    says(withTools(manyExtents, { "mkfs.xfs": "mkfs.xfs version 5.13.0" })).join(),
    /nvme0n1p3 .* the feature nrext64, which mkfs.xfs version 5.13.0 can't make \(5.19 can\)/,
  );
});

test("layoutFrom() keeps the active flag of a GPT's protective MBR, and says that a hybrid one comes back plain", () => {
  const layoutOf = (facts: Facts) => layoutFrom(facts);
  const table = (facts: Facts) => nodesOf(layoutOf(facts), "table")[0];
  assert.is(table(gpt)?.protectiveActive, undefined);
  const active = withBit("bios-gpt-ext4", "vda", 446, 0, 0x80);
  assert.is(table(active)?.protectiveActive, true);
  assert.equal(compareLayouts(layoutOf(active), layoutOf(gpt), { "disk:vda": "/dev/vda" }), [
    "/dev/vda: protectiveActive is absent instead of true",
  ]);
  const hybrid = withBit("bios-gpt-ext4", "vda", 462, 4, 0x0c);
  assert.match(
    nodesOf(layoutOf(hybrid), "note")
      .map(({ text }) => text)
      .join("\n"),
    /^\/dev\/vda has a hybrid MBR: a restore makes a plain one/m,
  );
  assert.equal(nodesOf(layoutOf(gpt), "note"), []);
});

test("-x of what is in use is refused with the reason", () => {
  const images = (path: string, facts = gpt) => obstacles(layoutFrom(facts, { ...everything, images: [path] })).join();
  assert.match(images("/dev/vda2"), /vda2 holds something that is mounted for writing at \/boot: unmount it/);
  assert.match(images("/dev/vda6"), /vda6 holds swap that is in use/);
  assert.match(images("/dev/vda"), /vda holds partitions: name these, not the whole/);
  assert.match(images("/dev/vdq"), /vdq holds something that lies on no disk of the backup/);
  assert.match(images("/dev/vdb2", machine("bios-md-lvm")), /vdb2 holds something that md0 is made of/);
});

test("-x of a file system that is mounted read-only takes an image of it instead of its files", () => {
  const readOnly = gpt.mountinfo
    .split("\n")
    .map((line) => (line.includes(" /boot ") ? line.replaceAll(/\brw\b/g, "ro") : line))
    .join("\n");
  const layout = layoutFrom({ ...gpt, mountinfo: readOnly }, { ...everything, images: ["/dev/vda2"] });
  assert.equal(obstacles(layout), []);
  const [image] = nodesOf(layout, "image");
  assert.equal([image?.what, image?.uuid], ["a file system (ext2)", "6d6f6e64-6f00-4000-8000-000000000102"]);
  assert.equal(
    nodesOf(layout, "mount").map(({ path }) => path),
    ["/"],
  );
  assert.equal(layout, JSON.parse(JSON.stringify(layout)));
});

/** The machine with other boot code in its first sector, and other files. */
function startedBy(code: string, at: number, files: readonly string[]): Facts {
  const devices = gpt.devices.map((device) => {
    if (device.name !== "vda") return device;
    const [first, ...rest] = device.reads;
    const bytes = Buffer.alloc(first?.length ?? 512);
    bytes.set(Buffer.from(first?.base64 ?? "", "base64"));
    bytes.fill(0, 0, 440);
    bytes.write(code, at, "latin1");
    return { ...device, reads: [saved(0, bytes), ...rest] };
  });
  return { ...gpt, devices, files: [...gpt.files.filter((path) => !/grub/.test(path)), ...files] };
}

test("LILO and GRUB Legacy are refused by name, with what to install instead", () => {
  const refusalOf = (facts: Facts) => obstacles(layoutFrom(facts, everything));
  const why = (name: string) => [
    `/dev/vda holds ${name}, a boot loader that finds its files by block numbers (install GRUB 2 or extlinux instead), which can't be rebuilt at a restore`,
  ];
  assert.equal(refusalOf(startedBy("LILO", 6, ["/etc/lilo.conf"])), why("LILO"));
  const legacy = "GRUB \0Geom\0Hard Disk\0Read\0 Error";
  for (const menu of ["/boot/grub/menu.lst", "/boot/grub/grub.conf"]) {
    assert.equal(refusalOf(startedBy(legacy, 0x188, [menu])), why("GRUB Legacy"));
  }
  assert.equal(refusalOf(startedBy("", 0, ["/boot/grub/menu.lst", "/boot/grub/stage2"])), why("GRUB Legacy"));
});

test("what LILO and GRUB Legacy left behind is no reason to refuse another loader", () => {
  const refusalOf = (facts: Facts) => obstacles(layoutFrom(facts, everything));
  const old = ["/etc/lilo.conf", "/boot/grub/menu.lst", "/boot/grub/stage2"];
  assert.equal(refusalOf({ ...gpt, files: [...gpt.files, ...old] }), []);
  const extlinux = machine("bios-extlinux");
  assert.equal(refusalOf({ ...extlinux, files: [...extlinux.files, ...old] }), []);
  const uefi = machine("uefi-gpt-xfs");
  assert.equal(refusalOf({ ...uefi, files: [...uefi.files, ...old] }), []);
});

test.run();
