/** How the rescue asks: plainly on several consoles, on full screens where one is chosen. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RescueScreens } from "../../../../src/init/person/rescue-screens.ts";
import type { Consoles, Holder } from "../../../../src/ui/consoles.ts";
import type { Ui } from "../../../../src/ui/screens/which-ui.ts";
import { fakeHost } from "../../../support/fake-host.ts";
import { TinyTerminal } from "../../../support/tiny-terminal.ts";

/** Consoles of a machine, each a small terminal. */
function consolesOf(paths: readonly string[]) {
  const shown = new Map(paths.map((path) => [path, new TinyTerminal(80, 24)]));
  const holders = new Map<string, Holder>();
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let last = paths[0] ?? "";
  const consoles: Consoles = {
    paths,
    columns: 80,
    write(text) {
      for (const [path, terminal] of shown) {
        const holder = holders.get(path);
        if (holder) holder.onText(text);
        else terminal.write(text.replaceAll("\n", "\r\n"));
      }
    },
    onKeys(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hold(path, holder) {
      holders.set(path, holder);
      const size = { columns: 80, rows: 24 };
      const write = (text: string) => shown.get(path)?.write(text.replaceAll("\n", "\r\n"));
      return { path, size, epoch: 1, isBusy: false, write, release: () => void holders.delete(path) };
    },
    lastUsed: () => last,
    suspend() {},
    resume() {},
    drain: async () => {},
    close() {},
  };
  const type = (path: string, text: string) => {
    last = path;
    for (const listener of [...listeners]) listener(new TextEncoder().encode(text));
  };
  return { consoles, type, textOn: (path: string) => shown.get(path)?.text.join("\n") ?? "" };
}

function screensOn(paths: readonly string[], wish?: Ui) {
  const { consoles, type, textOn } = consolesOf(paths);
  const host = { ...fakeHost(), every: () => () => {} };
  const parts = { host, consoles, wish, title: "Rescue system for web1", log() {}, shell: async () => {} };
  return { screens: new RescueScreens(parts), type, textOn, consoles };
}

const choices = [
  { key: "one", label: "First" },
  { key: "two", label: "Second" },
];
const [SCREEN, SERIAL] = ["/dev/tty1", "/dev/ttyS0"];

/** Lets what was begun get as far as it can. */
const settled = async (what: () => boolean) => {
  for (let round = 0; round < 200 && !what(); round += 1) await Bun.sleep(10);
};

test("two consoles have the same plain question, until somebody takes full screens", async () => {
  const { screens, type, textOn } = screensOn([SCREEN, SERIAL]);
  const first = screens.menu("Which?", choices, "one");
  await settled(() => /Number/.test(textOn(SERIAL)));
  for (const path of [SCREEN, SERIAL]) assert.match(textOn(path), /Which\?\n +1 +First\n +2 +Second\nNumber \[1\]:/);
  assert.is(screens.show, undefined);
  type(SERIAL, "two\r");
  assert.is(await first, "two");
  await screens.open();
  const second = screens.menu("And now?", choices, "one");
  await settled(() => /And now/.test(textOn(SERIAL)));
  assert.match(textOn(SERIAL), /^ Rescue system for web1\n[\s\S]*And now\?\n> 1 {2}First\n {2}2 {2}Second\n/);
  assert.not.match(textOn(SCREEN), /And now/);
  type(SERIAL, "\x1b[B\r");
  assert.is(await second, "two");
  screens.close();
});

test("a key on another console brings the full screen there, and answers nothing", async () => {
  const { screens, type, textOn } = screensOn([SCREEN, SERIAL], "full");
  const answer = screens.menu("Which?", choices, "one");
  await settled(() => /Which/.test(textOn(SCREEN)));
  type(SERIAL, "\r");
  assert.match(textOn(SERIAL), /Which\?\n> 1 {2}First/);
  assert.match(textOn(SCREEN), /The questions are on \/dev\/ttyS0 now/);
  type(SERIAL, "2\r");
  assert.is(await answer, "two");
  screens.close();
});

test("one console has full screens by itself; textonly and plain never do", async () => {
  const alone = screensOn([SCREEN]);
  void alone.screens.menu("Which?", choices, "one");
  await settled(() => /Which/.test(alone.textOn(SCREEN)));
  assert.match(alone.textOn(SCREEN), /> 1 {2}First/);
  alone.screens.close();
  const plain = screensOn([SCREEN], "plain");
  assert.not(plain.screens.mayChange);
  void plain.screens.menu("Which?", choices, "one");
  await settled(() => /Number/.test(plain.textOn(SCREEN)));
  assert.match(plain.textOn(SCREEN), /Number \[1\]:/);
});

test("what is said before a question stands above it, with its warnings", async () => {
  const { screens, textOn, consoles } = screensOn([SCREEN], "full");
  await screens.open();
  consoles.write("» Looking\n! No driver for the card\n");
  void screens.confirm("Go on?");
  await settled(() => /Go on/.test(textOn(SCREEN)));
  assert.match(textOn(SCREEN), /Looking\n! No driver for the card[\s\S]*Go on\?\n {2}1 {2}Yes\n> 2 {2}No/);
  screens.close();
});

test.run();
