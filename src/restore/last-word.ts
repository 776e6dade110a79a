import { msg } from "../base/message.ts";
import type { Plan } from "../plan/restore-plan.ts";
import type { RestoreContext } from "./context.ts";

/** Seconds to stop an unattended restore; the same as in Mondo. */
export const COUNTDOWN_SECONDS = 20;

/** More would not fit on a line with the seconds. */
const MOST_NAMED = 3;

/** The disks of a plan on a line. */
export function namedDisks({ disks }: Pick<Plan, "disks">): string {
  const more = disks.length > MOST_NAMED ? msg` and ${disks.length - MOST_NAMED} more` : "";
  const paths = disks.slice(0, MOST_NAMED).map(({ path }) => path);
  return `${paths.join(", ")}${more}`;
}

const STOPS: ReadonlySet<string | undefined> = new Set([undefined, "no", "back"]);

/**
 * Lets any key stop what a file of answers is about to agree to in the rescue: whoever sits there was asked nothing.
 * Called right before the question. `what`: what becomes of the disks.
 */
export async function nobodyStops(
  { ask, countdown, isRescue }: Pick<RestoreContext, "ask" | "countdown" | "isRescue">,
  question: string,
  plan: Pick<Plan, "disks">,
  what: string,
): Promise<boolean> {
  if (isRescue !== true || STOPS.has(ask.given?.(question))) return true;
  const are = plan.disks.length === 1 ? "is" : "are";
  const text = msg`The answers agree: ${namedDisks(plan)} ${are} ${what}, in`;
  return (await countdown(COUNTDOWN_SECONDS, text)) === "elapsed";
}
