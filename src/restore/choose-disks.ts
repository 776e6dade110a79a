import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { dispensableDisks } from "../drivers/dispensables.ts";
import { type Candidate, describeCandidate } from "../layout/candidate.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { type NodeId, nodesOf } from "../layout/types.ts";
import { NO_DISK } from "../plan/plan-onto.ts";
import type { StorageFacts } from "../probe/facts.ts";
import type { About } from "../ui/ask.ts";
import type { RestoreContext } from "./context.ts";
import { choosableDisks, prepareRestore, type Ready } from "./prepare.ts";

/** Which disk here becomes which of the set. Default: what the matching rules and the file of answers say. */
export type ChosenDisks = Readonly<Record<NodeId, string>> | undefined;

const ABOUT: About = {
  title: msg`Restore 2/4: the choice of a disk`,
  help: [
    msg`Each disk of this machine that may be written to, with what is on it now. Those that carry the backup are not among them.`,
    msg`Nothing is written yet: the next screen shows what becomes of every disk, and undoes the choice.`,
  ],
};

type Offer = Parameters<RestoreContext["ask"]["menu"]>[1][number];

/** Asks until a disk is named that is blank or of the set, or whose content is given up in so many words. */
async function chooseDisk(
  { ask }: RestoreContext,
  text: string,
  free: readonly Candidate[],
  isHeld: (candidate: Candidate) => boolean,
  others: readonly Offer[],
): Promise<string> {
  const there = free.map((candidate) => ({ key: candidate.disk.path, label: describeCandidate(candidate) }));
  for (;;) {
    const path = await ask.menu(text, [...there, ...others], undefined, ABOUT);
    const held = free.find((candidate) => candidate.disk.path === path && isHeld(candidate));
    if (!held) return path;
    const what = msg`${path} holds what is not of the backup (${held.contents}).`;
    if (await ask.confirm(msg`${what} Is all of it to be lost?`, false, ABOUT)) return path;
  }
}

/**
 * Asks for each disk of the set that is not kept which disk of this machine is to replace it. Throws `no-match` when
 * none is left.
 */
export async function chooseDisks(
  context: RestoreContext,
  facts: StorageFacts,
): Promise<Readonly<Record<NodeId, string>>> {
  const { layout } = context.manifest;
  const chosen: Record<NodeId, string> = {};
  const without = dispensableDisks(layout);
  const { disks, isHeld, isKept } = choosableDisks(context, facts);
  for (const disk of nodesOf(layout, "disk").filter(({ id }) => !isKept(id))) {
    const free = disks.filter((c) => !Object.values(chosen).includes(c.disk.path));
    const less = without.get(disk.id);
    if (free.length === 0 && less !== undefined) {
      chosen[disk.id] = NO_DISK;
      continue;
    }
    if (free.length === 0) {
      throw new MondoError("no-match", msg`no disk is left to become ${describeDiskShortly(disk)}`, {
        hint: msg`Put in a disk, or load the driver of its controller.`,
      });
    }
    const none = less === undefined ? [] : [{ key: NO_DISK, label: msg`None: do without ${less}` }];
    const text = msg`Which disk shall become ${describeDiskShortly(disk)}?`;
    chosen[disk.id] = await chooseDisk(context, text, free, isHeld, none);
  }
  return chosen;
}

/** A plan by the matching rules; by questions where those are not enough. */
export async function findPlan(
  context: RestoreContext,
  facts: StorageFacts,
  chosen: ChosenDisks,
): Promise<{ readonly ready: Ready; readonly chosen: ChosenDisks }> {
  try {
    return { ready: prepareRestore(context, facts, chosen), chosen };
  } catch (error) {
    if (!(error instanceof MondoError) || error.code !== "no-match") throw error;
    // Its hint is for those whom nobody asks.
    context.reporter.warn(msg`${messageOf(error)}. Choose a disk; or go back, put in another one, and begin again.`);
    const answers = await chooseDisks(context, facts);
    return { ready: prepareRestore(context, facts, answers), chosen: answers };
  }
}
