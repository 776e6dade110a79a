import { test } from "uvu";
import * as assert from "uvu/assert";
import { consoleDevices } from "../../../src/ui/consoles.ts";

test("consoleDevices() puts the preferred console first and always has the screen", () => {
  const both = "ttyS0                -W- (EC   a)    4:64\ntty0                 -WU (E  p  )    4:1\n";
  assert.equal(consoleDevices(both), ["/dev/ttyS0", "/dev/tty1"]);
  assert.equal(consoleDevices("tty0 -WU (EC p  ) 4:2\nttyS1 -W- (E  a) 4:65\n"), ["/dev/tty1", "/dev/ttyS1"]);
  assert.equal(consoleDevices("hvc0 -W- (EC p) 229:0\n"), ["/dev/hvc0", "/dev/tty1"]);
  assert.equal(consoleDevices(""), ["/dev/tty1"]);
});

test.run();
