import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { version } from "../../base/program-version.ts";
import type { Host } from "../../host/host.ts";
import { onUncaughtException, onUnhandledRejection } from "../../host/process-events.ts";
import { withConsoles } from "../../ui/consoles.ts";
import { openLog } from "../../ui/rescue-log.ts";
import { readBootOptions } from "../words/boot-options.ts";
import { mountEarly } from "./early-mounts.ts";
import { linkCommands } from "./link-commands.ts";
import { listenForPower } from "./power-requests.ts";
import { startReaper } from "./reaper.ts";
import { hasKernelLoaded, type PowerRequest, releaseEverything, stopMachine } from "./shutdown.ts";
import { type Machine, supervise } from "./supervise.ts";

/** Errors that nobody caught must not end PID 1: the kernel would panic. */
function surviveErrors(log: (text: string) => void): void {
  onUncaughtException((error) => log(`PID 1: ${error.stack ?? messageOf(error)}`));
  onUnhandledRejection((error) => log(`PID 1: ${messageOf(error)}`));
}

/** Stops the machine in good order. Throws when the kernel refuses. */
async function finish({ host, log }: Machine, request: PowerRequest): Promise<void> {
  const restarts = hasKernelLoaded(host) ? msg`goes on with the system on its disk` : msg`restarts`;
  const words = { reboot: restarts, poweroff: msg`is switched off`, halt: msg`halts` }[request];
  log(`power request: ${request}`);
  await withConsoles(host, async (consoles) => {
    consoles.write(msg`\nThe machine ${words}: ending programs, unmounting file systems ...\n`);
    await releaseEverything(host, (text) => {
      log(text);
      consoles.write(`  ${text}\n`);
    });
    consoles.write(msg`Done.\n`);
  });
  stopMachine(host, request);
}

/** The first lines on the consoles. Returns their paths. */
function greet(host: Host, failures: readonly string[]): Promise<readonly string[]> {
  return withConsoles(host, async ({ write, paths }) => {
    write(`\nMondo Rescue ${version}\n`);
    for (const failure of failures) write(`  ${failure}\n`);
    return paths;
  });
}

/** Mounts what every program needs, greets, and prepares for signals and children. */
async function prepare(host: Host): Promise<Machine> {
  const failures = mountEarly(host);
  const log = openLog(host);
  surviveErrors(log);
  // Kernel messages would mix with our questions; dmesg still shows them.
  if (!readBootOptions(host).debug) host.poke("/proc/sys/kernel/printk", "1 4 1 7");
  const paths = await greet(host, failures);
  const machine: Machine = { host, log, wait: startReaper(host), powerRequested: listenForPower(log) };
  log(`PID 1 is up; consoles ${paths.join(", ")}${failures.length > 0 ? `; ${failures.join("; ")}` : ""}`);
  linkCommands(host, log);
  return machine;
}

/** PID 1: prepares the machine, keeps the worker running, stops the machine when asked. Never returns. */
export async function runPid1(host: Host): Promise<never> {
  const machine = await prepare(host);
  for (;;) {
    try {
      await finish(machine, await supervise(machine));
    } catch (error) {
      machine.log(`PID 1: ${messageOf(error)}`);
      await host.sleep(2000);
    }
  }
}
