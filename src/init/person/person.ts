import { MondoError, messageOf } from "../../base/errors.ts";
import type { Choice } from "../../ui/ask.ts";
import { LOG_PATH, tailOf } from "../../ui/log.ts";
import { refreshDeviceLinks, watchDeviceLinks } from "../devices/refresh-links.ts";
import { requestPower } from "../pid1/power-command.ts";
import type { PowerRequest } from "../pid1/shutdown.ts";
import type { Rescue } from "../rescue.ts";
import { runShell } from "./shell.ts";

const HINTS = `
You are root in the rescue system. Leave with "exit" to come back to the menu.
  mondo restore --activate   starts arrays, encrypted volumes and groups of the set, to look at them
  mondo restore        restores or compares from here    less /run/mondo/init.log   what happened so far
  lsblk, blkid, mount  disks and file systems            reboot, poweroff           stop in good order
`;

/** A shell on the console that was used last; comes back when it is left. */
export async function openShell(rescue: Rescue): Promise<void> {
  const { consoles, host } = rescue;
  const terminal = consoles.lastUsed();
  consoles.write(`${HINTS}\nThe shell opens on ${terminal}.\n`);
  await consoles.drain(1000);
  await refreshDeviceLinks(host, rescue.log);
  consoles.suspend(terminal);
  const stop = watchDeviceLinks(host, rescue.log);
  try {
    await runShell(host, terminal, rescue.wait);
  } catch (error) {
    rescue.reporter.warn(messageOf(error));
  } finally {
    stop();
    consoles.resume(terminal);
  }
}

/** A menu that ^C doesn't end. */
export async function choose(rescue: Rescue, text: string, choices: readonly Choice[], initial?: string) {
  for (;;) {
    try {
      return await rescue.ask.menu(text, choices, initial);
    } catch (error) {
      if (!(error instanceof MondoError && error.code === "cancelled")) throw error;
    }
  }
}

/** Asks PID 1 to stop the machine and waits for the end. Never returns when that works. */
export async function leave(rescue: Rescue, request: PowerRequest): Promise<void> {
  await rescue.consoles.drain(2000);
  if (!requestPower(request)) {
    rescue.reporter.warn("PID 1 could not be reached; the machine stays on");
    return;
  }
  await rescue.host.sleep(60_000);
}

const POWER_CHOICES: readonly Choice[] = [
  { key: "reboot", label: "Restart the machine" },
  { key: "poweroff", label: "Switch the machine off" },
];

/** The last entries of every menu. */
export const standingChoices: readonly Choice[] = [{ key: "shell", label: "Open a shell" }, ...POWER_CHOICES];

/** Does what one of `standingChoices` says; false for any other key. */
export async function doStandingChoice(rescue: Rescue, key: string): Promise<boolean> {
  if (key === "shell") await openShell(rescue);
  else if (key === "reboot" || key === "poweroff") await leave(rescue, key);
  else return false;
  return true;
}

/** What went wrong, what to do now, and the end of the log. */
export function explain(rescue: Rescue, what: string, error: unknown): void {
  const { consoles, host, log } = rescue;
  const hint = error instanceof MondoError ? error.hint : undefined;
  const trace = error instanceof MondoError || !(error instanceof Error) ? "" : `\n${error.stack ?? ""}`;
  const before = tailOf(host, LOG_PATH, 6);
  log(`${what} failed: ${messageOf(error)}${trace}`);
  const lines = [
    `\n! ${what}: ${messageOf(error)}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
    `\nThe log before that (all of it: ${LOG_PATH}):`,
    ...before.map((line) => `  | ${line.slice(0, 150)}`),
  ];
  consoles.write(`${lines.join("\n")}\n`);
}
