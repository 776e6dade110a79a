import { countProblems, describeProblems } from "../archive/set/saved-problems.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg, told } from "../base/message.ts";
import type { Secrets } from "../base/secret.ts";
import { formatDuration } from "../base/units.ts";
import { mountsInOrder } from "../layout/graph.ts";
import type { Layout } from "../layout/types.ts";
import { executePlan } from "../run/execute.ts";
import type { HookMoment } from "../run/find-hooks.ts";
import { labelWhatIsNew } from "../run/labels.ts";
import { runHooks } from "../run/run-hooks.ts";
import { verifyRestoredLayout } from "../run/verify.ts";
import { bringKeptFiles, filesPending } from "./bring-kept-files.ts";
import { REPORT_IN_SYSTEM, REPORT_PATH, restoreReport } from "./closing-report.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { dropRecord, leaveRecord } from "./cut-off.ts";
import { filesWanted } from "./kept-files.ts";
import { leaveMarker } from "./once.ts";
import type { Ready } from "./prepare.ts";
import { describeSources, firstCause, newFindings, type RestoreFindings, reportLines } from "./restore-report.ts";
import { dropHeaders } from "./saved-headers.ts";
import { savedHooks } from "./saved-hooks.ts";
import { unpackAndCompare } from "./unpack-and-compare.ts";

/**
 * Leaves log and report in the restored system, where its administrator will look for them; not in one that is
 * read-only by now.
 */
function leaveLog({ host, root, logText, reporter }: RestoreContext, report: string): void {
  try {
    host.makeDirectory(`${root}/var/log`);
    host.write(`${root}/var/log/mondo-restore.log`, logText(), 0o600);
    host.write(`${root}${REPORT_IN_SYSTEM}`, report, 0o600);
  } catch (error) {
    reporter.info(msg`The log can't be written to /var/log of the restored system: ${messageOf(error)}`);
  }
}

/** Labels what the restore has made, as the last of all; returns what has none. */
async function labelNew(context: RestoreContext, layout: Layout): Promise<readonly string[]> {
  try {
    return await labelMounted(context, layout);
  } catch (error) {
    // The machine is restored, whatever happens here.
    return [msg`SELinux: new files have no labels (${messageOf(error)}): run restorecon -R / in the restored system`];
  }
}

async function labelMounted({ host, root, reporter }: RestoreContext, layout: Layout): Promise<readonly string[]> {
  const mounts = mountsInOrder(layout).map(({ path }) => path);
  const present = mounts.filter((path) => host.stat(path === "/" ? root : `${root}${path}`)?.kind === "directory");
  const log = (text: string) => reporter.log(text);
  const { labelled, defects } = await labelWhatIsNew({ host, root, log }, [...new Set(present)]);
  if (labelled > 0) reporter.info(msg`SELinux: ${labelled} new files and directories got their labels`);
  return defects;
}

const MOST_SHOWN = 20;

/** Warns with the first lines; the rest goes to the log only. */
function warnAll({ reporter }: RestoreContext, lines: readonly string[]): void {
  for (const line of lines.slice(0, MOST_SHOWN)) reporter.warn(line);
  for (const line of lines.slice(MOST_SHOWN)) reporter.log(line);
  if (lines.length > MOST_SHOWN) reporter.warn(msg`… and ${lines.length - MOST_SHOWN} more, in the log`);
}

const FOLLOWED = msg`What followed could not work without these files; the log has it.`;

/** Where files failed, that comes first: what fails later, for want of them, is not the cause. */
function withFirstCause({ manifest }: RestoreContext, findings: RestoreFindings, error: unknown): unknown {
  const cause = firstCause(findings, manifest.layout);
  if (!cause) return error;
  const hint = cause.isFull ? msg`Restore onto larger disks, or make room. ${FOLLOWED}` : FOLLOWED;
  return new MondoError(cause.isFull ? "no-space" : "damaged", cause.text, { hint, cause: error });
}

const DAMAGED = msg`Look for another copy of the backup, and restore that, or what is missing from it: mondo extract SET PATH… --to DIR`;

/** Says what the backup itself could not save; the list goes to the log. */
function tellSaved({ manifest, reporter }: RestoreContext): void {
  const text = describeProblems(countProblems(manifest.problems), msg`the log and manifest.json name each`);
  if (text !== undefined) reporter.warn(text);
  for (const { path, severity, reason } of manifest.problems) reporter.log(`${severity} ${path}: ${told(reason)}`);
}

/** What the report says with what is known now. */
function reportNow(context: RestoreContext, ready: Ready, began: number, findings: RestoreFindings): string {
  const { manifest, host } = context;
  const found = reportLines(findings, manifest.layout);
  const unsaved = manifest.problems
    .filter(({ severity }) => severity !== "note")
    .map(({ path, reason }) => `${path}: ${told(reason)}`);
  const elsewhere = [...context.remarks, ...sourcesOf(context, findings)];
  return restoreReport({ context, ready, began, ended: host.nowMs(), found, unsaved, elsewhere });
}

/** How many volumes came from servers with copies. */
function sourcesOf({ spares, manifest }: RestoreContext, findings: RestoreFindings): readonly string[] {
  return describeSources(findings.elsewhere, manifest.volumes, spares?.taken() ?? new Map());
}

/** A restore under way. */
interface Course {
  readonly context: RestoreContext;
  readonly ready: Ready;
  readonly began: number;
  readonly findings: RestoreFindings;
}

/**
 * Brings the files on kept disks to the state of the set. What is in the restored system says that they are to come
 * until they are there, whatever happens meanwhile.
 */
async function bringFiles(course: Course, atHand: Parameters<typeof bringKeptFiles>[2]): Promise<void> {
  const { context, ready, began, findings } = course;
  const { plan } = ready;
  const failures = [...findings.failures, ...filesPending(plan)];
  leaveLog(context, reportNow(context, ready, began, { ...findings, failures }));
  context.host.sync();
  await bringKeptFiles(context, plan, atHand, findings);
}

async function execute(
  context: RestoreContext,
  ready: Ready,
  secrets: Secrets,
  findings: RestoreFindings,
): Promise<Readonly<Record<string, number>>> {
  const { host, reporter, firmware } = context;
  const { plan, goesOn = false } = ready;
  const began = host.nowMs();
  const warned: string[] = [];
  try {
    // The last look at what can be refused before the first write.
    const hooks = savedHooks(
      context,
      plan.disks.map(({ path }) => path),
    );
    const call = async (moment: HookMoment) => {
      warned.push(...(await runHooks(host, hooks, moment, reporter)));
    };
    await call("before-partition");
    const { problems, seconds } = await executePlan(plan, {
      host,
      reporter,
      secrets,
      async unpack(root, images) {
        leaveRecord(context, plan, root);
        await call("before-files");
        await unpackAndCompare(context, { root, devices: images, goOn: goesOn }, findings, plan.kept);
        dropRecord(root);
        await call("after-files");
      },
      async beforeUnmount(optional, kept) {
        // Everything is in place: what a hook says now does not undo it.
        await call("after-restore").catch((error: unknown) => warned.push(messageOf(error)));
        reporter.step(msg`Checking partitions, file systems and the boot chain`);
        const say = (text: string) => reporter.info(text);
        findings.defects = await verifyRestoredLayout(host, plan.layout, plan, { firmware, say });
        findings.failures = [...optional, ...warned];
        if (filesWanted(plan).length > 0) await bringFiles({ context, ready, began, findings }, { kept, secrets });
        leaveLog(context, reportNow(context, ready, began, findings));
        leaveMarker(context);
        findings.defects = [...findings.defects, ...(await labelNew(context, plan.layout))];
      },
    });
    findings.failures = [...new Set([...problems, ...findings.failures])];
    return seconds;
  } catch (error) {
    reporter.log(`the restore failed: ${messageOf(error)}`);
    throw withFirstCause(context, findings, error);
  } finally {
    dropHeaders(host);
  }
}

/**
 * Executes an approved plan, checks the result and reports what it found. `done`: files, layout and boot chain match
 * the backup; `differences`: the machine was restored, but not everything matches.
 */
export async function carryOut(context: RestoreContext, ready: Ready, secrets: Secrets): Promise<ModeOutcome> {
  const { host, reporter, manifest } = context;
  const { plan } = ready;
  const findings: RestoreFindings = newFindings();
  const started = host.nowMs();
  host.makeDirectory("/run/mondo");
  host.write("/run/mondo/plan.json", `${JSON.stringify(plan, null, 1)}\n`, 0o600);
  const seconds = await execute(context, ready, secrets, findings);
  const found = reportLines(findings, manifest.layout);
  // Unmounting may have failed since: this one is the last.
  host.write(REPORT_PATH, reportNow(context, ready, started, findings), 0o600);
  warnAll(context, found);
  tellSaved(context);
  if (findings.damagedFiles > 0) warnAll(context, [DAMAGED]);
  for (const text of sourcesOf(context, findings)) {
    reporter.info(text);
    context.remarks.push(text);
  }
  const phases = Object.entries(seconds).map(([phase, spent]) => `${phase} ${formatDuration(spent)}`);
  reporter.info(msg`Times: ${phases.join(", ")}`);
  const total = formatDuration((host.nowMs() - started) / 1000);
  if (found.length === 0) {
    reporter.step(msg`${manifest.host.name} is restored in ${total}; files, layout and boot chain were checked`);
    return "done";
  }
  const { problems, differences, failures, defects } = findings;
  const count = [problems, differences, failures, defects].reduce((sum, list) => sum + list.length, 0);
  reporter.step(
    msg`${manifest.host.name} is restored in ${total}, except for ${count} problem${count === 1 ? "" : "s"} listed above`,
  );
  return "differences";
}
