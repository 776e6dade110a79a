import { test } from "uvu";
import * as assert from "uvu/assert";
import { serialConsoles } from "../../../../src/formats/boot/serial-consoles.ts";

const words = (line: string) => serialConsoles(line).map(({ word, unit, speed }) => [word, unit, speed]);

test("ports with their speed; without one it is the kernel's", () => {
  assert.equal(words("console=tty0 console=ttyS0 console=ttyS1,19200n8r console=ttyAMA0,115200"), [
    ["console=ttyS0", 0, 9600],
    ["console=ttyS1,19200n8r", 1, 19_200],
    ["console=ttyAMA0,115200", undefined, 115_200],
  ]);
});

test("a port counts once, as it is named last", () => {
  assert.equal(words("console=ttyS0,9600 console=ttyS1 console=ttyS0,38400"), [
    ["console=ttyS1", 1, 9600],
    ["console=ttyS0,38400", 0, 38_400],
  ]);
});

test("what is no port, or could mean something to a boot loader, is left out", () => {
  const line =
    "console=tty1 console=null console=ttyS0,96;x console=ttyS console=ttyS999 console=uart,io,0x3f8 xconsole=ttyS0";
  assert.equal(words(`${line} console=ttyS0,$(x)\n`), []);
});

test.run();
