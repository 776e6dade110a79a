import { test } from "uvu";
import * as assert from "uvu/assert";
import { shellTerminals } from "../../../../src/init/person/further-shells.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import { fakeHost } from "../../../support/fake-host.ts";

test("shellTerminals() adds screens and real serial ports in expert mode", () => {
  const host = fakeHost({
    files: {
      "/dev/tty2": "",
      "/dev/tty3": "",
      "/dev/tty4": "",
      "/dev/ttyS0": "",
      "/dev/ttyS1": "",
      "/dev/ttyS2": "",
      "/sys/class/tty/ttyS0/type": "4\n",
      "/sys/class/tty/ttyS1/type": "4\n",
      "/sys/class/tty/ttyS2/type": "0\n",
    },
  });
  const consoles = ["/dev/ttyS0", "/dev/tty1"];
  assert.equal(shellTerminals(host, parseBootOptions(""), consoles), ["/dev/tty2", "/dev/tty3"]);
  assert.equal(shellTerminals(host, parseBootOptions("expert"), consoles), [
    "/dev/tty2",
    "/dev/tty3",
    "/dev/tty4",
    "/dev/ttyS1",
  ]);
});

test.run();
