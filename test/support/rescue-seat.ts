import { RescueScreens } from "../../src/init/person/rescue-screens.ts";
import type { Consoles, Holder } from "../../src/ui/consoles.ts";
import type { Ui } from "../../src/ui/screens/which-ui.ts";
import { fakeHost } from "./fake-host.ts";
import { TinyTerminal } from "./tiny-terminal.ts";

/** Consoles of a machine, each a small terminal. */
export function consolesOf(paths: readonly string[]) {
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
    press(keys) {
      for (const listener of [...listeners]) listener(new TextEncoder().encode(keys));
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

/** Questions of a rescue on such consoles. */
export function screensOn(paths: readonly string[], wish?: Ui) {
  const { consoles, type, textOn } = consolesOf(paths);
  const host = { ...fakeHost(), every: () => () => {} };
  const parts = { host, consoles, wish, title: "Rescue system for web1", log() {}, shell: async () => {} };
  return { screens: new RescueScreens(parts), type, textOn, consoles };
}

/** Lets what was begun get as far as it can. */
export const settled = async (what: () => boolean) => {
  for (let round = 0; round < 200 && !what(); round += 1) await Bun.sleep(10);
};
