import { test } from "uvu";
import * as assert from "uvu/assert";
import { placeOf } from "../../../../src/init/devices/device-place.ts";
import { encodeName, idTags, pathTag } from "../../../../src/init/devices/link-names.ts";
import type { DeviceFacts } from "../../../../src/probe/facts.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const PCI = "/sys/devices/pci0000:00/0000:00:04.0";

const paths: readonly (readonly [path: string, tag: string | undefined, more?: object])[] = [
  [`${PCI}/virtio1/block/vda`, "pci-0000:00:04.0"],
  [`${PCI}/nvme/nvme0/nvme0n2`, "pci-0000:00:04.0-nvme-2"],
  [`${PCI}/ata3/host2/target2:0:0/2:0:0:0/block/sda`, "pci-0000:00:04.0-ata-3", { ataPort: "3" }],
  [`${PCI}/ata3/host2/target2:0:0/2:0:0:0/block/sda`, undefined],
  [`${PCI}/virtio2/host6/target6:0:1/6:0:1:7/block/sdb`, "pci-0000:00:04.0-scsi-0:0:1:7", { firstHost: 6 }],
  [`${PCI}/usb2/2-1/2-1:1.0/host9/target9:0:0/9:0:0:0/block/sdc`, "pci-0000:00:04.0-usb-0:1:1.0-scsi-0:0:0:0"],
  [
    `${PCI}/usb2/2-1/2-1.4/2-1.4:1.0/host9/target9:0:0/9:0:0:0/block/sdc`,
    "pci-0000:00:04.0-usb-0:1.4:1.0-scsi-0:0:0:0",
  ],
  [`${PCI}/host1/port-1:0/end_device-1:0/target1:0:0/1:0:0:0/block/sdd`, undefined],
  ["/sys/devices/virtual/block/md0", undefined],
];
for (const [path, tag, more = {}] of paths) {
  test(`pathTag(${path}) is ${tag}`, () => assert.is(pathTag({ path, ...more }), tag));
}

test("encodeName() writes what no link's name may hold as udev does", () => {
  assert.is(encodeName("EFI System/1"), "EFI\\x20System\\x2f1");
  assert.is(encodeName("caf\udce9 é"), "caf\\xe9\\x20é");
  assert.is(encodeName("plain-1.2:3"), "plain-1.2:3");
});

const disk = (name: string, more: Partial<DeviceFacts>) => ({ name, ...more }) as DeviceFacts;

test("idTags() knows disks by serial number, WWN and name of the device mapper", () => {
  assert.equal(idTags(disk("vda", { transport: "virtio", serial: "D 1" }), { path: "" }), ["virtio-D_1"]);
  assert.equal(idTags(disk("sda", { transport: "ata", wwn: "naa.5000c500a1b2c3d4" }), { path: "" }), [
    "wwn-0x5000c500a1b2c3d4",
  ]);
  assert.equal(idTags(disk("nvme0n1", { model: "QEMU NVMe  Ctrl ", serial: "N1", wwn: "eui.0025" }), { path: "" }), [
    ...["nvme-QEMU_NVMe_Ctrl_N1", "nvme-eui.0025"],
  ]);
  assert.equal(idTags(disk("dm-0", { dmName: "vg-a b", dmUuid: "LVM-xyz" }), { path: "" }), [
    ...["dm-name-vg-a\\x20b", "dm-uuid-LVM-xyz"],
  ]);
  const usb = { vendor: "QEMU", model: "QEMU HARDDISK", serial: "S1" };
  assert.equal(idTags(disk("sdb", { transport: "usb" }), { path: "", usb }), ["usb-QEMU_QEMU_HARDDISK_S1-0:0"]);
});

test("placeOf() reads the port, the first host of the controller, and what a stick calls itself", () => {
  const sda = `${PCI}/ata3/host2/target2:0:0/2:0:0:0/block/sda`;
  const sdb = `${PCI}/usb2/2-1/2-1:1.0/host9/target9:0:0/9:0:0:0/block/sdb`;
  const host = fakeHost({
    files: {
      [`${sda}/size`]: "8\n",
      [`${sdb}/size`]: "8\n",
      [`${sdb}/device/vendor`]: "QEMU    \n",
      [`${sdb}/device/model`]: "QEMU HARDDISK   \n",
      [`${PCI}/usb2/2-1/serial`]: "S1\n",
      "/sys/class/ata_port/ata3/port_no": "3\n",
    },
    links: { "/sys/class/block/sda": sda, "/sys/class/block/sdb": sdb },
  });
  assert.equal(placeOf(host, "sda"), { path: sda, ataPort: "3", firstHost: 2 });
  assert.equal(placeOf(host, "sdb").usb, { vendor: "QEMU", model: "QEMU HARDDISK", serial: "S1" });
});

test.run();
