import { MondoError, messageOf } from "../base/errors.ts";
import { ejectMedium } from "../host/power.ts";
import type { ModeOutcome, RestoreContext } from "../restore/context.ts";
import { countdown } from "../ui/countdown.ts";
import { LOG_PATH } from "../ui/log.ts";
import { addParents } from "./medium/parent-media.ts";
import { mediaParts, ownMedium } from "./medium/set-parts.ts";
import { carriersOfSets, unmountMedium } from "./medium/try-media.ts";
import { choose, doStandingChoice, explain, leave, openShell, standingChoices } from "./person/person.ts";
import { postStatus } from "./person/status.ts";
import type { Rescue } from "./rescue.ts";
import type { BootOptions } from "./words/boot-options.ts";
import type { Mode } from "./words/mode-words.ts";

/** What does the work of a mode. */
export type ModeRunner = (context: RestoreContext, options: BootOptions) => Promise<ModeOutcome>;

/** The modes that need the set; `expert` is a shell. */
export type ModeRunners = Readonly<Partial<Record<Exclude<Mode, "expert">, ModeRunner>>>;

const RESTORE_ROOT = "/mnt/restore";

/** What a runner gets. Throws `not-found` when there is no set. */
export async function restoreContext(rescue: Rescue): Promise<RestoreContext> {
  const { host, consoles, reporter, ask, manifest, options, answers, sticks } = rescue;
  const luksKey = options.luksKey ?? answers?.luksKey;
  if (!rescue.medium || !manifest) {
    throw new MondoError("not-found", "there is no backup set to work with", {
      hint: "Insert its medium and look for it again.",
    });
  }
  const medium = await ownMedium(rescue, manifest);
  // Another disc of the set, or a copy of this one, may be a stick that looks like a disk to restore onto.
  const others = await carriersOfSets(
    host,
    [manifest, ...(manifest.parents ?? [])].map(({ set }) => set),
  );
  return {
    host,
    reporter,
    manifest,
    setDirectory: medium.setDirectory,
    checkedMedia: new Set(),
    carriers: [...new Set([...medium.carriers, ...others, ...sticks])],
    root: RESTORE_ROOT,
    firmware: host.exists("/sys/firmware/efi") ? "uefi" : "bios",
    resize: options.resize && answers?.resize !== false,
    partition: options.partition && answers?.partition !== false,
    ask,
    countdown: (seconds, text) => countdown(host, consoles, seconds, text),
    ...(luksKey === undefined ? {} : { luksKey }),
    ...(answers === undefined ? {} : { answers }),
    logText: () => host.tryReadText(LOG_PATH) ?? "",
    ...mediaParts(rescue, manifest),
  };
}

/** Opens the drive's tray, unless the command line or the set says otherwise. A drive that refuses is only reported. */
function ejectCarrier(rescue: Rescue): void {
  const { host, medium, manifest, options, reporter } = rescue;
  if (!medium || !options.eject || manifest?.options.eject === false) return;
  try {
    unmountMedium(host);
    if (medium.drive !== undefined) ejectMedium(medium.drive);
  } catch (error) {
    reporter.info(`The medium stays in its drive: ${messageOf(error)}`);
  }
}

/** What follows a restore: as the answers say, without a question after `nuke`, or as a person says. */
async function endOf(rescue: Rescue, mode: Mode): Promise<string> {
  const { options, answers } = rescue;
  if (answers?.end !== undefined) return answers.end;
  if (mode === "nuke" || options.unattended) return "reboot";
  return choose(rescue, "The machine is restored.", standingChoices, "reboot");
}

async function afterRestore(rescue: Rescue, mode: Mode): Promise<void> {
  const end = await endOf(rescue, mode);
  if (end === "shell") await openShell(rescue);
  ejectCarrier(rescue);
  const off = end === "poweroff";
  rescue.reporter.step(off ? "Switching the restored machine off" : "Restarting into the restored system");
  await leave(rescue, off ? "poweroff" : "reboot");
}

/** Runs one mode; problems are explained. The caller goes on with the menu. */
async function runMode(
  rescue: Rescue,
  runners: ModeRunners,
  mode: Exclude<Mode, "expert">,
  once?: string,
): Promise<void> {
  try {
    // Disks that come late (a controller that spins them up one by one) must be there before any is chosen.
    const settled = await rescue.modules.settle(1000, 60_000);
    if (!settled) rescue.reporter.warn(`Still busy: ${rescue.modules.doing()}. Going on without it.`);
    const runner = runners[mode];
    if (!runner) throw new MondoError("unsupported", `this build has no ${mode} mode`);
    const context = await restoreContext(rescue);
    const whole = mode === "compare" ? context : await addParents(rescue, context, mode === "interactive");
    await postStatus(rescue, mode, "begun");
    const outcome = await runner(once === undefined ? whole : { ...whole, once }, rescue.options);
    rescue.log(`${mode} ended: ${outcome}`);
    await postStatus(rescue, mode, outcome);
    if (outcome === "done" && mode !== "compare") await afterRestore(rescue, mode);
    if (outcome === "already") await leave(rescue, "reboot");
  } catch (error) {
    explain(rescue, mode === "compare" ? "The comparison" : "The restore", error);
    await postStatus(rescue, mode, "failed", messageOf(error));
  }
}

const MODE_CHOICES = [
  { key: "interactive", label: "Restore, with questions" },
  { key: "nuke", label: "Restore everything as it was, without questions (nuke): erases the disks" },
  { key: "compare", label: "Compare the disks with the backup (changes nothing)" },
];

/** Pure: what is done first. Answers only fill in what the boot words leave open: whoever chose to compare gets no nuke. */
export function firstMode({ options, answers }: Pick<Rescue, "options" | "answers">): Mode {
  return options.modeGiven ? options.mode : (answers?.mode ?? options.mode);
}

/** The menu of the rescue system, for ever: what the boot menu, or the answers, chose is done first. */
export async function runModes(rescue: Rescue, runners: ModeRunners): Promise<void> {
  const mode = firstMode(rescue);
  if (mode === "expert") await openShell(rescue);
  // Only what nobody sits before may come again by itself; a person who chooses nuke in the menu means it.
  else if (mode !== "interactive") await runMode(rescue, runners, mode, rescue.options.once);
  for (;;) {
    const choice = await choose(rescue, "What shall be done?", [...MODE_CHOICES, ...standingChoices], "interactive");
    if (await doStandingChoice(rescue, choice)) continue;
    await runMode(rescue, runners, choice as Exclude<Mode, "expert">);
  }
}
