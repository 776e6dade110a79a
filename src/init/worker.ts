import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { onUnhandledRejection } from "../host/process-events.ts";
import { waitFor } from "../host/spawn.ts";
import { startModuleService } from "../modules/module-service.ts";
import { newStatusPage, type StatusPage } from "../status/open-status-page.ts";
import { type Watch, watchedAsk } from "../status/watched-ask.ts";
import { type Consoles, openConsoles } from "../ui/consoles.ts";
import { type Output, plainReporter, teeReporter, terminalReporter } from "../ui/reporters.ts";
import { openLog, uptimeSeconds } from "../ui/rescue-log.ts";
import { readIdentity } from "./image-identity.ts";
import { moduleWishesOf } from "./module-wishes.ts";
import { newNetworkSession, withArchived } from "./network/network-session.ts";
import { startFurtherShells } from "./person/further-shells.ts";
import { newConsoleShells, openShell } from "./person/open-shell.ts";
import { RescueScreens } from "./person/rescue-screens.ts";
import { ScreenKeyboard } from "./person/set-keyboard.ts";
import type { WaitForChild } from "./person/shell.ts";
import type { Rescue } from "./rescue.ts";
import { type ModeRunners, runModes } from "./run-modes.ts";
import { runPhases } from "./run-phases.ts";
import { type BootOptions, readBootOptions } from "./words/boot-options.ts";

/** Modules that no device asks for, but the search for the medium needs. */
const BY_NAME = ["isofs", "loop"];

/** Waits for a child of `spawnSession` in this process, whose other children belong to the runtime. */
function childWaiter(host: Host): WaitForChild {
  return async (pid) => {
    for (;;) {
      const ended = waitFor(pid);
      if (ended) return ended.status;
      await host.sleep(50);
    }
  };
}

function makeReporter(host: Host, consoles: Consoles, options: BootOptions, log: (text: string) => void) {
  const output: Output = { write: consoles.write, nowMs: () => host.nowMs(), columns: consoles.columns };
  const shown = options.textOnly ? plainReporter(output) : terminalReporter(output);
  const debug = { ...shown, log: (text: string) => shown.info(text) };
  const logged: Reporter = { step: log, info: log, warn: (text) => log(`warning: ${text}`), log, progress() {} };
  return teeReporter([options.debug ? debug : shown, logged]);
}

/** How a browser sees the questions. */
const watchOf = (status: StatusPage, reporter: Reporter): Watch => ({
  ...{ desk: status.desk, said: status.said, note: reporter.info },
});

/** Opens everything that the worker needs. The first act is to load drivers, in the background. */
function openRescue(host: Host): Rescue {
  const log = openLog(host);
  const options = readBootOptions(host);
  const identity = readIdentity(host);
  const wishes = moduleWishesOf(options, identity);
  const modules = startModuleService(host, { ...wishes, force: [...wishes.force, ...BY_NAME] }, log);
  const consoles = openConsoles(host);
  const status = options.statusPage === undefined ? undefined : newStatusPage(host, options.statusPage);
  const whose = identity.host === undefined ? "" : msg` for ${identity.host}`;
  const screens = new RescueScreens({
    ...{ host, consoles, log, title: msg`Rescue system${whose}` },
    wish: options.textOnly ? "plain" : options.ui,
    shell: () => openShell(rescue),
  });
  const reporter = teeReporter([
    screens.reporter,
    makeReporter(host, consoles, options, log),
    ...(status === undefined ? [] : [status.reporter]),
  ]);
  const wait = childWaiter(host);
  const keyboard = new ScreenKeyboard({ host, log, lastUsed: () => consoles.lastUsed(), ask: () => rescue.ask });
  keyboard.start(options.keyboard);
  const watch = status && watchOf(status, reporter);
  const rescue: Rescue = {
    host,
    consoles,
    ask: watch ? watchedAsk(screens, watch) : screens,
    ...(watch ? { watch } : {}),
    screens,
    reporter,
    log,
    wait,
    keyboard,
    shells: newConsoleShells({ host, consoles, wait, log, warn: reporter.warn }),
    options,
    identity,
    modules,
    network: newNetworkSession(withArchived(options.network, identity)),
    medium: undefined,
    manifest: undefined,
    takesAnySet: false,
    answers: undefined,
    sticks: new Set(),
    status,
  };
  return rescue;
}

function greet({ host, consoles, identity, options, log }: Rescue): void {
  const whose = identity.host === undefined ? "" : msg` for ${identity.host}`;
  consoles.write(`${msg`Rescue system${whose}, mode ${options.mode}. Shells: Alt-F2, Alt-F3.`}\n`);
  log(`worker is up ${uptimeSeconds(host)} s after the kernel's start`);
}

/** The worker: everything between power-on and the restored machine. Ends only when something is broken. */
export async function runWorker(host: Host, runners: ModeRunners): Promise<number> {
  const rescue = openRescue(host);
  const { log, consoles } = rescue;
  onUnhandledRejection((error) => log(`not handled: ${messageOf(error)}`));
  greet(rescue);
  startFurtherShells(rescue);
  try {
    await runPhases(rescue);
    log(`ready ${uptimeSeconds(host)} s after the kernel's start`);
    await runModes(rescue, runners);
  } catch (error) {
    // Only a bug of ours gets here: PID 1 shows this log, and offers a shell and a new start.
    log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await consoles.drain(1000);
  }
  return 1;
}
