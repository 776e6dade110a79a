import { test } from "uvu";
import * as assert from "uvu/assert";
import { grubConfig, hotkeyOf, menuEntries } from "../../../src/drivers/media/boot-menu.ts";

const menu = { set: "9069b5fd-21bb-47c0-a361-1604c6437c58", title: "web1", restoreByDefault: true };

test("every entry has a letter of its own in GRUB that GRUB's menu leaves alone", () => {
  const letters = menuEntries(menu).map(({ label }) => hotkeyOf(label));
  assert.equal(letters, ["r", "i", "n", "o", "x"]);
  const config = grubConfig(menu);
  for (const letter of letters) assert.match(config, new RegExp(`--hotkey ${letter} \\{`));
  assert.not.match(config, /--hotkey [cepv] /);
});

test.run();
