import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeDevice, listBlockDevices, wholeDiskOf } from "../../../../src/init/medium/block-devices.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const blocks = {
  files: {
    "/sys/devices/pci/sda/size": "2048\n",
    "/sys/devices/pci/sda/device/vendor": "ATA     \n",
    "/sys/devices/pci/sda/device/model": "QEMU HARDDISK\n",
    "/sys/devices/pci/sda/sda1/partition": "1\n",
    "/sys/devices/pci/sda/sda1/size": "1024\n",
    "/sys/devices/pci/sr0/size": "4\n",
    "/sys/devices/virtual/loop0/size": "0\n",
    "/sys/devices/pci/vda/size": "8\n",
    "/sys/devices/pci/vda/device/vendor": "0x1af4\n",
  },
  links: {
    "/sys/class/block/sda": "/sys/devices/pci/sda",
    "/sys/class/block/sda1": "/sys/devices/pci/sda/sda1",
    "/sys/class/block/sr0": "/sys/devices/pci/sr0",
    "/sys/class/block/loop0": "/sys/devices/virtual/loop0",
    "/sys/class/block/vda": "/sys/devices/pci/vda",
  },
};

test("listBlockDevices() gives disks before partitions, without loop devices", () => {
  const devices = listBlockDevices(fakeHost(blocks));
  assert.equal(
    devices.map(({ name, disk, sizeBytes }) => [name, disk, sizeBytes]),
    [
      ["sda", "sda", 1048576],
      ["sr0", "sr0", 2048],
      ["vda", "vda", 4096],
      ["sda1", "sda", 524288],
    ],
  );
  assert.equal(devices.map(describeDevice), ["sda (ATA QEMU HARDDISK)", "sr0", "vda", "sda1 (ATA QEMU HARDDISK)"]);
});

test("wholeDiskOf() finds the disk of a partition by sysfs, not by name", () => {
  assert.is(wholeDiskOf(fakeHost(blocks), "sda1"), "sda");
  assert.is(wholeDiskOf(fakeHost(blocks), "sda"), "sda");
});

test.run();
