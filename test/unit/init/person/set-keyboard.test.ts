import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { setKeyboard } from "../../../../src/init/person/set-keyboard.ts";
import { fakeHost } from "../../../support/fake-host.ts";

test("setKeyboard() gives the screen's keyboard the layout of the image, and only logs when it can't", () => {
  const files = { "/etc/keyboard.map": "0 21 122\n1 21 90\n", "/dev/tty1": "" };
  const log: string[] = [];
  setKeyboard(
    fakeHost({ files }),
    (text) => log.push(text),
    (terminal, bindings) => {
      assert.is(terminal, "/dev/tty1");
      assert.equal(bindings, [
        { table: 0, key: 21, value: 122 },
        { table: 1, key: 21, value: 90 },
      ]);
      return 2;
    },
  );
  const fail = () => {
    throw new MondoError("system", "no such device");
  };
  setKeyboard(fakeHost({ files }), (text) => log.push(text), fail);
  assert.equal(log, [
    "keyboard: the kernel took 2 of 2 key bindings",
    "the keyboard stays with the layout of the kernel: no such device",
  ]);
  setKeyboard(fakeHost({ files: { "/dev/tty1": "" } }), () => assert.unreachable(), fail);
});

test.run();
