import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Secrets } from "../base/secret.ts";
import type { Action, PlacedImage } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { readDevices } from "../probe/read-devices.ts";
import { applyAction, type Execution } from "./apply-action.ts";
import { checkPlan, requireSecrets } from "./check-plan.ts";
import { closeChroot, unmountTree } from "./chroot.ts";
import { ownDisks } from "./guard-here.ts";
import { KeptDisks } from "./kept-disks.ts";

/** What carrying out a plan needs from outside. */
export interface ExecuteContext {
  readonly host: Host;
  readonly reporter: Reporter;
  /** Unpacks the set's files below a directory. */
  readonly unpack: (root: string, images: readonly PlacedImage[]) => Promise<void>;
  /**
   * Runs while the restored system is still mounted: verification, logs. Gets what optional steps failed at, and the
   * disks that are kept, closed by now.
   */
  readonly beforeUnmount?: (problems: readonly string[], kept: KeptDisks) => Promise<void>;
  /** File that gets one JSON line for each action begun, done or failed. Default: `/run/mondo/journal.jsonl`. */
  readonly journal?: string;
  readonly signal?: AbortSignal;
  /** What opens encrypted volumes; every secret that the plan needs. */
  readonly secrets?: Secrets;
  /** Tests restore onto loop devices. */
  readonly loops?: boolean;
}

/** Failures of optional steps, as sentences, and seconds by phase. */
export interface ExecuteResult {
  readonly problems: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

type Journal = (entry: Record<string, unknown>) => void;

/** Unmounts what an interrupted restore left. */
async function clearLeftovers(plan: Plan, host: Host): Promise<void> {
  await unmountTree(host, plan.root, true);
}

function journalWriter(host: Host, path: string): Journal {
  host.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
  return (entry) => host.append(path, `${JSON.stringify({ ...entry, at: new Date(host.nowMs()).toISOString() })}\n`);
}

function executionOf(plan: Plan, { host, reporter, unpack, secrets }: ExecuteContext, kept: KeptDisks): Execution {
  const log = (text: string) => reporter.log(text);
  const effects = { host, root: plan.root, unpack, log, kept, ...(secrets ? { secrets } : {}) };
  return { plan, own: ownDisks(host, plan), effects, problems: [] };
}

async function runAction(
  action: Action,
  execution: Execution,
  { signal, reporter }: ExecuteContext,
  write: Journal,
): Promise<void> {
  if (signal?.aborted) {
    const hint = msg`Start the restore again.`;
    throw new MondoError("cancelled", msg`stopped before: ${action.say}`, { hint });
  }
  reporter.step(action.say);
  write({ action: action.id, state: "begin" });
  await applyAction(action, execution);
  write({ action: action.id, state: "done" });
}

/**
 * Carries out a plan from its beginning. Refuses before the first write if a disk has changed, a tool is missing or an
 * effect leaves the plan's disks. After a failure the mounts stay, so that one can look; the next start clears them.
 */
export async function executePlan(plan: Plan, context: ExecuteContext): Promise<ExecuteResult> {
  const { host, reporter } = context;
  await clearLeftovers(plan, host);
  // The last look before the first write: the plan may be old.
  checkPlan(host, plan, await readDevices(host, { loops: context.loops ?? false }));
  requireSecrets(plan, context.secrets);
  const write = journalWriter(host, context.journal ?? "/run/mondo/journal.jsonl");
  const kept = new KeptDisks(host, plan);
  const execution = executionOf(plan, context, kept);
  const seconds: Record<string, number> = {};
  write({ plan: plan.set, state: "begin" });
  try {
    for (const phase of plan.phases) {
      const started = host.nowMs();
      if (phase.phase === "finish") await context.beforeUnmount?.([...execution.problems], kept);
      for (const action of phase.actions) await runAction(action, execution, context, write);
      seconds[phase.phase] = (host.nowMs() - started) / 1000;
    }
  } catch (error) {
    write({ state: "failed", reason: messageOf(error) });
    await closeChroot(host, plan.root).catch((cause) => reporter.log(messageOf(cause)));
    throw error;
  } finally {
    kept.open();
  }
  host.sync();
  write({ plan: plan.set, state: "done" });
  return { problems: [...kept.defects(), ...execution.problems], seconds };
}
