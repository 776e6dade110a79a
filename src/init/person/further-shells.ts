import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import type { Rescue } from "../rescue.ts";
import type { BootOptions } from "../words/boot-options.ts";
import { runShell, type WaitForChild } from "./shell.ts";

/** Terminals for further shells: Alt-F2 and Alt-F3; in expert mode more, and every serial port of the machine. */
export function shellTerminals(host: Host, options: BootOptions, consoles: readonly string[]): string[] {
  const screens = options.mode === "expert" ? [2, 3, 4, 5, 6] : [2, 3];
  const ports = options.mode === "expert" ? host.list("/sys/class/tty").filter((name) => /^ttyS\d+$/.test(name)) : [];
  // A serial port without hardware has type 0 (PORT_UNKNOWN).
  const real = ports.filter((name) => (host.tryReadText(`/sys/class/tty/${name}/type`) ?? "0").trim() !== "0");
  return [...screens.map((number) => `tty${number}`), ...real]
    .map((name) => `/dev/${name}`)
    .filter((path) => !consoles.includes(path) && host.exists(path));
}

/** Starts a shell again whenever it ends, on a terminal that nothing else uses (Alt-F2 …). Never fails. */
async function keepShell(host: Host, terminal: string, wait: WaitForChild, log: (text: string) => void) {
  for (;;) {
    const began = host.nowMs();
    try {
      await runShell(host, terminal, wait);
    } catch (error) {
      log(`no shell on ${terminal}: ${messageOf(error)}`);
      return;
    }
    // A shell that ends at once (its terminal is gone) must not keep the CPU busy.
    if (host.nowMs() - began < 1000) await host.sleep(5000);
  }
}

/** Keeps a shell on every terminal that is not a console. */
export function startFurtherShells({ host, options, consoles, wait, log }: Rescue): void {
  for (const terminal of shellTerminals(host, options, consoles.paths)) void keepShell(host, terminal, wait, log);
}
