import { test } from "uvu";
import * as assert from "uvu/assert";
import type { EffectOf } from "../../../src/effects/effect.ts";
import { decodeEfiLoadOption } from "../../../src/formats/boot/efi-load-option.ts";
import { makeEfiEntry, orderEfiEntries } from "../../../src/run/efi-entry.ts";
import { FakeEfivars, fileOption, plainOption } from "../../support/fake-efivars.ts";

const partitionUuid = "6D6F2001-646E-4000-8000-000000000011";
const file = "\\EFI\\arch\\vmlinuz-linux.efi";
const bytes = Uint8Array.from([0x72, 0, 0x77, 0, 0xd8]);
const data = Buffer.from(bytes).toString("base64");

const effect: EffectOf<"efiEntry"> = {
  do: "efiEntry",
  disk: "/dev/vda",
  partition: 1,
  startBytes: 2 ** 20,
  sizeBytes: 2 ** 21,
  partitionUuid,
  label: "Arch",
  file,
  data,
  attributes: 0,
  number: "0005",
};

test("makeEfiEntry() writes data and attributes as they were, under the number that it had, and no order", () => {
  const firmware = new FakeEfivars({ "0000": plainOption("Setup") }, [0]);
  makeEfiEntry(firmware.host, effect);
  assert.equal(decodeEfiLoadOption(firmware.files.get("Boot0005") ?? new Uint8Array(0)), {
    label: "Arch",
    active: false,
    attributes: 0,
    partitionUuid,
    file,
    data: bytes,
  });
  assert.equal(firmware.order, [0]);
});

test("makeEfiEntry() takes another number for one that is in use, and doesn't make an identical one again", () => {
  const firmware = new FakeEfivars({ "0000": plainOption("Setup"), "0005": plainOption("Network") }, []);
  makeEfiEntry(firmware.host, effect);
  makeEfiEntry(firmware.host, { ...effect, file: file.toLowerCase() });
  assert.equal([...firmware.files.keys()], ["BootOrder", "Boot0000", "Boot0005", "Boot0001"]);
});

test("makeEfiEntry() tells entries of one file with other data apart; without a word on data any will do", () => {
  const firmware = new FakeEfivars({ "0001": fileOption({ partitionUuid, file, label: "Arch" }) }, [1]);
  const { data: _, ...lax } = effect;
  makeEfiEntry(firmware.host, { ...lax, label: "Other" });
  assert.is(firmware.files.size, 2);
  makeEfiEntry(firmware.host, effect);
  assert.is(firmware.files.size, 3);
});

test("makeEfiEntry() makes an entry inactive again that is active here", () => {
  const firmware = new FakeEfivars({ "0007": fileOption({ partitionUuid, file, label: "Arch", data: bytes }) }, [7]);
  makeEfiEntry(firmware.host, effect);
  assert.equal([...firmware.files.keys()], ["BootOrder", "Boot0007"]);
  assert.is(decodeEfiLoadOption(firmware.files.get("Boot0007") ?? new Uint8Array(0))?.active, false);
});

test("makeEfiEntry() says that the firmware's variables can't be read", () => {
  const firmware = new FakeEfivars({}, []);
  firmware.files.clear();
  assert.throws(() => makeEfiEntry(firmware.host, effect), /efivarfs isn't mounted/);
});

test("orderEfiEntries() puts the source's entries in its order before others, and leaves a right order alone", () => {
  const entries = { "0000": plainOption("Setup"), "0001": plainOption("Network"), "0002": plainOption("Disk") };
  const order = [{ label: "Disk" }, { label: "Gone" }, { label: "Setup" }];
  const firmware = new FakeEfivars(entries, [0, 1, 2]);
  orderEfiEntries(firmware.host, order);
  assert.equal(firmware.order, [2, 0, 1]);
  const right = new FakeEfivars(entries, [2, 0, 1]);
  const before = right.files.get("BootOrder");
  orderEfiEntries(right.host, order);
  assert.is(right.files.get("BootOrder"), before);
});

test("orderEfiEntries() lets new entries join, but none of the firmware's own that it doesn't try", () => {
  const mine = fileOption({ partitionUuid, file, label: "Arch", data: bytes });
  const firmware = new FakeEfivars({ "0000": plainOption("Setup"), "0001": plainOption("Network"), "0002": mine }, [1]);
  orderEfiEntries(firmware.host, [{ label: "Setup" }, { label: "Arch", partitionUuid, file, data }, { label: "x" }]);
  assert.equal(firmware.order, [2, 1]);
});

test.run();
