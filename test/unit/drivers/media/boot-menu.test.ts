import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  grubConfig,
  grubEarlyConfig,
  isolinuxConfig,
  kernelWords,
  menuEntries,
} from "../../../../src/drivers/media/boot-menu.ts";
import { serialConsoles } from "../../../../src/formats/boot/serial-consoles.ts";

const set = "0b1c2d3e-1111-4222-8333-444455556666";
const menu = { title: "mondo 4: o'host $x", set, restoreByDefault: false };

test("menuEntries() asks by default and never destroys unasked", () => {
  assert.equal(
    menuEntries(menu).map((entry) => entry.label),
    ["interactive", "nuke", "compare", "expert"],
  );
});

test("menuEntries() of -H starts with RESTORE, which restores a machine only once, and still offers nuke", () => {
  assert.equal(
    menuEntries({ ...menu, restoreByDefault: true }).map((entry) => entry.label),
    ["RESTORE", "interactive", "nuke", "compare", "expert"],
  );
  const again = menuEntries({ ...menu, restoreByDefault: true }).map(({ words }) =>
    words.includes(`mondo.once=${set}`),
  );
  assert.equal(again, [true, false, false, false, false]);
});

test("kernelWords() holds mode, set and both consoles", () => {
  const [interactive] = menuEntries(menu);
  const words = interactive ? kernelWords({ ...menu, extraWords: ["textonly"] }, interactive).split(" ") : [];
  for (const word of ["interactive", `mondo.set=${set}`, "console=tty0", "console=ttyS0,115200", "textonly"]) {
    assert.ok(words.includes(word), word);
  }
  assert.not.ok(words.includes("nuke"));
});

test("kernelWords() refuses a word that would mean something to a boot loader", () => {
  const entry = { label: "x", text: "x", words: [] };
  for (const word of ["a b", "a'b", "a;b", "$x"]) {
    assert.throws(() => kernelWords({ ...menu, extraWords: [word] }, entry), /kernel command line/);
  }
});

test("isolinuxConfig() offers every entry on the serial port too, and its title can't break out", () => {
  const text = isolinuxConfig(menu);
  assert.match(text, /^SERIAL 0 115200$/m);
  assert.match(text, /^TIMEOUT 50$/m);
  assert.equal(
    [...text.matchAll(/^LABEL (\w+)$/gm)].map((m) => m[1]),
    ["interactive", "nuke", "compare", "expert", "disk"],
  );
  assert.match(text, /^MENU TITLE mondo 4: o_host _x$/m);
});

test("grubConfig() has balanced quotes and braces and a default that exists", () => {
  const text = grubConfig(menu);
  assert.is((text.match(/'/g) ?? []).length % 2, 0);
  assert.is((text.match(/\{/g) ?? []).length, (text.match(/\}/g) ?? []).length);
  assert.match(text, /set default=interactive/);
  assert.match(text, /^set timeout_style=menu\nset timeout=5$/m);
  assert.match(text, /--id interactive /);
  assert.match(grubConfig({ ...menu, restoreByDefault: true }), /set default=RESTORE/);
});

test("the saved machine's serial ports keep their speed, on the kernel's line and in the loaders' menus", () => {
  const serial = serialConsoles("root=/dev/sda1 console=tty0 console=ttyS1,9600n8 quiet");
  const own = { ...menu, serial };
  const [interactive] = menuEntries(own);
  const words = interactive ? kernelWords(own, interactive).split(" ") : [];
  assert.equal(
    words.filter((word) => word.startsWith("console=")),
    ["console=tty0", "console=ttyS1,9600n8"],
  );
  assert.match(isolinuxConfig(own), /^SERIAL 1 9600\n/);
  assert.match(grubConfig(own), /serial --unit=1 --speed=9600$/m);
  assert.match(grubConfig(menu), /serial --unit=0 --speed=115200$/m);
});

test("what starts no rescue is never a default, and GRUB's menu says whose it is", () => {
  const text = grubConfig({ ...menu, title: "web1, full, 2026-11-30 08:15 UTC" });
  assert.match(text, /^menuentry 'web1, full, 2026-11-30 08:15 UTC' --id about \{ set about=1 \}$/m);
  assert.match(text, /menuentry 'Start from the first disk' --id disk/);
  assert.match(text, /menuentry 'Firmware setup' --id firmware --hotkey f \{ fwsetup \}/);
  assert.equal(
    [...text.matchAll(/^set default=(.*)$/gm)].map((match) => match[1]),
    ["interactive"],
  );
  // A letter that two entries have would start the wrong one.
  const keys = [...text.matchAll(/--hotkey (\w)/g)].map((match) => match[1]);
  assert.is(new Set(keys).size, keys.length);
  assert.match(isolinuxConfig(menu), /LABEL disk\n {2}MENU LABEL \^Start from the first disk\n {2}LOCALBOOT 0x80/);
});

test("grubEarlyConfig() finds the medium by the set, not by a device", () => {
  assert.match(grubEarlyConfig(menu), new RegExp(`search .*--file /boot/${set}\\.id`));
});

test.run();
