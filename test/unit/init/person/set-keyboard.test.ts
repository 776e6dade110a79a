import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import type { KeyBinding } from "../../../../src/formats/boot/key-tables.ts";
import { ScreenKeyboard } from "../../../../src/init/person/set-keyboard.ts";
import type { Ask } from "../../../../src/ui/ask.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const SCREEN = { "/dev/tty1": "" };
const SAVED = { ...SCREEN, "/etc/keyboard.map": "# de-nodeadkeys\n0 21 122\n1 21 90\n" };

/** A keyboard of a machine with these files; what the kernel was told is remembered. */
function keyboardWith(files: Record<string, string>, ...answers: string[]) {
  const log: string[] = [];
  const told: (readonly KeyBinding[])[] = [];
  let lastUsed = "/dev/ttyS0";
  const ask = { menu: async () => answers.shift() ?? "back" } as unknown as Ask;
  const parts = {
    host: fakeHost({ files }),
    log: (text: string) => log.push(text),
    lastUsed: () => lastUsed,
    ask: () => ask,
  };
  const keyboard = new ScreenKeyboard(parts, (terminal, bindings) => {
    assert.is(terminal, "/dev/tty1");
    told.push(bindings as readonly KeyBinding[]);
    return bindings.length;
  });
  const sitAt = (path: string) => {
    lastUsed = path;
  };
  return { keyboard, log, told, sitAt };
}

/** What a key does by the last of some bindings. */
const meaning = (bindings: readonly KeyBinding[] = [], table: number, key: number) =>
  String.fromCharCode((bindings.find((one) => one.table === table && one.key === key)?.value ?? 0) & 0xff);

test("the keyboard has the layout of the saved machine, unless a boot word names another", () => {
  const saved = keyboardWith(SAVED);
  saved.keyboard.start(undefined);
  assert.equal(saved.told, [
    [
      { table: 0, key: 21, value: 122 },
      { table: 1, key: 21, value: 90 },
    ],
  ]);
  assert.is(saved.keyboard.called, "German (no dead keys)");
  assert.equal(saved.log, ["keyboard: German (no dead keys); the kernel took 2 of 2 key bindings"]);
  const wished = keyboardWith(SAVED);
  wished.keyboard.start("fr");
  assert.is(wished.keyboard.called, "French");
  assert.is(meaning(wished.told[0], 0, 16), "a");
});

test("without a screen, or a layout of its own, the keyboard stays as the kernel has it", () => {
  for (const files of [{}, SCREEN, { "/etc/keyboard.map": "0 21 122\n" }]) {
    const { keyboard, told } = keyboardWith(files);
    keyboard.start(undefined);
    assert.equal([told.length, keyboard.called], [0, "English (US)"]);
  }
});

test("a kernel that refuses is only logged", () => {
  const log: string[] = [];
  const parts = {
    host: fakeHost({ files: SAVED }),
    log: (text: string) => log.push(text),
    lastUsed: () => "/dev/tty1",
  };
  const keyboard = new ScreenKeyboard({ ...parts, ask: () => ({}) as Ask }, () => {
    throw new MondoError("system", "no such device");
  });
  keyboard.start(undefined);
  assert.equal(log, ["the keyboard stays with the layout of before: no such device"]);
  assert.is(keyboard.called, "English (US)");
});

test("a person chooses a layout, and back changes nothing; another one takes all of it back", async () => {
  const { keyboard, told } = keyboardWith(SCREEN, "de", "back", "us");
  await keyboard.choose();
  assert.equal([keyboard.called, meaning(told[0], 0, 21)], ["German", "z"]);
  await keyboard.choose();
  assert.is(told.length, 1);
  await keyboard.choose();
  assert.equal([keyboard.called, meaning(told[1], 0, 21)], ["English (US)", "y"]);
});

test("whoever sits at a serial line types on a keyboard of their own", () => {
  const { keyboard, sitAt } = keyboardWith(SCREEN);
  assert.is(keyboard.isUsed, false);
  sitAt("/dev/tty1");
  assert.is(keyboard.isUsed, true);
});

test.run();
