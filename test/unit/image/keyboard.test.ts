import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../../src/host/host.ts";
import { keyboardLayout } from "../../../src/image/keyboard.ts";
import { fakeHost } from "../../support/fake-host.ts";

const source = `unsigned short plain_map[NR_KEYS] = {
	0xf200,	0xf079,
};
unsigned short *key_maps[MAX_NR_KEYMAPS] = {
	plain_map, 0
};`;

/** What comes of these files, and which layout loadkeys is asked for. */
async function layoutWith(files: Record<string, string>, code = 0) {
  const commands: Command[] = [];
  const host = fakeHost({
    files,
    run: async (command) => {
      commands.push(command);
      return { code, stdout: source, stderr: "" };
    },
  });
  const lstat: typeof host.lstat = (path) => {
    const stat = host.lstat(path);
    return stat && { ...stat, mode: 0o755 };
  };
  const found = await keyboardLayout({ ...host, lstat }, "");
  return { ...found, asked: commands.map(({ argv }) => argv.at(-1)) };
}

const loadkeys = { "/usr/bin/loadkeys": "" };
const vconsole = { "/etc/vconsole.conf": 'FONT=eurlatgr\nKEYMAP="de-nodeadkeys"\n' };
const cached = "/etc/console-setup/cached_UTF-8_del.kmap.gz";

test("keyboardLayout() takes systemd's name of the layout, else Debian's file", async () => {
  assert.equal(await layoutWith({ ...loadkeys, ...vconsole, [cached]: "" }), {
    text: "# de-nodeadkeys\n0 1 121\n",
    asked: ["de-nodeadkeys"],
  });
  assert.equal(await layoutWith({ ...loadkeys, [cached]: "" }), {
    text: "# us\n0 1 121\n",
    asked: [cached],
  });
});

test("keyboardLayout() is none where the kernel's own will do", async () => {
  for (const files of [
    loadkeys,
    { "/etc/default/keyboard": 'XKBLAYOUT="us,de"\n' },
    { "/etc/vconsole.conf": "KEYMAP=us" },
  ]) {
    assert.equal(await layoutWith(files), { asked: [] });
  }
});

test("keyboardLayout() takes the layout that the program brings along where the machine has no loadkeys, or it fails", async () => {
  const found = [
    await layoutWith(vconsole),
    await layoutWith({ ...loadkeys, ...vconsole }, 1),
    await layoutWith({ ...loadkeys, "/etc/default/keyboard": 'XKBMODEL="pc105"\nXKBLAYOUT="fr"\nXKBVARIANT="bepo"\n' }),
    await layoutWith({ ...loadkeys, "/etc/vconsole.conf": "KEYMAP=-x\nXKBLAYOUT=cz\n" }),
  ];
  assert.equal(
    found.map(({ text = "", note }) => [text.split("\n")[0], note, /^0 21 2938$/m.test(text)]),
    [
      ["# de-nodeadkeys", undefined, true],
      ["# de-nodeadkeys", undefined, true],
      ["# fr-bepo", undefined, false],
      ["# cz", undefined, true],
    ],
  );
});

test("keyboardLayout() says so where the machine has a layout that nobody can give to the rescue", async () => {
  const named = (name: string) => layoutWith({ "/etc/vconsole.conf": `KEYMAP=${name}\n` });
  for (const name of ["ru", "de-neo", "us-colemak", "tr-f", "gb-colemak"]) {
    const { text, note = "" } = await named(name);
    assert.equal([text, /not "([^"]*)"/.exec(note)?.[1]], [undefined, name]);
  }
  for (const name of ["de-latin1-nodeadkeys", "fr-oss", "us-altgr-intl", "be-latin1"]) {
    assert.is((await named(name)).note, undefined, name);
  }
});

test.run();
