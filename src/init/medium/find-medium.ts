import { MondoError } from "../../base/errors.ts";
import type { Rescue } from "../rescue.ts";
import { explainRejections, lookForMedium } from "./look-for-medium.ts";
import type { Medium } from "./mounted-medium.ts";
import type { Rejection } from "./try-device.ts";

/** A drive that spins up, a stick that is slow to show: this long after the last sign of a new device. */
const PATIENCE_MS = 30_000;
/** A device that comes and goes for ever must not keep us waiting for ever. */
const LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 500;

function notFound(wanted: string | undefined, known: ReadonlyMap<string, Rejection>): MondoError {
  const what = wanted === undefined ? "no backup set" : `no medium with the backup set ${wanted}`;
  return new MondoError("not-found", `${what} was found:\n${explainRejections(known).join("\n")}`, {
    hint: "Insert or connect the medium and look again. mondo.set= in /proc/cmdline is the set that is looked for.",
  });
}

/** Looks for the medium for as long as devices come, then `patienceMs` more; any key ends the wait. */
export async function findMedium(rescue: Rescue, patienceMs = PATIENCE_MS): Promise<Medium> {
  const { host, consoles, modules, reporter } = rescue;
  const wanted = rescue.options.set ?? rescue.identity.set;
  const known = new Map<string, Rejection>();
  const began = host.nowMs();
  let [interrupted, told] = [false, false];
  const stop = consoles.onKeys(() => {
    interrupted = true;
  });
  try {
    for (;;) {
      const medium = await lookForMedium(host, { set: wanted }, known);
      if (medium) return medium;
      const waited = host.nowMs() - began;
      const quiet = Math.min(waited, modules.quietMs());
      if (interrupted || quiet >= patienceMs || waited >= LIMIT_MS) throw notFound(wanted, known);
      if (!told && waited > 3000) reporter.info("Waiting for the medium (any key ends the wait)");
      told ||= waited > 3000;
      await host.sleep(LOOK_EVERY_MS);
    }
  } finally {
    stop();
  }
}
