import { RescueScreens } from "../../src/init/person/rescue-screens.ts";
import type { Consoles, Holder } from "../../src/ui/consoles.ts";
import type { Ui } from "../../src/ui/screens/which-ui.ts";
import { fakeHost } from "./fake-host.ts";
import { TinyTerminal } from "./tiny-terminal.ts";

/** Consoles of a machine, each a small terminal. */
export function consolesOf(paths: readonly string[]) {
  const shown = new Map(paths.map((path) => [path, new TinyTerminal(80, 24)]));
  const holders = new Map<string, Holder>();
  const suspended = new Set<string>();
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let epoch = 1;
  let last = paths[0] ?? "";
  const consoles: Consoles = {
    paths,
    columns: 80,
    write(text) {
      for (const [path, terminal] of shown) {
        const holder = holders.get(path);
        if (holder) holder.onText(text);
        else if (!suspended.has(path)) terminal.write(text.replaceAll("\n", "\r\n"));
      }
    },
    onKeys(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hold(path, holder) {
      holders.set(path, holder);
      return {
        path,
        get size() {
          return suspended.has(path) ? undefined : { columns: 80, rows: 24 };
        },
        get epoch() {
          return epoch;
        },
        isBusy: false,
        write: (text: string) => shown.get(path)?.write(text.replaceAll("\n", "\r\n")),
        release: () => void holders.delete(path),
      };
    },
    lastUsed: () => last,
    suspend(path) {
      shown.get(path)?.write(holders.get(path)?.onLeave().replaceAll("\n", "\r\n") ?? "");
      suspended.add(path);
    },
    resume(path) {
      suspended.delete(path);
      epoch += 1;
    },
    drain: async () => {},
    close() {},
  };
  /** What is typed while another program has the console is for that program. */
  const type = (path: string, text: string) => {
    if (suspended.has(path)) return;
    last = path;
    for (const listener of [...listeners]) listener(new TextEncoder().encode(text));
  };
  return { consoles, type, textOn: (path: string) => shown.get(path)?.text.join("\n") ?? "" };
}

/** Questions of a rescue on such consoles; `pass` lets time pass there. A shell has its console until `leaveShell`. */
export function screensOn(paths: readonly string[], wish?: Ui) {
  const { consoles, type, textOn } = consolesOf(paths);
  const host = fakeHost();
  let leaveShell = () => {};
  const shell = async () => {
    const path = consoles.lastUsed();
    consoles.suspend(path);
    await new Promise<void>((resolve) => {
      leaveShell = resolve;
    });
    consoles.resume(path);
  };
  const screens = new RescueScreens({ host, consoles, wish, title: "Rescue system for web1", log() {}, shell });
  return { screens, host, type, textOn, consoles, pass: host.sleep, leaveShell: () => leaveShell() };
}

/** Lets what was begun get as far as it can. */
export const settled = async (what: () => boolean) => {
  for (let round = 0; round < 200 && !what(); round += 1) await Bun.sleep(10);
};
