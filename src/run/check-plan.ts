import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Secrets } from "../base/secret.ts";
import type { Host } from "../host/host.ts";
import { requireRoot } from "../plan/require-root.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { secretsOf } from "../plan/secrets-of.ts";
import { candidatesFrom } from "../probe/candidates.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { guardDisks, guardFilesystems, guardVolumes, missingTools } from "./guard.ts";
import { guardEffect } from "./guard-effect.ts";
import { guardHere, ownDisks } from "./guard-here.ts";

/**
 * Refuses a plan if it has no root, a tool is missing, an effect leaves the plan's disks, or `facts` show that these
 * have changed.
 */
export function checkPlan(host: Host, plan: Plan, facts: StorageFacts): void {
  requireRoot(plan.layout);
  const missing = missingTools(host, plan);
  if (missing.length > 0) {
    throw new MondoError("tool-missing", msg`the rescue lacks ${missing.join(", ")}, which the restore needs`, {
      hint: msg`Make the rescue image again on a machine that has them.`,
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
export function requireSecrets(plan: Plan, secrets: Secrets | undefined): void {
  const lacking = secretsOf(plan).find((id) => !secrets?.has(id));
  if (lacking === undefined) return;
  throw new MondoError("refused", msg`the pass phrase of ${lacking} is missing`, { hint: msg`Nothing was written.` });
}
