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
  const text = await keyboardLayout({ ...host, lstat }, "");
  return { text, asked: commands.map(({ argv }) => argv.at(-1)) };
}

const loadkeys = { "/usr/bin/loadkeys": "" };
const vconsole = { "/etc/vconsole.conf": 'FONT=eurlatgr\nKEYMAP="de-nodeadkeys"\n' };
const cached = "/etc/console-setup/cached_UTF-8_del.kmap.gz";

test("keyboardLayout() takes systemd's name of the layout, else Debian's file", async () => {
  assert.equal(await layoutWith({ ...loadkeys, ...vconsole, [cached]: "" }), {
    text: "0 1 121\n",
    asked: ["de-nodeadkeys"],
  });
  assert.equal(await layoutWith({ ...loadkeys, [cached]: "" }), { text: "0 1 121\n", asked: [cached] });
});

test("keyboardLayout() is none without a layout or loadkeys, or when that fails", async () => {
  for (const files of [loadkeys, { ...vconsole }, { ...loadkeys, "/etc/vconsole.conf": "KEYMAP=-x\n" }]) {
    assert.equal(await layoutWith(files), { text: undefined, asked: [] });
  }
  assert.is((await layoutWith({ ...loadkeys, ...vconsole }, 1)).text, undefined);
});

test.run();
