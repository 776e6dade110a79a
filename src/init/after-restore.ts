import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { ejectMedium } from "../host/power.ts";
import { choose } from "../ui/choose.ts";
import { unmountMedium } from "./medium/mounted-medium.ts";
import { leave, standingChoices } from "./person/menu.ts";
import { openShell, openShells } from "./person/open-shell.ts";
import { reportChoices, saveReport } from "./person/save-report.ts";
import type { Rescue } from "./rescue.ts";
import type { Mode } from "./words/mode-words.ts";

/** Opens the drive's tray, unless the command line or the set says otherwise. A drive that refuses is only reported. */
function ejectCarrier(rescue: Rescue): void {
  const { host, medium, manifest, options, reporter } = rescue;
  if (!medium || !options.eject || manifest?.options.eject === false) return;
  try {
    unmountMedium(host);
    if (medium.drive !== undefined) ejectMedium(medium.drive);
  } catch (error) {
    reporter.info(msg`The medium stays in its drive: ${messageOf(error)}`);
  }
}

/** What follows a restore: what the answers say, a restart where nobody is to be asked, else a person's choice. */
async function endOf(rescue: Rescue, mode: Mode): Promise<string> {
  const { options, answers } = rescue;
  if (answers?.end !== undefined) return answers.end;
  if (mode === "nuke" || options.unattended || answers?.unattended === true) return "reboot";
  for (;;) {
    const choices = [...reportChoices(rescue), ...standingChoices];
    const about = {
      title: msg`The machine is restored`,
      help: [msg`Take the medium out, if the machine would start from it again, and restart into the restored system.`],
    };
    const choice = await choose(rescue.ask, msg`The machine is restored.`, choices, "reboot", about);
    if (choice !== "save") return choice;
    await saveReport(rescue);
  }
}

/** What is said last; only of a machine that was restored that it is. */
function lastStep(off: boolean, isRestored: boolean): string {
  if (isRestored) return off ? msg`Switching the restored machine off` : msg`Restarting into the restored system`;
  return off ? msg`Switching the machine off` : msg`Restarting the machine`;
}

/** Ejects the medium and restarts the machine, or switches it off if that was chosen. */
export async function afterRestore(rescue: Rescue, mode: Mode, isRestored: boolean): Promise<void> {
  const end = await endOf(rescue, mode);
  if (end === "shell") await (rescue.answers?.end === "shell" ? openShells(rescue) : openShell(rescue));
  ejectCarrier(rescue);
  const off = end === "poweroff";
  rescue.reporter.step(lastStep(off, isRestored));
  await leave(rescue, off ? "poweroff" : "reboot");
}
