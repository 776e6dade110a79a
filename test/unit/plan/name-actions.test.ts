import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkDetails } from "../../../src/drivers/check-details.ts";
import { showEffect } from "../../../src/effects/effect-rows.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { decodeLayout } from "../../../src/layout/decode-layout.ts";
import { changedNames, deviceNamesIn, renameDevicesIn } from "../../../src/layout/device-names.ts";
import type { Disk, Layout, LayoutNode, Loader } from "../../../src/layout/types.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import { initramfsActions } from "../../../src/plan/hardware.ts";
import { changesInitramfs, nameActions, nameWarnings } from "../../../src/plan/name-actions.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { readBootFiles } from "../../../src/probe/read-boot-files.ts";
import { deviceNamesNodes } from "../../../src/probe/read-device-links.ts";
import { fakeHost } from "../../support/fake-host.ts";

const disk: Disk = {
  kind: "disk",
  id: "disk:sda",
  path: "/dev/sda",
  sizeBytes: 1 << 30,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  model: "SAMSUNG",
  serial: "S1",
  transport: "ata",
  rotational: false,
  removable: false,
};
const partition = (number: number): LayoutNode => ({
  kind: "partition",
  id: `part:sda${number}`,
  table: "table:sda",
  path: `/dev/sda${number}`,
  number,
  startBytes: number << 20,
  sizeBytes: 1 << 20,
  type: "83",
  uuid: `6D6F6E10-0${number}`,
  role: "primary",
});
const bare: Layout = {
  version: 1,
  nodes: [
    disk,
    { kind: "table", id: "table:sda", on: disk.id, scheme: "dos", uuid: "0x6d6f6e10" },
    partition(1),
    partition(2),
    { kind: "filesystem", id: "fs:sda1", on: "part:sda1", type: "ext4", uuid: "aa-bb", sizeBytes: 1, details: {} },
    { kind: "hardware", id: "hardware", kernel: "6.1", storageDrivers: ["ahci"], rebuild: ["update-initramfs", "-u"] },
  ],
};
const links = (name: string) => [
  `/dev/disk/by-id/ata-SAMSUNG_S1${name}`,
  `/dev/disk/by-path/pci-0000:00:1f.2-ata-1${name}`,
];

function layoutWith(texts: Readonly<Record<string, string>>): Layout {
  const devices = ["", "1", "2"].map((suffix) => {
    return { path: `/dev/sda${suffix}`, links: links(suffix === "" ? "" : `-part${suffix}`) };
  });
  const { "/etc/fstab": fstab = "", ...others } = texts;
  const nodes = deviceNamesNodes({ devices, fstab, texts: others } as unknown as Facts, bare);
  return { version: 1, nodes: [...bare.nodes, ...nodes] };
}

function namesOn(layout: Layout, change: Partial<Disk>): Record<string, string> {
  const target = { ...disk, ...change };
  const devices = { "disk:sda": target.path, "part:sda1": `${target.path}1`, "part:sda2": `${target.path}2` };
  return changedNames(layout, devices, { "disk:sda": { disk: target } as Candidate });
}

const fstab = `# / was on /dev/sda1 during installation
/dev/disk/by-id/ata-SAMSUNG_S1-part1 / ext4 defaults 0 1
/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part2 /srv xfs defaults 0 2
/dev/sda2 /old xfs noauto 0 0
/dev/sdz1 /stick vfat noauto 0 0
`;

test("deviceNamesNodes() records names of the set's devices outside of comments, and nothing else", () => {
  const [node] = nodesOf(
    layoutWith({ "/etc/fstab": fstab, "/etc/mdadm/mdadm.conf": "DEVICE partitions\n" }),
    "device-names",
  );
  assert.equal(
    node?.uses.map(({ name, node: on }) => [name.split("/").at(-1), on]),
    [
      ["ata-SAMSUNG_S1-part1", "part:sda1"],
      ["pci-0000:00:1f.2-ata-1-part2", "part:sda2"],
      ["sda2", "part:sda2"],
    ],
  );
  assert.equal(
    nodesOf(layoutWith({ "/etc/fstab": "# /dev/sda1\nUUID=aa-bb / ext4 defaults 0 1\n" }), "device-names"),
    [],
  );
});

test("changedNames() leaves names alone that lead to their device here", () => {
  const layout = layoutWith({ "/etc/fstab": fstab });
  assert.equal(namesOn(layout, {}), {});
  assert.equal(
    namesOn(layout, { path: "/dev/sdc" }),
    { "/dev/sda2": "PARTUUID=6d6f6e10-02" },
    "the same disk, elsewhere",
  );
});

test("changedNames() on another disk names the content where udev is at work, and the partition for the kernel", () => {
  assert.equal(namesOn(layoutWith({ "/etc/fstab": fstab }), { path: "/dev/vda", serial: "S2" }), {
    "/dev/disk/by-id/ata-SAMSUNG_S1-part1": "UUID=aa-bb",
    "/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part2": "PARTUUID=6d6f6e10-02",
    "/dev/sda2": "PARTUUID=6d6f6e10-02",
  });
});

test("changedNames() of a set without recorded names follows fstab and crypttab", () => {
  const entries = [{ spec: "/dev/sda1", path: "/", type: "ext4", options: "defaults" }];
  const nodes: LayoutNode[] = [...bare.nodes, { kind: "fstab", id: "fstab", entries }];
  assert.equal(namesOn({ version: 1, nodes }, { path: "/dev/vda" }), { "/dev/sda1": "PARTUUID=6d6f6e10-01" });
});

test("nameActions() rewrites each file with what it can read, and sets GRUB's map of disks aside", () => {
  const layout = layoutWith({
    "/etc/fstab": "/dev/sda1 / ext4 defaults 0 1\n",
    "/etc/crypttab": "data /dev/sda2 none luks\n",
    "/etc/mdadm/mdadm.conf": "DEVICE /dev/sda2\n",
    "/boot/grub/device.map": "(hd0)\t/dev/disk/by-id/ata-SAMSUNG_S1\n",
  });
  const effects = nameActions(layout, namesOn(layout, { path: "/dev/vda", serial: "S2" }), "/r").flatMap(
    (a) => a.effects,
  );
  assert.equal(effects.map(showEffect), [
    "rename in /r/etc/fstab: /dev/sda1 → PARTUUID=6d6f6e10-01",
    "rename in /r/etc/crypttab: /dev/sda2 → PARTUUID=6d6f6e10-02",
    "rename in /r/etc/mdadm/mdadm.conf: /dev/sda2 → /dev/disk/by-partuuid/6d6f6e10-02",
    "rename /r/boot/grub/device.map to /r/boot/grub/device.map.before-restore",
  ]);
});

test("initramfsActions() starts programs that it knows, with arguments of its own", () => {
  const argvOf = (rebuild: readonly string[]) => {
    const nodes = bare.nodes.map((node) => (node.kind === "hardware" ? { ...node, rebuild } : node));
    const needs = { fresh: ["ahci"], drivers: ["ahci", "sd_mod"] };
    const actions = initramfsActions({ version: 1, nodes }, needs, "/mnt/restore");
    return actions.flatMap(({ effects }) => effects.flatMap((effect) => (effect.do === "run" ? [effect.argv] : [])));
  };
  // In a rescue system dracut may not see what it adds drivers for.
  const dracut = ["dracut", "-f", "--regenerate-all", "--add-drivers", "ahci sd_mod"];
  assert.equal(argvOf(["dracut", "--kver", "$(reboot)"]), [dracut]);
  assert.equal(argvOf(["update-initramfs"]), [["update-initramfs", "-u", "-k", "all"]]);
  for (const program of ["/tmp/evil", "sh", "constructor"]) assert.equal(argvOf([program, "-c", "reboot"]), []);
});

test("decodeLayout() refuses a program for the initramfs or the loader that is none of ours", () => {
  const withNode = (node: object) => ({ version: 1, nodes: [...bare.nodes.slice(0, -1), node] });
  const hardware = { kind: "hardware", id: "hardware", kernel: "6.1", storageDrivers: [] };
  for (const rebuild of [["sh", "-c", "x"], ["/sbin/dracut"], []]) {
    assert.throws(() => decodeLayout(withNode({ ...hardware, rebuild })), /rebuild/);
  }
  decodeLayout(withNode({ ...hardware, rebuild: ["dracut", "-f"] }));
  const details = {
    directory: "/boot/grub",
    install: "evil-install",
    references: { uuids: [], partitionUuids: [], devices: [] },
  };
  const loader = { kind: "loader", id: "loader:grub-bios", type: "grub-bios", on: [disk.id], details };
  assert.throws(() => checkDetails({ version: 1, nodes: [loader as Loader] }), /install must be one of/);
});

test("initramfsActions() rebuilds when names change in what an initramfs holds, not for GRUB's menu alone", () => {
  const rebuilds = (texts: Readonly<Record<string, string>>) => {
    const layout = layoutWith(texts);
    const names = namesOn(layout, { path: "/dev/vda" });
    return initramfsActions(layout, { fresh: [], drivers: [], names }, "/r").length > 0;
  };
  assert.is(rebuilds({ "/etc/crypttab": "data /dev/sda2 none luks\n" }), true);
  assert.is(rebuilds({ "/boot/grub/grub.cfg": "linux /vmlinuz root=/dev/sda1 ro\n" }), false);
  assert.is(rebuilds({ "/etc/default/grub": 'GRUB_CMDLINE_LINUX="root=/dev/sda1"\n' }), false);
  assert.is(rebuilds({}), false);
});

test("nameWarnings() tells of a name inside a unified kernel image, which is signed; nameActions() leaves it alone", () => {
  const layout = layoutWith({ "/efi/EFI/Linux/debian.efi#.cmdline": "root=/dev/sda1 ro" });
  const names = namesOn(layout, { path: "/dev/vda" });
  assert.equal(nameActions(layout, names, "/r"), []);
  assert.match(
    nameWarnings(layout, names)[0] ?? "",
    /\/efi\/EFI\/Linux\/debian\.efi has \/dev\/sda1 on its command line/,
  );
});

test("renameDevicesIn() skips comments and gives btrfs a path", () => {
  const names = { "/dev/sda1": "UUID=aa", "/dev/sda2": "PARTUUID=bb" };
  const text = "# /dev/sda1\n/dev/sda1 / btrfs device=/dev/sda2,device=/dev/sda1 0 0\nroot=/dev/sda1 /dev/sda10\n";
  const after =
    "# /dev/sda1\nUUID=aa / btrfs device=/dev/disk/by-partuuid/bb,device=/dev/disk/by-uuid/aa 0 0\nroot=UUID=aa /dev/sda10\n";
  assert.is(renameDevicesIn(text, names), after);
});

test("renameDevicesIn() knows a name before a colon, and options that take paths only", () => {
  const names = {
    "/dev/sda1": "UUID=aa",
    "/dev/sda3": "PARTUUID=bb-03",
    "/dev/disk/by-path/pci-0000:00:1f.2-ata-1": "UUID=cc",
  };
  const cases = [
    ["cryptdevice=/dev/sda3:root:allow-discards", "cryptdevice=PARTUUID=bb-03:root:allow-discards"],
    ["root=/dev/disk/by-path/pci-0000:00:1f.2-ata-1 ro", "root=UUID=cc ro"],
    ["root=/dev/disk/by-path/pci-0000:00:1f.2-ata-2 ro", "root=/dev/disk/by-path/pci-0000:00:1f.2-ata-2 ro"],
    ["/srv ext4 x-systemd.requires=/dev/sda1,noauto", "/srv ext4 x-systemd.requires=/dev/disk/by-uuid/aa,noauto"],
    ["/dev/sda1\t/ ext4 defaults", "UUID=aa\t/ ext4 defaults"],
    ['"/dev/sda1" / ext4 defaults', '"UUID=aa" / ext4 defaults'],
  ];
  for (const [from = "", to] of cases) assert.is(renameDevicesIn(from, names), to);
  assert.equal(deviceNamesIn("cryptdevice=/dev/sda3:root # or /dev/sda3"), ["/dev/sda3:root", "/dev/sda3"]);
});

const filter = 'devices {\n\t# filter = [ "a|/dev/sda2|" ]\n\tglobal_filter = [ "a|^/dev/sda2$|", "r|.*|" ]\n}\n';
const unit = "[Mount]\nWhat=/dev/disk/by-id/ata-SAMSUNG_S1-part1\nWhere=/srv\n";

test("readBootFiles() takes LVM's filters and systemd's mount units along", () => {
  const files = {
    "/etc/lvm/lvm.conf": filter,
    "/etc/systemd/system/srv.mount": unit,
    "/etc/systemd/system/a.service": "x",
  };
  const { texts } = readBootFiles(fakeHost({ files }), "");
  assert.equal(texts, { "/etc/lvm/lvm.conf": filter, "/etc/systemd/system/srv.mount": unit });
});

test("nameActions() name devices in LVM's filters and mount units by paths, and only the filters are in an initramfs", () => {
  const layout = layoutWith({ "/etc/lvm/lvm.conf": filter, "/etc/systemd/system/srv.mount": unit });
  const names = namesOn(layout, { path: "/dev/vda", serial: "S2" });
  assert.equal(
    nameActions(layout, names, "/r").flatMap(({ effects }) => effects.map(showEffect)),
    [
      "rename in /r/etc/lvm/lvm.conf: /dev/sda2 → /dev/disk/by-partuuid/6d6f6e10-02",
      "rename in /r/etc/systemd/system/srv.mount: /dev/disk/by-id/ata-SAMSUNG_S1-part1 → /dev/disk/by-uuid/aa-bb",
    ],
  );
  assert.match(
    renameDevicesIn(filter, { "/dev/sda2": "/dev/disk/by-partuuid/6d6f6e10-02" }),
    /# filter = \[ "a\|\/dev\/sda2\|" \]\n\tglobal_filter = \[ "a\|\^\/dev\/disk\/by-partuuid\/6d6f6e10-02\$\|"/,
  );
  const units = layoutWith({ "/etc/systemd/system/srv.mount": unit });
  assert.equal([changesInitramfs(layout, names), changesInitramfs(units, names)], [true, false]);
});

test.run();
