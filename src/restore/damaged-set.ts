/** A backup of which a part is damaged: which files that costs, and whether to go on without them. */

import { damagedFiles } from "../archive/verify/verify-set.ts";
import type { DamagedVolume } from "../archive/verify/verify-volumes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { RestoreContext } from "./context.ts";
import { workerThreads } from "./memory.ts";

/** Named in a refusal; all are in the log. */
const MOST_NAMED = 5;
/** Shown before the question. */
const MOST_SHOWN = 20;

const GO_ON = msg`Look for another copy. To restore what is whole: choose interactive, or give mondo.without-damaged (answers: "withoutDamaged": true, mondo restore: --without-damaged). Files alone: mondo verify SET --salvage --to DIR.`;

const files = (count: number): string => (count === 1 ? msg`1 file` : msg`${count} files`);

/** Paths of the files that damaged volumes cost. */
async function filesHit(context: RestoreContext, found: readonly DamagedVolume[]): Promise<readonly string[]> {
  const { host, manifest, setDirectory, reporter } = context;
  const beside = (name: string) => {
    const path = `${setDirectory}/${name}`;
    const stat = host.stat(path);
    return stat && { path, offset: 0, sizeBytes: stat.sizeBytes };
  };
  const names = new Set(found.map(({ file }) => file.name));
  const volumes = new Set(manifest.volumes.flatMap(({ name }, index) => (names.has(name) ? [index] : [])));
  reporter.step(msg`Looking for the files that this costs`);
  const set = { name: setDirectory, manifest, locate: context.locate ?? beside };
  return (await damagedFiles(set, volumes, workerThreads(host), reporter)).map(({ path }) => path);
}

const SIGNED_GO_ON = msg`Look for another copy. What differs from what was signed is only used when a person says so: choose interactive.`;

function refusal({ trusted }: RestoreContext, reasons: readonly string[], hit: readonly string[]): MondoError {
  const named = hit.slice(0, MOST_NAMED).join(", ");
  const more = hit.length > MOST_NAMED ? msg` and ${hit.length - MOST_NAMED} more` : "";
  const cost = hit.length === 0 ? "" : msg`; ${files(hit.length)} in it can't be restored: ${named}${more}`;
  return new MondoError("damaged", `${reasons.join("; ")}${cost}`, {
    hint: msg`Nothing was written. ${trusted ? SIGNED_GO_ON : GO_ON}`,
  });
}

function show({ reporter }: RestoreContext, reasons: readonly string[], hit: readonly string[]): void {
  for (const reason of reasons) reporter.warn(reason);
  for (const path of hit.slice(0, MOST_SHOWN)) reporter.warn(msg`Damaged: ${path}`);
  for (const path of hit.slice(MOST_SHOWN)) reporter.log(`Damaged: ${path}`);
  if (hit.length > MOST_SHOWN) reporter.warn(msg`… and ${hit.length - MOST_SHOWN} more, in the log`);
}

/**
 * Whether damaged files are left out without a question. Not of a set that must be signed: checksums of frames and
 * files tell what is damaged, not what somebody has changed so that they still fit.
 */
export const goesOnWithout = ({ withoutDamaged = false, trusted }: RestoreContext): boolean =>
  withoutDamaged && trusted === undefined;

/**
 * Decides on a damaged set before anything is written; returns what is left out, as a sentence. A person is asked
 * (`ask`), or the context says to go on. Throws `damaged` otherwise, and for a catalog, without which nothing is found.
 */
export async function agreeToDamage(
  context: RestoreContext,
  found: readonly DamagedVolume[],
  flaws: readonly string[],
  way: "ask" | "later",
): Promise<string> {
  const { manifest, ask, reporter } = context;
  const needed = found.find(({ file }) => !manifest.volumes.some(({ name }) => name === file.name));
  if (needed) throw new MondoError("damaged", needed.error.message, { hint: msg`Nothing was written. ${GO_ON}` });
  const reasons = [...flaws, ...found.map(({ error }) => error.message)];
  const hit = found.length === 0 ? [] : await filesHit(context, found);
  show(context, reasons, hit);
  const cost =
    found.length === 0 ? msg`The backup differs from what was written` : msg`${files(hit.length)} can't be restored`;
  const isAgreed =
    goesOnWithout(context) || (way === "ask" && (await ask.confirm(msg`${cost}. Go on all the same?`, false)));
  if (!isAgreed) throw refusal(context, reasons, hit);
  reporter.warn(msg`${cost}; going on with what is whole`);
  return msg`${cost}; the rest is intact.`;
}
