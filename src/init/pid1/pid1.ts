import { MondoError, messageOf } from "../../base/errors.ts";
import { version } from "../../base/program-version.ts";
import type { Host } from "../../host/host.ts";
import { catchCtrlAltDel } from "../../host/power.ts";
import { onSignal, onUncaughtException, onUnhandledRejection } from "../../host/process-events.ts";
import { ARCHIVE_ENVIRONMENT } from "../../host/restart.ts";
import { selfPath } from "../../host/self.ts";
import { describeExit, spawnSession } from "../../host/spawn.ts";
import { reapOne } from "../../host/syscalls.ts";
import { MODULE_SEARCHER } from "../../modules/kernel-search.ts";
import { MODPROBE_PATH } from "../../modules/modprobe-command.ts";
import { CA_BUNDLE } from "../../shares/remote/attach-remote.ts";
import { askOn } from "../../ui/ask.ts";
import { type Consoles, openConsoles } from "../../ui/console.ts";
import { LOG_PATH, openLog, RUN_DIRECTORY, tailOf } from "../../ui/log.ts";
import { runShell, type WaitForChild } from "../person/shell.ts";
import { mountEarly } from "./early-mounts.ts";
import { powerSignals } from "./power-command.ts";
import { endProcesses, hasKernelLoaded, type PowerRequest, releaseEverything, stopMachine } from "./shutdown.ts";

export const WORKER_ROLE = "MONDO_ROLE";
const WORKER_OUTPUT = `${RUN_DIRECTORY}/worker.log`;

/** What PID 1 holds while the machine runs. */
interface Machine {
  readonly host: Host;
  readonly log: (text: string) => void;
  readonly wait: WaitForChild;
  /** Resolves when somebody asks for the machine to be stopped. */
  readonly powerRequested: Promise<PowerRequest>;
}

/** Reaps every process that ends (PID 1 inherits the orphans) and tells whoever waits for one of them. */
function startReaper(host: Host): WaitForChild {
  const waiting = new Map<number, (status: number) => void>();
  const reap = () => {
    for (let dead = reapOne(); dead !== undefined; dead = reapOne()) {
      waiting.get(dead.pid)?.(dead.status);
      waiting.delete(dead.pid);
    }
  };
  onSignal("SIGCHLD", reap);
  // Signals that come while one is being delivered are merged by the kernel; the timer finds what they left.
  host.every(500, reap);
  return (pid) => new Promise((resolve) => void waiting.set(pid, resolve));
}

/** Requests come as signals: from the worker, from `reboot` in a shell, from the keyboard. */
function listenForPower(log: (text: string) => void): Promise<PowerRequest> {
  return new Promise((resolve) => {
    for (const request of ["reboot", "poweroff", "halt"] as const) {
      onSignal(powerSignals[request].name, () => resolve(request));
    }
    onSignal("SIGINT", () => resolve("reboot"));
    onSignal("SIGHUP", () => log("PID 1 was sent a hang-up"));
    try {
      catchCtrlAltDel();
    } catch (error) {
      log(messageOf(error));
    }
  });
}

/** Errors that nobody caught must not end PID 1: the kernel would panic. */
function surviveErrors(log: (text: string) => void): void {
  onUncaughtException((error) => log(`PID 1: ${error.stack ?? messageOf(error)}`));
  onUnhandledRejection((error) => log(`PID 1: ${messageOf(error)}`));
}

function startWorker(host: Host): number {
  return spawnSession({
    path: host.realPath(selfPath()) ?? "/init",
    argv: ["init"],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      [WORKER_ROLE]: "worker",
      // The runtime knows the public authorities; the saved machine may have its own.
      ...(host.exists(CA_BUNDLE) ? { NODE_EXTRA_CA_CERTS: CA_BUNDLE } : {}),
      ...ARCHIVE_ENVIRONMENT,
    },
    outputFile: WORKER_OUTPUT,
  });
}

/**
 * Names under which the executable does what small tools would: `reboot`, `poweroff`, `halt` and `modprobe` in a shell (unless the
 * image has its own), and the helper that the kernel calls when it wants a module.
 */
function linkCommands(host: Host, log: (text: string) => void): void {
  const paths = Object.keys(powerSignals).map((name) => `/usr/sbin/${name}`);
  try {
    // kmod's would look for binary indexes, which this image doesn't carry.
    host.remove("/usr/sbin/modprobe");
    for (const path of [...paths, "/usr/sbin/modprobe", MODPROBE_PATH]) {
      if (!host.lstat(path)) host.symlink(selfPath(), path);
    }
    host.poke(MODULE_SEARCHER, MODPROBE_PATH);
  } catch (error) {
    log(messageOf(error));
  }
}

async function offerShell(machine: Machine, consoles: Consoles): Promise<void> {
  const terminal = consoles.lastUsed();
  consoles.suspend(terminal);
  try {
    await runShell(machine.host, terminal, machine.wait);
  } catch (error) {
    consoles.write(`${messageOf(error)}\n`);
  } finally {
    consoles.resume(terminal);
  }
}

/** The person's choice after the worker has ended: a shell (as often as wanted), another try, or the end. */
async function chooseNext(machine: Machine, consoles: Consoles): Promise<"again" | PowerRequest> {
  const ask = askOn(consoles);
  for (;;) {
    const choice = await ask
      .menu("What shall be done?", [
        { key: "shell", label: "Open a shell" },
        { key: "again", label: "Start the rescue system again" },
        { key: "reboot", label: "Restart the machine" },
        { key: "poweroff", label: "Switch the machine off" },
      ])
      .catch((error: unknown) => {
        if (error instanceof MondoError && error.code === "cancelled") return "";
        throw error;
      });
    if (choice === "shell") await offerShell(machine, consoles);
    else if (choice === "again" || choice === "reboot" || choice === "poweroff") return choice;
  }
}

function explainDeath(machine: Machine, status: number): string {
  const { host } = machine;
  const last = [...tailOf(host, LOG_PATH, 8), ...tailOf(host, WORKER_OUTPUT, 12)];
  return [
    `\nThe rescue program ${describeExit(status)}. All its programs were ended: nothing more is written to the disks.`,
    `Last lines of ${LOG_PATH} and ${WORKER_OUTPUT}:`,
    ...last.map((line) => `  | ${line.slice(0, 160)}`),
    "",
  ].join("\n");
}

/** Runs the worker until it ends or somebody asks for the machine to be stopped. */
async function supervise(machine: Machine): Promise<PowerRequest> {
  for (;;) {
    const pid = startWorker(machine.host);
    const status = await Promise.race([machine.wait(pid), machine.powerRequested]);
    if (typeof status === "string") return status;
    // The worker asks for power by a signal just before it ends: let the signal be delivered first.
    const asked = await Promise.race([machine.powerRequested, machine.host.sleep(300)]);
    if (asked !== undefined) return asked;
    machine.log(`the worker ${describeExit(status)}`);
    // Its children (a mkfs, a shell on the console that we are about to use) would go on without it.
    await endProcesses(machine.host);
    const consoles = openConsoles(machine.host);
    consoles.write(explainDeath(machine, status));
    const next = await Promise.race([chooseNext(machine, consoles), machine.powerRequested]);
    await consoles.drain(1000);
    consoles.close();
    if (next !== "again") return next;
  }
}

/** Stops the machine in good order; when even that fails, says so and stays. */
async function finish(machine: Machine, request: PowerRequest): Promise<void> {
  const { host, log } = machine;
  const consoles = openConsoles(host);
  const restarts = hasKernelLoaded(host) ? "goes on with the system on its disk" : "restarts";
  const words = { reboot: restarts, poweroff: "is switched off", halt: "halts" }[request];
  consoles.write(`\nThe machine ${words}: ending programs, unmounting file systems ...\n`);
  log(`power request: ${request}`);
  await releaseEverything(host, (text) => {
    log(text);
    consoles.write(`  ${text}\n`);
  });
  consoles.write("Done.\n");
  await consoles.drain(1000);
  consoles.close();
  stopMachine(host, request);
}

/** PID 1: prepares the machine, keeps the worker, reaps, stops the machine when asked. Never returns. */
export async function runPid1(host: Host): Promise<never> {
  const failures = mountEarly(host);
  const log = openLog(host);
  surviveErrors(log);
  const debug = (host.tryReadText("/proc/cmdline") ?? "").split(/\s/).includes("mondo.debug");
  // Kernel messages would run into our questions; warnings of the kernel stay readable with dmesg.
  if (!debug) host.poke("/proc/sys/kernel/printk", "1 4 1 7");
  const consoles = openConsoles(host);
  consoles.write(`\nMondo Rescue ${version}\n`);
  for (const failure of failures) consoles.write(`  ${failure}\n`);
  await consoles.drain(500);
  consoles.close();
  const machine: Machine = { host, log, wait: startReaper(host), powerRequested: listenForPower(log) };
  log(`PID 1 is up; consoles ${consoles.paths.join(", ")}${failures.length > 0 ? `; ${failures.join("; ")}` : ""}`);
  linkCommands(host, log);
  for (;;) {
    try {
      await finish(machine, await supervise(machine));
    } catch (error) {
      log(`PID 1: ${messageOf(error)}`);
      await host.sleep(2000);
    }
  }
}
