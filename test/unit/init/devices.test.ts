import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeUevent } from "../../../src/host/uevents.ts";
import { describeDevice, listBlockDevices, wholeDiskOf } from "../../../src/init/medium/block-devices.ts";
import { coldplug } from "../../../src/modules/coldplug.ts";
import { indexAliases } from "../../../src/modules/module-aliases.ts";
import type { LoadOutcome } from "../../../src/modules/module-loader.ts";
import { fakeHost } from "../../support/fake-host.ts";

const encode = (text: string) => new TextEncoder().encode(text);

test("decodeUevent() reads the kernel's messages", () => {
  const event = decodeUevent(
    encode("add@/devices/pci0/usb1\0ACTION=add\0DEVPATH=/devices/pci0/usb1\0MODALIAS=usb:v1=2\0SUBSYSTEM=usb\0"),
  );
  assert.is(event?.action, "add");
  assert.is(event?.devicePath, "/devices/pci0/usb1");
  assert.is(event?.values.MODALIAS, "usb:v1=2");
});

test("decodeUevent() passes over udev's messages and noise", () => {
  assert.is(decodeUevent(encode("libudev\0\xfe\xed")), undefined);
  assert.is(decodeUevent(encode("")), undefined);
  assert.is(decodeUevent(encode("@/devices/x\0")), undefined);
});

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

const buses = {
  "/sys/bus/pci/devices/0000:00:01.0/modalias": "pci:v1\n",
  "/sys/bus/pci/devices/0000:00:01.0/class": "0x010601\n",
  "/sys/bus/pci/devices/0000:00:02.0/modalias": "pci:v1\n",
  "/sys/bus/pci/devices/0000:00:02.0/class": "0x010601\n",
  "/sys/bus/pci/devices/0000:00:02.0/driver/bind": "",
  "/sys/bus/pci/devices/0000:00:03.0/modalias": "pci:v2\n",
  "/sys/bus/pci/devices/0000:00:03.0/class": "0x030000\n",
  "/sys/bus/usb/devices/1-1:1.0/modalias": "usb:v3ic08\n",
  "/sys/bus/scsi/devices/target0/uevent": "",
};

function plugged() {
  const asked: string[] = [];
  const told: LoadOutcome[] = [];
  const loader = {
    load: async (name: string): Promise<LoadOutcome> => {
      asked.push(name);
      return { module: name, result: "loaded" };
    },
  };
  const aliases = indexAliases(
    "alias pci:v1 ahci\nalias usb:v*ic08 usb_storage\nalias usb:v*ic08 uas\nalias hid:b* hid_generic\n",
  );
  return { asked, told, plug: coldplug(fakeHost({ files: buses }), aliases, loader, (outcome) => told.push(outcome)) };
}

test("scan() asks once for each modalias, and for all modules behind it", async () => {
  const { asked, plug, told } = plugged();
  assert.is(await plug.scan(), 3);
  assert.equal(asked, ["ahci", "usb_storage", "uas"]);
  assert.is(told.length, 3);
  assert.is(await plug.scan(), 0);
});

test("handle() takes added devices, and only what is new", async () => {
  const { asked, plug } = plugged();
  const event = (action: string, MODALIAS: string) => ({ action, devicePath: "/x", values: { MODALIAS } });
  assert.is(await plug.handle([event("add", "hid:b3"), event("add", "hid:b3"), event("remove", "pci:v1")]), 1);
  assert.equal(asked, ["hid_generic"]);
});

test("driverless() names storage and USB without a driver, not graphics and not what is driven", () => {
  assert.equal(plugged().plug.driverless(), [
    { device: "pci 0000:00:01.0", modalias: "pci:v1", modules: ["ahci"] },
    { device: "usb 1-1:1.0", modalias: "usb:v3ic08", modules: ["usb_storage", "uas"] },
  ]);
});

test.run();
