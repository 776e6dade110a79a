import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { msg, tellIn } from "../../../src/base/message.ts";
import { Errno, systemError } from "../../../src/host/syscalls.ts";
import { decodeContent } from "../../../src/probe/decode-device.ts";
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

test("what can't be read, or is damaged, is told in English to a set that is made in French", () => {
  const name = "sdz";
  const texts = new Proxy<Record<string, string>>({}, { get: (_, key) => `⟦${String(key)}⟧` });
  const host = fakeHost({ files: { "/sys/class/block/sdz/size": "2048\n", "/dev/sdz": "" } });
  tellIn({ language: "fr", texts });
  try {
    const failing = (failure: Error) => ({
      ...host,
      readAt() {
        throw failure;
      },
    });
    const node = Object.assign(new Error("EPERM"), { code: "EPERM", errno: -1 });
    for (const [failure, why] of [
      [systemError("read", "/dev/sdz", Errno.EIO), "input/output error"],
      [new MondoError("system", msg`busy`, { data: { errno: "EPERM" }, cause: node }), "not permitted"],
      [new MondoError("format", msg`busy`), "what is on it is damaged"],
    ] as const)
      assert.is(readDevice(failing(failure), name).unreadable, why);
    const sector = new Uint8Array(512);
    sector.set([0x55, 0xaa], 510);
    sector[450] = 0xee;
    const read = (offset: number, length: number) =>
      offset === 0 ? sector.subarray(0, length) : new Uint8Array(length);
    const shape = { sizeBytes: 1 << 20, sectorBytes: 512, whole: true, partitioned: false, held: false };
    const damaged = { kind: "damaged", what: "a GUID partition table that is damaged, and so is its backup" };
    assert.equal(decodeContent(read, shape), damaged);
  } finally {
    tellIn(undefined);
  }
});

test.run();
