/** Takes sets out of their place that no rule keeps. */

import { findParents, requireParents } from "../../archive/set/chain.ts";
import { openSet } from "../../archive/set/open-set.ts";
import { droppingNotes, notePathOf } from "../../archive/verify/reading-note.ts";
import { verifySet } from "../../archive/verify/verify-set.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { processorCount } from "../../host/threads.ts";
import { machineId } from "../describe-host.ts";
import { runIdOf } from "../request.ts";
import { type AgingSet, decideRetention, type Question, type RetentionDecision } from "./decide-retention.ts";
import { agingOf, familyOfSet, type PlacedSet, setNameOf } from "./sets-at.ts";

/** A set with what its age counts by. */
export type AgedSet = AgingSet & { readonly placed: PlacedSet };

/** Which of the sets stay. `family`: what belongs together, if that is not machine and prefix. */
export function decideFor(
  sets: readonly PlacedSet[],
  question: Question,
  family: Parameters<typeof agingOf>[1] = familyOfSet,
): RetentionDecision<AgedSet> {
  return decideRetention(
    sets.map((placed) => ({ ...agingOf(placed, family), placed })),
    question,
  );
}

/** The time zone of this machine, `Europe/Berlin`: of TZ, or that which /etc/localtime leads to; else UTC. */
export function zoneOf(host: Pick<Host, "env" | "realPath">): string {
  const file = host.realPath("/etc/localtime") ?? "";
  const [, zone] = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(file) ?? [];
  return host.env.TZ?.replace(/^:/, "") || zone || "UTC";
}

/** Takes a set out of its place; one that is cut off is taken for none. */
export type Remover = (set: PlacedSet) => Promise<void>;

/** Removes a set from a file system. */
export function removeHere(host: Host): Remover {
  return async ({ form, parts, place, home, manifest }) => {
    // The first image goes first: the others are no set without it.
    for (const part of form === "image" ? parts : []) {
      host.remove(part);
      host.remove(notePathOf(part));
    }
    if (form === "image") return;
    // Under the name of a leftover: when this is cut off, nobody takes the rest for a set, and the next run removes it.
    const prefix = manifest ? setNameOf(manifest) : "unknown";
    const dying = `${home === "/" ? "" : home}/.mondo.scratch.${runIdOf(machineId(host))}.${prefix}`;
    host.rename(place, dying);
    host.remove(dying);
  };
}

/** Reads a set through: only what is there for certain takes another's place. Throws `damaged`. */
export async function requireSoundSet(
  host: Host,
  place: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  reporter.step(msg`Reading ${place} back, before older ones go`);
  const opened = openSet(host, place);
  // Of one that builds on others, what it uses of them is read, too.
  const whole = requireParents(opened, findParents(host, opened));
  const work = () => verifySet(host, whole, processorCount(), reporter, signal);
  const { defects, damaged } = await droppingNotes(
    { host, set: whole, reporter },
    work,
    (found) => found.defects.length + found.damaged.length > 0,
  );
  const wrong = defects[0] ?? damaged.map(({ path, reason }) => `${path}: ${reason}`)[0];
  if (wrong === undefined) return;
  throw new MondoError("damaged", msg`${place} is not what was written: ${wrong}; all older backups stay`, {
    hint: msg`Look after the disk or share that it lies on, and start the backup again.`,
  });
}

/** Removes what is to go, one after the other, and says so; `shown`: its path for people. */
export async function dropSets(
  sets: readonly PlacedSet[],
  remove: Remover,
  reporter: Reporter,
  signal: AbortSignal,
  shown = (path: string) => path,
): Promise<void> {
  for (const set of sets) {
    signal.throwIfAborted();
    await remove(set);
    reporter.info(msg`${shown(set.place)} is removed: no rule keeps it`);
  }
}
