import { MondoError, messageOf } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import type { Secrets } from "../base/secret.ts";
import type { Action, Effect, PlacedImage } from "../effects/effect.ts";
import { showEffect } from "../effects/effect-rows.ts";
import type { Host } from "../host/host.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { secretsOf } from "../plan/secrets-of.ts";
import { candidatesFrom } from "../probe/candidates.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { readDevices } from "../probe/read-devices.ts";
import { applyEffect, type EffectContext } from "./apply-effect.ts";
import { closeChroot, unmountTree } from "./chroot.ts";
import { guardDisks, guardFilesystems, guardVolumes, missingTools } from "./guard.ts";
import { guardEffect } from "./guard-effect.ts";
import { guardHere, type OwnDisks, ownDisks } from "./guard-here.ts";

/** What carrying out a plan needs from outside. */
export interface ExecuteContext {
  readonly host: Host;
  readonly reporter: Reporter;
  /** Unpacks the set's files below a directory. */
  readonly unpack: (root: string, images: readonly PlacedImage[]) => Promise<void>;
  /** Runs while the restored system is still mounted: verification, logs. */
  readonly beforeUnmount?: () => Promise<void>;
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

/** Refuses a plan if a tool is missing, an effect leaves the plan's disks, or `facts` show that these have changed. */
export function checkPlan(host: Host, plan: Plan, facts: StorageFacts): void {
  const missing = missingTools(host, plan);
  if (missing.length > 0) {
    throw new MondoError("tool-missing", `the rescue lacks ${missing.join(", ")}, which the restore needs`, {
      hint: "Make the rescue image again on a machine that has them.",
    });
  }
  const effects = plan.phases.flatMap(({ actions }) => actions.flatMap((action) => action.effects));
  for (const effect of effects) guardEffect(plan, effect);
  guardDisks(plan, candidatesFrom(facts));
  guardVolumes(plan, facts);
  guardFilesystems(plan, facts);
  const own = ownDisks(host, plan);
  for (const effect of effects) guardHere(host, plan, own, effect);
}

/** Nothing may be erased while a pass phrase that is needed later is missing. */
function requireSecrets(plan: Plan, secrets: Secrets | undefined): void {
  const lacking = secretsOf(plan).find((id) => !secrets?.has(id));
  if (lacking === undefined) return;
  throw new MondoError("refused", `the pass phrase of ${lacking} is missing`, { hint: "Nothing was written." });
}

/** Unmounts what an interrupted restore left. A restore always starts from scratch: only then is its result certain. */
async function clearLeftovers(plan: Plan, host: Host): Promise<void> {
  await unmountTree(host, plan.root, true);
}

function journalWriter(host: Host, path: string): (entry: Record<string, unknown>) => void {
  host.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
  return (entry) => host.append(path, `${JSON.stringify({ ...entry, at: new Date(host.nowMs()).toISOString() })}\n`);
}

function explain(action: Action, error: unknown): MondoError {
  const known = error instanceof MondoError ? error : undefined;
  return new MondoError(known?.code ?? "bug", `${action.say}: ${messageOf(error)}`, {
    hint:
      known?.hint ??
      "Look at the log, fix the cause in the shell, and start the restore again; it starts from scratch.",
    data: { ...known?.data, action: action.id },
    cause: error,
  });
}

/** What the actions of one run share. */
interface Execution {
  readonly plan: Plan;
  readonly own: OwnDisks;
  readonly effects: EffectContext;
  /** Failures of optional steps, as sentences. */
  readonly problems: string[];
}

const isOptional = (effect: Effect) =>
  effect.do === "efiEntry" || effect.do === "efiOrder" || (effect.do === "run" && effect.optional === true);

async function applyAction(action: Action, { plan, own, effects, problems }: Execution): Promise<void> {
  for (const effect of action.effects) {
    guardEffect(plan, effect);
    guardHere(effects.host, plan, own, effect);
    effects.log(`${action.id}: ${showEffect(effect)}`);
    try {
      await applyEffect(effects, effect);
    } catch (error) {
      if (!isOptional(effect)) throw explain(action, error);
      problems.push(`${action.say}: ${messageOf(error)}`);
    }
  }
}

/**
 * Carries out a plan from its beginning. Refuses before the first write if a disk has changed, a tool is missing or an
 * effect leaves the plan's disks. After a failure the mounts stay, so that one can look; the next start clears them.
 */
export async function executePlan(plan: Plan, context: ExecuteContext): Promise<ExecuteResult> {
  const { host, reporter, signal } = context;
  await clearLeftovers(plan, host);
  // The last look before the first write: the plan may be old.
  checkPlan(host, plan, await readDevices(host, { loops: context.loops ?? false }));
  requireSecrets(plan, context.secrets);
  const write = journalWriter(host, context.journal ?? "/run/mondo/journal.jsonl");
  const effects: EffectContext = {
    host,
    root: plan.root,
    unpack: context.unpack,
    log: (text) => reporter.log(text),
    ...(context.secrets ? { secrets: context.secrets } : {}),
  };
  const execution: Execution = { plan, own: ownDisks(host, plan), effects, problems: [] };
  const seconds: Record<string, number> = {};
  write({ plan: plan.set, state: "begin" });
  try {
    for (const { phase, actions } of plan.phases) {
      const started = host.nowMs();
      if (phase === "finish") await context.beforeUnmount?.();
      for (const action of actions) {
        if (signal?.aborted)
          throw new MondoError("cancelled", `stopped before: ${action.say}`, {
            hint: "Start the restore again; it starts from scratch.",
          });
        reporter.step(action.say);
        write({ action: action.id, state: "begin" });
        await applyAction(action, execution);
        write({ action: action.id, state: "done" });
      }
      seconds[phase] = (host.nowMs() - started) / 1000;
    }
  } catch (error) {
    write({ state: "failed", reason: messageOf(error) });
    await closeChroot(host, plan.root).catch((cause) => reporter.log(messageOf(cause)));
    throw error;
  }
  host.sync();
  write({ plan: plan.set, state: "done" });
  return { problems: execution.problems, seconds };
}
