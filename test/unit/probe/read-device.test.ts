import { test } from "uvu";
import * as assert from "uvu/assert";
import { blockDeviceNames, readDevice } from "../../../src/probe/read-device.ts";
import { fakeHost } from "../../support/fake-host.ts";

const PCI = "/sys/devices/pci0000:00";
const SUBSYSTEM = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";

/**
 * A namespace of an NVMe disk with two ports, as Linux joins its paths: nvme0n1 is the disk, nvme0c0n1 and nvme0c1n1
 * lead to it.
 */
function joined() {
  const path = (controller: number) => `${PCI}/0000:00:0${controller}.0/nvme/nvme${controller}`;
  const hidden = [0, 1].map((at) => `${path(at)}/nvme0c${at}n1`);
  const files = {
    [`${SUBSYSTEM}/serial`]: "S6XYNE0R\n",
    [`${SUBSYSTEM}/model`]: "PM1733\n",
    [`${SUBSYSTEM}/nvme0n1/size`]: "2097152\n",
    [`${SUBSYSTEM}/nvme0n1/hidden`]: "0\n",
    [`${SUBSYSTEM}/nvme0n1/wwid`]: "eui.36535830542000010025384500000002\n",
    ...Object.fromEntries(hidden.map((at) => [`${at}/size`, "2097152\n"])),
    ...Object.fromEntries(hidden.map((at) => [`${at}/hidden`, "1\n"])),
    "/sys/module/nvme/version": "1.0\n",
    "/dev/nvme0n1": "",
  };
  const links = {
    "/sys/class/block/nvme0n1": `${SUBSYSTEM}/nvme0n1`,
    "/sys/class/block/nvme0c0n1": hidden[0] ?? "",
    "/sys/class/block/nvme0c1n1": hidden[1] ?? "",
    [`${SUBSYSTEM}/nvme0n1/device`]: SUBSYSTEM,
    [`${SUBSYSTEM}/nvme0`]: path(0),
    [`${SUBSYSTEM}/nvme1`]: path(1),
    "/sys/bus/pci/drivers/nvme/module": "/sys/module/nvme",
    [`${PCI}/0000:00:00.0/driver`]: "/sys/bus/pci/drivers/nvme",
    [`${PCI}/0000:00:01.0/driver`]: "/sys/bus/pci/drivers/nvme",
  };
  return fakeHost({ files, links });
}

test("blockDeviceNames() of an NVMe disk whose paths the kernel joins are those of the disk alone", () => {
  assert.equal(blockDeviceNames(joined()), ["nvme0n1"]);
});

test("readDevice() of such a disk finds the driver of its controllers", () => {
  const { drivers, transport, serial, model, sizeBytes } = readDevice(joined(), "nvme0n1");
  assert.equal([drivers, transport, serial, model, sizeBytes], [["nvme"], "nvme", "S6XYNE0R", "PM1733", 1 << 30]);
});

test.run();
