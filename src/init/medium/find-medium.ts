import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { type Rescue, wantedSet } from "../rescue.ts";
import { StoredSets } from "./find-stored.ts";
import { explainRejections, lookForMedium } from "./look-for-medium.ts";
import { lookForTape, mayAskWhich } from "./look-for-tape.ts";
import type { Medium } from "./mounted-medium.ts";
import type { Rejection } from "./try-device.ts";

/** A drive that spins up, a stick that is slow to show: this long after the last sign of a new device. */
const PATIENCE_MS = 30_000;
/** A device that comes and goes for ever must not keep us waiting for ever. */
const LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 500;

/** ISO media come first: file systems are only searched when no device has come for this long. */
const SEARCH_AFTER_MS = 1500;
/** And after this, arrays and groups, which are started for it. */
const DEEPER_AFTER_MS = 5000;

/**
 * Why the search ends without a medium; `looked`: what was looked at, as lines. `isAmbiguous`: several backups would
 * do, and nobody may choose among them. Pure.
 */
export function notFound(wanted: string | undefined, isAmbiguous: boolean, looked: readonly string[]): MondoError {
  const lines = looked.join("\n");
  if (isAmbiguous) {
    return new MondoError(
      "not-found",
      msg`several backups were found, and nothing says which one is meant:\n${lines}`,
      {
        hint: msg`Choose it below, or start again with its mondo.set=.`,
      },
    );
  }
  const what = wanted === undefined ? msg`no backup set` : msg`no medium with the backup set ${wanted}`;
  return new MondoError("not-found", msg`${what} was found:\n${lines}`, {
    hint: msg`Insert or connect the medium and look again. mondo.set= in /proc/cmdline is the set that is looked for.`,
  });
}

/** Looks into the file systems of disks and sticks, once devices have settled; further the longer it takes. */
async function search(rescue: Rescue, stored: StoredSets, quiet: number): Promise<Medium | undefined> {
  const { network } = rescue;
  const wanted = wantedSet(rescue);
  const mayAsk = mayAskWhich(rescue);
  if (quiet < SEARCH_AFTER_MS && !network.wishes.store) return undefined;
  if (quiet >= DEEPER_AFTER_MS) await stored.lookDeeper();
  else await stored.look();
  const isThere = stored.has(wanted);
  if (isThere || quiet >= DEEPER_AFTER_MS) return stored.choose(wanted, mayAsk);
  return undefined;
}

/**
 * Looks for the medium for as long as devices come, then `patienceMs` more; any key ends the wait. An ISO on a disc or
 * stick comes first, then tapes, then images and directories in file systems, those of arrays and groups last.
 */
export async function findMedium(rescue: Rescue, patienceMs = PATIENCE_MS): Promise<Medium> {
  const { host, consoles, modules, reporter, network } = rescue;
  const wanted = wantedSet(rescue);
  const known = new Map<string, Rejection>();
  const tapes = new Map<string, string>();
  const stored = new StoredSets(rescue);
  let found: Medium | undefined;
  const began = host.nowMs();
  let [interrupted, told] = [false, false];
  const stop = consoles.onKeys(() => {
    interrupted = true;
  });
  try {
    for (;;) {
      const { store, tape } = network.wishes;
      if (!store && !tape) found = await lookForMedium(host, { set: wanted }, known);
      if (!store) found ??= await lookForTape(rescue, wanted, tapes);
      const waited = host.nowMs() - began;
      const quiet = Math.min(waited, modules.quietMs());
      if (!tape) found ??= await search(rescue, stored, quiet);
      if (found) return found;
      if (interrupted || quiet >= patienceMs || waited >= LIMIT_MS) {
        const onTape = [...tapes].map(([device, because]) => `  ${device}: ${because}`);
        const looked = [...explainRejections(known), ...onTape, ...stored.explain(wanted)];
        throw notFound(wanted, wanted === undefined && !mayAskWhich(rescue) && stored.sets.length > 1, looked);
      }
      if (!told && waited > 3000) reporter.info(msg`Waiting for the medium (any key ends the wait)`);
      told ||= waited > 3000;
      await host.sleep(LOOK_EVERY_MS);
    }
  } finally {
    stop();
    await stored.close(found);
  }
}
