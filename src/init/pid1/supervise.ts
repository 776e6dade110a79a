import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { describeExit } from "../../host/spawn.ts";
import { askOn, type Choice } from "../../ui/ask.ts";
import { choose } from "../../ui/choose.ts";
import { type Consoles, withConsoles } from "../../ui/consoles.ts";
import { ConsoleShells } from "../person/console-shells.ts";
import type { WaitForChild } from "../person/shell.ts";
import { endProcesses, type PowerRequest } from "./shutdown.ts";
import { explainDeath, startWorker } from "./worker-process.ts";

/** What PID 1 holds while the machine runs. */
export interface Machine {
  readonly host: Host;
  readonly log: (text: string) => void;
  readonly wait: WaitForChild;
  /** Resolves when somebody asks for the machine to be stopped. */
  readonly powerRequested: Promise<PowerRequest>;
}

/**
 * Opens a shell where the person sits, and on each other console where Enter is pressed: the screen may be dead, or a
 * helper sits at the serial line. Returns when one of them ends.
 */
async function offerShell(shells: ConsoleShells, consoles: Consoles): Promise<void> {
  const terminal = consoles.lastUsed();
  const others = consoles.paths.length > 1 ? msg` Enter opens one on another console.` : "";
  consoles.write(msg`The shell opens on ${terminal}.${others}\n`);
  await consoles.drain(1000);
  await shells.openOn([terminal]);
}

const NEXT: readonly Choice[] = [
  { key: "shell", label: msg`Open a shell` },
  { key: "again", label: msg`Start the rescue system again` },
  { key: "reboot", label: msg`Restart the machine` },
  { key: "poweroff", label: msg`Switch the machine off` },
];

/** Asks what to do after the worker has ended; shells are opened here. */
async function chooseNext({ host, wait }: Machine, consoles: Consoles): Promise<"again" | PowerRequest> {
  const ask = askOn(consoles);
  const warn = (text: string) => consoles.write(`${text}\n`);
  const shells = new ConsoleShells({ host, consoles, wait, warn, meanwhile: () => () => {} });
  for (;;) {
    const choice = await choose(ask, msg`What shall be done?`, NEXT);
    if (choice === "shell") await offerShell(shells, consoles);
    else {
      // The next worker wants the consoles, the stop of the machine its file systems.
      if (shells.isAnyOpen) await endProcesses(host);
      return choice as "again" | PowerRequest;
    }
  }
}

/** Explains on the consoles how the worker ended, and asks what is next. */
async function askAfterDeath(machine: Machine, status: number): Promise<"again" | PowerRequest> {
  const { host, log, powerRequested } = machine;
  log(`the worker ${describeExit(status)}`);
  // Its children (a mkfs, a shell on the same console) would otherwise run on.
  await endProcesses(host);
  return withConsoles(host, (consoles) => {
    consoles.write(explainDeath(host, status));
    return Promise.race([chooseNext(machine, consoles), powerRequested]);
  });
}

/**
 * Runs the worker until somebody asks to stop the machine. When the worker ends by itself, a person may start it again.
 */
export async function supervise(machine: Machine): Promise<PowerRequest> {
  const { host, wait, powerRequested } = machine;
  for (;;) {
    const status = await Promise.race([wait(startWorker(host)), powerRequested]);
    if (typeof status === "string") return status;
    // The worker asks for power by a signal just before it ends: let the signal be delivered first.
    const asked = await Promise.race([powerRequested, host.sleep(300)]);
    if (asked !== undefined) return asked;
    const next = await askAfterDeath(machine, status);
    if (next !== "again") return next;
  }
}
