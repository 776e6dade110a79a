import { msg } from "../../base/message.ts";
import type { About, Choice } from "../../ui/ask.ts";
import { choose } from "../../ui/choose.ts";
import { requestPower } from "../pid1/power-command.ts";
import type { PowerRequest } from "../pid1/shutdown.ts";
import type { Rescue } from "../rescue.ts";
import { openShell } from "./open-shell.ts";
import { reportChoices, saveReport } from "./save-report.ts";

/**
 * Asks PID 1 to stop the machine, when browsers that look on have seen how it stands, and waits for that. Returns only
 * if it fails.
 */
export async function leave(rescue: Rescue, request: PowerRequest): Promise<void> {
  await rescue.status?.finish();
  rescue.screens?.close();
  await rescue.consoles.drain(2000);
  if (!requestPower(request)) {
    rescue.status?.resume();
    rescue.reporter.warn(msg`PID 1 could not be reached; the machine stays on`);
    return;
  }
  await rescue.host.sleep(60_000);
}

/** The last entries of every menu. */
export const standingChoices: readonly Choice[] = [
  { key: "shell", label: msg`Open a shell`, isForConsole: true },
  { key: "reboot", label: msg`Restart the machine` },
  { key: "poweroff", label: msg`Switch the machine off` },
];

/** How questions are asked may be changed where it is not fixed. */
function uiChoices({ screens, ask }: Rescue): readonly Choice[] {
  if (!screens?.mayChange) return [];
  return ask.show
    ? [{ key: "plain", label: msg`Ask by plain lines, on every console` }]
    : [{ key: "full", label: msg`Ask on full screens, on this console` }];
}

/** Whether browsers may answer is said at the console, and only where there is a page. */
function browserChoices({ status }: Pick<Rescue, "status">): readonly Choice[] {
  if (!status) return [];
  return status.desk.isAllowed
    ? [{ key: "forbid", label: msg`Let the status page only look on again (forbid)` }]
    : [{ key: "allow", label: msg`Let browsers that gave the code answer questions, too (allow)` }];
}

/** Lets browsers answer, or no longer; says so. */
function allowBrowsers({ status, reporter }: Pick<Rescue, "status" | "reporter">, isAllowed: boolean): void {
  status?.desk.allow(isAllowed);
  reporter.step(
    isAllowed
      ? msg`Browsers that gave the code may answer questions from now on, those that erase disks, too`
      : msg`The status page only looks on`,
  );
}

const KEYBOARD: Choice = { key: "keyboard", label: msg`Choose the layout of the keyboard` };

/** Does what one of `standingChoices` says; false for any other key. */
async function doStandingChoice(rescue: Rescue, key: string): Promise<boolean> {
  if (key === "shell") await openShell(rescue);
  else if (key === "reboot" || key === "poweroff") await leave(rescue, key);
  else if (key === "allow" || key === "forbid") allowBrowsers(rescue, key === "allow");
  else if (key === "save") await saveReport(rescue);
  else if (key === "keyboard") await rescue.keyboard.choose();
  else if (key === "full") await rescue.screens?.open();
  else if (key === "plain") rescue.screens?.close();
  else return false;
  return true;
}

/** What stands in every menu is explained in each. */
const withStanding = ({ title, help }: About): About => ({
  title,
  help: [
    ...help,
    msg`A shell: root in the rescue system; mondo help rescue says what to do there. exit comes back.`,
    msg`Restarting and switching off end programs and unmount file systems first.`,
  ],
});

/**
 * Asks "What shall be done?". The standing choices come last; they are carried out here, and the question is asked
 * again.
 */
export async function askWhatToDo(
  rescue: Rescue,
  choices: readonly Choice[],
  initial: string,
  about: About,
): Promise<string> {
  await rescue.screens?.ready();
  for (;;) {
    const keyboard = rescue.keyboard?.isThere ? [KEYBOARD] : [];
    const all = [...choices, ...reportChoices(rescue), ...standingChoices, ...keyboard];
    const how = [...browserChoices(rescue), ...uiChoices(rescue)];
    const choice = await choose(rescue.ask, msg`What shall be done?`, [...all, ...how], initial, withStanding(about));
    if (!(await doStandingChoice(rescue, choice))) return choice;
  }
}
