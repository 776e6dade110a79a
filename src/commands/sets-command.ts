import { mediumOf } from "../archive/set/manifest.ts";
import { isMeantMachine } from "../archive/set/same-machine.ts";
import { requireRoot } from "../backup/checks.ts";
import { describeHost } from "../backup/describe-host.ts";
import { calendarOf } from "../backup/retention/calendar.ts";
import type { KeepRules, KeptSet } from "../backup/retention/decide-retention.ts";
import { type AgedSet, decideFor, dropSets, requireSoundSet, zoneOf } from "../backup/retention/prune-sets.ts";
import { familyOfSet, type PlacedSet, setNameOf, setsAt } from "../backup/retention/sets-at.ts";
import { machineLock, requireQuiet, takeLock } from "../backup/run-lock.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { processId } from "../host/self.ts";
import { shareSyntax } from "../shares/share-words.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import { keepOptions, keepRulesOf } from "./keep-options.ts";
import { oneOperand } from "./layout-command.ts";
import { jsonOption } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";
import { type OpenPlace, withPlace } from "./with-place.ts";

const setsSpec: CommandSpec = {
  name: "sets",
  summary: msg`list the backups in a place, and remove those that no rule keeps`,
  usage: "PLACE [--prune [--dry-run] --keep N | --keep-daily N …] [OPTION]…",
  description: [
    msg`PLACE is a directory (four levels below it are looked into), an image, a stick that mondo made, or on a server: ${shareSyntax("all").join(", ")}.`,
    msg`One line for each backup, oldest first: when, level, size, machine, prefix and place, and whether it is signed. One that can't be restored as it is here, is named with the reason, and the exit status is 3. Lengths are compared, nothing is read through: see mondo verify.`,
    msg`--prune removes what none of the rules keeps, of this machine (its name and its machine-id) and of each prefix by itself. The newest one stays, is read through first, and where it is not what was written, nothing goes. Backups that can't be read, that lack something, whose date is in the future, of other machines, and all that others build on stay. Days are those of this machine's time zone.`,
  ],
  operands: "PLACE",
  operandCompletes: "directory",
  options: [
    { long: "prune", help: msg`remove what no rule keeps` },
    { long: "dry-run", help: msg`with --prune: say what would stay and go, and why, and remove nothing` },
    ...keepOptions.map((option) =>
      option.long === "keep" ? { ...option, help: msg`with --prune: keep the last N backups` } : option,
    ),
    {
      letter: "p",
      long: "prefix",
      value: "NAME",
      help: msg`only backups of this prefix; NAME* takes all prefixes that begin so, as one series`,
    },
    {
      long: "host",
      value: "NAME",
      help: msg`only those of this machine; --prune removes its backups, not this machine's`,
    },
    credentialsOption,
    jsonOption,
  ],
  examples: [
    { line: "mondo sets /srv/backup", does: msg`what is there` },
    {
      line: "mondo sets nas:/backup --prune --dry-run --keep-daily 7 --keep-weekly 4",
      does: msg`what would go, and why`,
    },
  ],
};

/** `2026-11-30 02:31`, of this machine's time zone. */
function localTime(seconds: number, zone: string): string {
  const options = { dateStyle: "short", timeStyle: "short", timeZone: zone } as const;
  try {
    return new Intl.DateTimeFormat("sv-SE", options).format(new Date(seconds * 1000));
  } catch {
    return new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: "UTC" }).format(new Date(seconds * 1000));
  }
}

const levelText = ({ level }: PlacedSet) => (level === undefined ? "?" : level === 0 ? msg`full` : msg`level ${level}`);

function fieldsOf(set: PlacedSet, flaw: string | undefined, shown: OpenPlace["shown"]): object {
  const { place, form, created, level, sizeBytes, manifest } = set;
  return {
    ...{ place: shown(place), form, created, level, sizeBytes, whole: flaw === undefined, flaw },
    ...(manifest && {
      ...{ set: manifest.set, host: manifest.host.name, machine: manifest.host.machine, prefix: setNameOf(manifest) },
      ...{ entries: manifest.entries, contentBytes: manifest.contentBytes, problems: manifest.problems.length },
      ...{ signed: manifest.signature !== undefined, media: mediumOf(manifest).of },
      parents: (manifest.parents ?? []).map((parent) => parent.set),
    }),
  };
}

/** A line of words in columns; the last one as it comes. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

function rowOf(set: PlacedSet, zone: string, shown: OpenPlace["shown"]): readonly string[] {
  const { manifest, created, sizeBytes, place } = set;
  const when = created === undefined ? "?" : localTime(created, zone);
  const name = manifest ? [manifest.host.name, setNameOf(manifest)] : ["?", "?"];
  const signed = manifest?.signature === undefined ? "" : msg`signed`;
  return [when, levelText(set), formatBytes(sizeBytes), ...name, signed, shown(place)];
}

/** What keeps each from being restored; of one that builds on others, also that these are not here. */
function flawsIn(sets: readonly PlacedSet[]): ReadonlyMap<PlacedSet, string> {
  const whole = new Set(sets.flatMap(({ manifest, flaw }) => (manifest && flaw === undefined ? [manifest.set] : [])));
  return new Map(
    sets.flatMap((set): [PlacedSet, string][] => {
      if (set.flaw !== undefined) return [[set, set.flaw]];
      const gone = set.manifest?.parents?.find((parent) => !whole.has(parent.set));
      return gone === undefined ? [] : [[set, msg`it builds on the backup ${gone.set}, which is not here`]];
    }),
  );
}

/** `-p`: exactly, or with a star behind it what begins so. */
function isPrefix(named: string | undefined, { manifest }: PlacedSet): boolean {
  if (named === undefined) return true;
  const prefix = manifest && setNameOf(manifest);
  return named.endsWith("*") ? (prefix?.startsWith(named.slice(0, -1)) ?? false) : prefix === named;
}

function list({ host, words, write, reporter }: CommandContext, { directory, shown }: OpenPlace): number {
  const unread: string[] = [];
  const all = setsAt(host, directory, ({ message }) => unread.push(message));
  const flaws = flawsIn(all);
  const name = words.values.get("host");
  const sets = all.filter(
    (set) => isPrefix(words.values.get("prefix"), set) && (name === undefined || set.manifest?.host.name === name),
  );
  if (words.flags.has("json")) {
    for (const set of sets) write(`${JSON.stringify({ event: "set", ...fieldsOf(set, flaws.get(set), shown) })}\n`);
  } else {
    write(table(sets.map((set) => rowOf(set, zoneOf(host), shown))));
    for (const set of sets) if (flaws.has(set)) reporter.warn(`${shown(set.place)}: ${flaws.get(set)}`);
  }
  for (const message of unread) reporter.warn(msg`${message}: what is there is not shown`);
  if (sets.length === 0) reporter.info(msg`There are no backups in ${shown(directory)}`);
  return unread.length > 0 || sets.some((set) => flaws.has(set)) ? 3 : 0;
}

/** What is pruned by itself: the families of this machine, or of that which was named. */
function familiesOf(host: Host, sets: readonly PlacedSet[], { words }: CommandContext): Map<string, PlacedSet[]> {
  const us = describeHost(host, "/");
  const named = words.values.get("host");
  const prefix = words.values.get("prefix");
  const own = sets.filter((set) => {
    const owner = set.manifest?.host;
    return owner !== undefined && isMeantMachine(owner, us, named) && isPrefix(prefix, set);
  });
  return Map.groupBy(own, ({ manifest }) => (manifest ? keyOfFamily(manifest, prefix) : ""));
}

/** With a star all prefixes that begin so are one. */
function keyOfFamily(manifest: Parameters<typeof familyOfSet>[0], prefix: string | undefined): string {
  if (!prefix?.endsWith("*") || !setNameOf(manifest).startsWith(prefix.slice(0, -1))) return familyOfSet(manifest);
  return familyOfSet({ ...manifest, prefix, level: 0 });
}

type Kept = KeptSet<AgedSet>;

function tell(context: CommandContext, kept: readonly Kept[], drop: readonly AgedSet[], shown: OpenPlace["shown"]) {
  const { words, write, reporter } = context;
  const lines = [
    ...kept.map(({ set, because }) => ({ set, action: "keep", because })),
    ...drop.map((set) => ({
      set,
      action: "remove",
      because: [{ code: "no-rule-keeps-it", text: msg`no rule keeps it` }],
    })),
  ];
  for (const { set, action, because } of lines) {
    const place = shown(set.place);
    const texts = because.map(({ text }) => text);
    const reasons = because.map(({ code }) => code);
    if (words.flags.has("json")) write(`${JSON.stringify({ event: action, place, reasons, because: texts })}\n`);
    else reporter.info(`${action === "keep" ? msg`stays` : msg`goes `}  ${place}: ${texts.join(", ")}`);
  }
}

async function prune(context: CommandContext, rules: KeepRules, open: OpenPlace, signal: AbortSignal): Promise<number> {
  const { host, reporter, words } = context;
  const { directory, shown, remove } = open;
  const sets = setsAt(host, directory);
  const prefix = words.values.get("prefix");
  const families = familiesOf(host, sets, context);
  if (families.size === 0)
    reporter.info(msg`There are no backups of ${words.values.get("host") ?? msg`this machine`} here`);
  const question = { rules, now: Math.floor(host.nowMs() / 1000), periodsOf: calendarOf(zoneOf(host)) };
  for (const family of families.keys()) {
    const decision = decideFor(sets, { ...question, family }, (manifest) => keyOfFamily(manifest, prefix));
    const own = decision.keep.filter(({ set }) => set.known?.family === family || set.known === undefined);
    tell(context, own, decision.drop, shown);
    if (words.flags.has("dry-run") || decision.drop.length === 0 || !remove) continue;
    for (const home of new Set(decision.drop.map((set) => set.home))) requireQuiet(host, home, processId());
    if (decision.newest) await requireSoundSet(host, decision.newest.place, reporter, signal);
    await dropSets(
      decision.drop.map(({ placed }) => placed),
      remove,
      reporter,
      signal,
      shown,
    );
  }
  return 0;
}

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });

/** `mondo sets`. */
export const setsCommand: Command = {
  spec: setsSpec,
  forArchives: true,
  async run(context) {
    const { words } = context;
    const name = oneOperand(context);
    if (name === undefined) throw usage(msg`no place is given`, msg`Name a directory, a share, or a stick.`);
    const [isPruning, isDry] = [words.flags.has("prune"), words.flags.has("dry-run")];
    const rules = keepRulesOf(words);
    if (!isPruning && (isDry || rules)) throw usage(msg`rules make sense with --prune only`, msg`Add --prune.`);
    if (!isPruning) return withPlace(context, name, "read", async (place) => list(context, place));
    if (!rules)
      throw usage(msg`--prune without a rule would remove nothing`, msg`Add --keep N, --keep-daily N or the like.`);
    const work = (place: OpenPlace) =>
      stoppable(interruptionOf(msg`the removal of backups`), (signal) => prune(context, rules, place, signal));
    if (isDry) return withPlace(context, name, "read", work);
    requireRoot();
    // A backup that runs may build on what no rule keeps.
    const unlock = takeLock(context.host, machineLock, processId(), context.reporter);
    try {
      return await withPlace(context, name, "write", work);
    } finally {
      unlock();
    }
  },
};
