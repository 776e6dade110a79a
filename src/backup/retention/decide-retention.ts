/** Which sets stay in their place, and why. Pure. */
import { msg } from "../../base/message.ts";
import type { Periods } from "./calendar.ts";

/** How many stay: the last ones, and the last one of each of so many days, weeks, months and years that have one. */
export interface KeepRules {
  readonly last?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

/** A set as far as its age counts. */
export interface AgingSet {
  /** Tells it from all others here: its place. */
  readonly place: string;
  /** Where it lies among others of its kind. */
  readonly home: string;
  /** Seconds since 1970; undefined: nobody knows. */
  readonly created: number | undefined;
  /** Undefined: nobody knows. */
  readonly level: number | undefined;
  /** What its manifest says; undefined: that can't be read. */
  readonly known?: {
    readonly set: string;
    /** Equal for the sets of one machine and one purpose, and for no others. */
    readonly family: string;
    /** Sets that it builds on. */
    readonly parents: readonly string[];
    /** Why it can't be restored as it is, as a phrase; undefined: nothing speaks against it. */
    readonly flaw: string | undefined;
  };
}

/** What a decision is made by. */
export interface Question {
  readonly rules: KeepRules;
  /** The sets that may go at all. */
  readonly family: string;
  /** Seconds since 1970. */
  readonly now: number;
  readonly periodsOf: (seconds: number) => Periods;
  /** The place of the set that was just made: it stays, whatever its date. */
  readonly made?: string;
}

/** Why a set stays, for programs: a rule, or what keeps it whatever the rules. */
export type KeepCode =
  | keyof KeepRules
  | "no-rule"
  | "just-made"
  | "newest"
  | "needed"
  | "perhaps-needed"
  | "unreadable"
  | "another-family"
  | "incomplete"
  | "future";

/** Why a set stays; the text is a phrase for people. */
export interface KeepReason {
  readonly code: KeepCode;
  readonly text: string;
}

/** A set that stays, and why. */
export interface KeptSet<S> {
  readonly set: S;
  readonly because: readonly KeepReason[];
}

/** What stays and what goes; what goes is in an order in which nothing is missed meanwhile. */
export interface RetentionDecision<S> {
  readonly keep: readonly KeptSet<S>[];
  readonly drop: readonly S[];
  /** The newest one that counts for the rules. */
  readonly newest: S | undefined;
}

const periodRules = ["daily", "weekly", "monthly", "yearly"] as const;
/** Two clocks may differ by so much. */
const SKEW_SECONDS = 3600;

const reason = (code: KeepCode, text: string): KeepReason => ({ code, text });

/** Why a set is no candidate for going, whatever the rules; it doesn't count for them either. */
function standsApart<S extends AgingSet>(sets: readonly S[], { family, now, made }: Question) {
  const whole = new Set(sets.flatMap(({ known }) => (known && known.flaw === undefined ? [known.set] : [])));
  return ({ known, created, place }: S): KeepReason | undefined => {
    if (known === undefined || created === undefined) return reason("unreadable", msg`it can't be read`);
    if (known.family !== family) return reason("another-family", msg`it is another machine's, or has another prefix`);
    if (known.flaw !== undefined) return reason("incomplete", known.flaw);
    if (known.parents.some((parent) => !whole.has(parent)))
      return reason("incomplete", msg`what it builds on is not here`);
    return created > now + SKEW_SECONDS && place !== made
      ? reason("future", msg`its date is in the future`)
      : undefined;
  };
}

/** The rules by which sets stay, by their ids, newest first. Copies of a set are one. */
function ruled(newestFirst: readonly AgingSet[], { rules, periodsOf }: Question): Map<string, KeepReason[]> {
  const created = new Map(newestFirst.map((set) => [set.known?.set ?? "", set.created ?? 0]));
  const reasons = new Map<string, KeepReason[]>([...created.keys()].map((id) => [id, []]));
  for (const [index, own] of [...reasons.values()].entries()) {
    if (index < (rules.last ?? 0)) own.push(reason("last", `last ${index + 1}`));
  }
  for (const rule of periodRules) {
    const seen = new Set<string>();
    for (const [id, seconds] of created) {
      const period = periodsOf(seconds)[rule];
      if (seen.has(period) || seen.size >= (rules[rule] ?? 0)) continue;
      seen.add(period);
      reasons.get(id)?.push(reason(rule, `${rule} ${period}`));
    }
  }
  return reasons;
}

/** What one that can't be read may build on: all in its directory from the last full one before it. */
function mayNeed<S extends AgingSet>(sets: readonly S[], { home, created, level }: S): readonly S[] {
  if (level === 0) return [];
  const beside = sets.filter((one) => one.home === home && one.known);
  if (created === undefined) return beside;
  const before = beside.filter((one) => (one.created ?? 0) <= created);
  const fulls = before.filter((one) => one.level === 0).map((one) => one.created ?? 0);
  const from = Math.max(...fulls, Number.NEGATIVE_INFINITY);
  return before.filter((one) => (one.created ?? 0) >= from);
}

/** Newest first; of one moment, those that build on others first, then in the order of their places. */
function byAge(a: AgingSet, b: AgingSet): number {
  const age = (b.created ?? 0) - (a.created ?? 0);
  return age || (b.level ?? 0) - (a.level ?? 0) || (a.place < b.place ? -1 : 1);
}

/** Without what is said already. */
function unique(reasons: readonly KeepReason[] = []): readonly KeepReason[] {
  return [...new Map(reasons.map((one) => [`${one.code} ${one.text}`, one])).values()];
}

/**
 * Decides what stays. Sets of other machines and prefixes, those that can't be read or restored, and those from the
 * future stay, and count for no rule. What a set that stays builds on stays. Without any rule all stay. The newest
 * one always does.
 */
export function decideRetention<S extends AgingSet>(sets: readonly S[], question: Question): RetentionDecision<S> {
  const apart = standsApart(sets, question);
  const counted = sets.filter((set) => apart(set) === undefined).sort(byAge);
  const hasRule = Object.values(question.rules).some((count) => count > 0);
  const reasons = ruled(counted, question);
  const because = new Map<S, KeepReason[]>(
    sets.map((set) => {
      const strange = apart(set);
      const own = strange === undefined ? [...(reasons.get(set.known?.set ?? "") ?? [])] : [strange];
      if (!hasRule && strange === undefined) own.push(reason("no-rule", msg`there is no rule`));
      if (set.place === question.made) own.push(reason("just-made", msg`it was just made`));
      if (set === counted[0] && own.length === 0) own.push(reason("newest", msg`it is the newest`));
      return [set, own];
    }),
  );
  const needed = (ids: ReadonlySet<string>, why: KeepReason) => {
    for (const set of sets) if (ids.has(set.known?.set ?? "")) because.get(set)?.push(why);
  };
  const below = reason("needed", msg`others build on it`);
  const staying = sets.filter((set) => (because.get(set) ?? []).length > 0);
  needed(new Set(staying.flatMap(({ known }) => known?.parents ?? [])), below);
  const unread = sets.filter(({ known, created }) => known === undefined || created === undefined);
  for (const one of unread.flatMap((set) => mayNeed(sets, set))) {
    because.get(one)?.push(reason("perhaps-needed", msg`one that can't be read may build on it`));
    needed(new Set(one.known?.parents), below);
  }
  const stays = (set: S) => (because.get(set) ?? []).length > 0;
  return {
    newest: counted[0],
    keep: sets.filter(stays).map((set) => ({ set, because: unique(because.get(set)) })),
    // What builds on others goes before them: a run that is cut off leaves none without what it needs.
    drop: sets.filter((set) => !stays(set)).sort((a, b) => (b.level ?? 0) - (a.level ?? 0) || -byAge(a, b)),
  };
}
