import { test } from "uvu";
import * as assert from "uvu/assert";
import { coldplug } from "../../../src/modules/coldplug.ts";
import { indexAliases } from "../../../src/modules/module-aliases.ts";
import type { LoadOutcome } from "../../../src/modules/module-loader.ts";
import { fakeHost } from "../../support/fake-host.ts";

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
