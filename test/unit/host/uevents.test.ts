import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeUevent } from "../../../src/host/uevents.ts";

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

test.run();
