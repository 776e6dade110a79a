/** What stays and what goes, by rule: cases that hurt people, and whatever a seeded generator thinks of. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { calendarOf } from "../../../../src/backup/retention/calendar.ts";
import {
  type AgingSet,
  decideRetention,
  type KeepRules,
  type KeptSet,
  type Question,
} from "../../../../src/backup/retention/decide-retention.ts";
import { randomOf } from "../../../support/seeded-random.ts";

const utc = calendarOf("UTC");
const at = (text: string) => Date.parse(text) / 1000;
const NOW = at("2026-12-31T12:00:00Z");

interface Given {
  readonly parents?: readonly string[];
  readonly family?: string;
  readonly flaw?: string;
}

const made = (date: string, { parents = [], family = "web1", flaw }: Given = {}): AgingSet => ({
  place: date,
  home: "/b",
  created: at(date),
  level: parents.length,
  known: { set: date, family, parents, flaw },
});
const unread = (date: string, level: number): AgingSet => ({ place: date, home: "/b", created: at(date), level });

const decide = (sets: readonly AgingSet[], rules: KeepRules, more: Partial<Question> = {}) =>
  decideRetention(sets, { rules, family: "web1", now: NOW, periodsOf: utc, ...more });
const dropped = (sets: readonly AgingSet[], rules: KeepRules, more: Partial<Question> = {}) =>
  decide(sets, rules, more).drop.map(({ place }) => place);

const textsOf = (kept: KeptSet<AgingSet> | undefined) => kept?.because.map(({ text }) => text) ?? [];

const nights = (from: string, count: number) =>
  Array.from({ length: count }, (_, night) => new Date(Date.parse(from) + night * 86_400_000).toISOString());

test("days, weeks, months and years are those of the machine's zone", () => {
  const berlin = calendarOf("Europe/Berlin");
  assert.equal(berlin(at("2026-12-31T23:30:00Z")), {
    daily: "2027-01-01",
    weekly: "2026-W53",
    monthly: "2027-01",
    yearly: "2027",
  });
  assert.is(berlin(at("2024-12-30T12:00:00Z")).weekly, "2025-W01");
  assert.is(utc(at("2027-01-03T23:59:59Z")).weekly, "2026-W53");
  assert.is(utc(at("2027-01-04T00:00:00Z")).weekly, "2027-W01");
  assert.is(calendarOf("Pacific/Kiritimati")(at("2026-03-01T10:30:00Z")).daily, "2026-03-02");
  assert.equal(calendarOf("No/Such")(NOW), utc(NOW));
});

test("both nights of a change to or from summer time are days of their own", () => {
  const berlin = calendarOf("Europe/Berlin");
  // 25 hours, then 23: a run at 02:30 of the clock on the wall, one of them in the hour that comes twice.
  const autumn = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"];
  assert.equal(
    autumn.map((text) => berlin(at(text)).daily),
    ["2026-10-24", "2026-10-25", "2026-10-25", "2026-10-26"],
  );
  const sets = autumn.map((date) => made(date));
  assert.equal(dropped(sets, { daily: 3 }, { periodsOf: berlin }), ["2026-10-25T00:30:00Z"]);
  const spring = ["2026-03-27T23:30:00Z", "2026-03-28T23:30:00Z", "2026-03-29T22:30:00Z"].map((date) => made(date));
  assert.equal(dropped(spring, { daily: 3 }, { periodsOf: berlin }), []);
});

test("the last of each day stays, of so many days that have one: a machine that was off for weeks loses nothing", () => {
  const sets = ["2026-12-01T02:00Z", "2026-12-01T14:00Z", "2026-12-01T20:00Z", "2026-12-24T02:00Z"].map((d) => made(d));
  assert.equal(dropped(sets, { daily: 2 }), ["2026-12-01T02:00Z", "2026-12-01T14:00Z"]);
});

test("thirty nights and a year of them leave what the rules say", () => {
  const sets = nights("2026-01-01T02:30:00Z", 365).map((date) => made(date));
  const { keep } = decide(sets, { last: 2, daily: 7, weekly: 4, monthly: 12 });
  const kept = keep.map(({ set }) => set.place.slice(0, 10));
  assert.equal(kept.slice(-7), [
    "2026-12-25",
    "2026-12-26",
    "2026-12-27",
    "2026-12-28",
    "2026-12-29",
    "2026-12-30",
    "2026-12-31",
  ]);
  assert.equal(kept.slice(0, -7), [
    ...["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"],
    ...["2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-13", "2026-12-20"],
  ]);
  assert.equal(textsOf(keep.at(-1)), ["last 1", "daily 2026-12-31", "weekly 2026-W53", "monthly 2026-12"]);
});

test("thirty simulated nights, full on Sundays: each night what stays can be restored, and no more than needed", () => {
  const rules = { daily: 7, weekly: 4 };
  let there: readonly AgingSet[] = [];
  let full = "";
  for (const date of nights("2026-11-01T02:30:00Z", 30)) {
    const isFull = new Date(date).getUTCDay() === 0;
    if (isFull) full = date;
    there = [...there, made(date, isFull ? {} : { parents: [full] })];
    const { keep, drop } = decide(there, rules, { now: at(date), made: date });
    there = keep.map(({ set }) => set);
    const ids = new Set(there.map(({ place }) => place));
    for (const { known } of there) for (const parent of known?.parents ?? []) assert.ok(ids.has(parent), parent);
    assert.ok(drop.every(({ place }) => !ids.has(place)));
    assert.ok(ids.has(date));
  }
  assert.equal(
    there.map(({ place, level }) => `${place.slice(5, 10)}${level === 0 ? " full" : ""}`),
    [
      // Weeks 46 to 48 end on Sundays, which are full; the last seven nights need that of the 22nd, too.
      ...["11-15 full", "11-22 full", "11-24", "11-25", "11-26", "11-27", "11-28", "11-29 full", "11-30"],
    ],
  );
});

test("what a set that stays builds on stays, and goes after what builds on it", () => {
  const [full, first, second] = ["2026-01-01T00:00Z", "2026-01-02T00:00Z", "2026-01-03T00:00Z"];
  const chain = [made(full), made(first, { parents: [full] }), made(second, { parents: [full, first] })];
  assert.equal(dropped([...chain, made("2026-01-04T00:00Z")], { last: 2 }), []);
  assert.equal(dropped([...chain, made("2026-01-04T00:00Z")], { last: 1 }), [second, first, full]);
});

test("sets of others, broken ones and those without what they need stay, and count for nothing", () => {
  const sets = [
    made("2026-01-01T00:00Z"),
    made("2026-01-02T00:00Z", { family: "db" }),
    made("2026-01-03T00:00Z", { flaw: "medium 2 is missing" }),
    made("2026-01-04T00:00Z", { parents: ["gone"] }),
    unread("2026-01-05T00:00Z", 0),
    made("2026-01-06T00:00Z"),
  ];
  assert.equal(dropped(sets, { last: 1 }), ["2026-01-01T00:00Z"]);
  const reasons = decide(sets, { last: 1 }).keep.map((kept) => textsOf(kept).join());
  assert.equal(reasons, [
    "it is another machine's, or has another prefix",
    "medium 2 is missing",
    "what it builds on is not here",
    "it can't be read",
    "last 1",
  ]);
  const codes = decide(sets, { last: 1 }).keep.flatMap(({ because }) => because.map(({ code }) => code));
  assert.equal(codes, ["another-family", "incomplete", "incomplete", "unreadable", "last"]);
});

test("what one that can't be read may build on stays", () => {
  const full = "2026-01-02T00:00Z";
  const sets = [
    made("2026-01-01T00:00Z"),
    made(full),
    made("2026-01-03T00:00Z", { parents: [full] }),
    unread("2026-01-04T00:00Z", 1),
    made("2026-01-05T00:00Z"),
  ];
  assert.equal(dropped(sets, { last: 1 }), ["2026-01-01T00:00Z"]);
});

test("a clock that was ahead once does not push out what is real; one that is behind loses nothing", () => {
  const sets = [made("2026-01-01T00:00Z"), made("2026-01-02T00:00Z"), made("2036-01-01T00:00Z")];
  assert.equal(dropped(sets, { last: 2 }), []);
  assert.equal(dropped(sets, { last: 1 }), ["2026-01-01T00:00Z"]);
  const behind = { now: at("1970-01-01T00:10:00Z"), made: "2026-01-01T00:00Z" };
  assert.equal(dropped(sets, { last: 1 }, behind), []);
});

test("copies of a set are one set for the rules", () => {
  const copy = { ...made("2026-01-02T00:00Z"), place: "copy" };
  const sets = [made("2026-01-01T00:00Z"), made("2026-01-02T00:00Z"), copy, made("2026-01-03T00:00Z")];
  assert.equal(dropped(sets, { last: 2 }), ["2026-01-01T00:00Z"]);
  assert.equal(dropped(sets, { last: 1 }), ["2026-01-01T00:00Z", "copy", "2026-01-02T00:00Z"]);
});

test("without rules all stay, and the newest stays by any", () => {
  const sets = nights("2026-01-01T00:00:00Z", 5).map((date) => made(date));
  for (const rules of [{}, { last: 0 }, { daily: 0, monthly: 0 }]) assert.equal(dropped(sets, rules), []);
  for (const rules of [{ last: 1 }, { daily: 1 }, { weekly: 1 }, { monthly: 1 }, { yearly: 1 }]) {
    assert.equal(
      decide(sets, rules).keep.map(({ set }) => set.place),
      ["2026-01-05T00:00:00.000Z"],
    );
  }
});

test("whatever lies there: nothing goes that must not, and deciding again changes nothing", () => {
  const below = randomOf(20261130);
  for (let round = 0; round < 400; round++) {
    const sets: AgingSet[] = [];
    const count = 1 + below(40);
    for (let index = 0; index < count; index++) {
      const created = NOW - below(200 * 86_400) + (below(15) === 0 ? 400 * 86_400 : 0);
      const earlier = sets.filter((one) => one.known);
      const parent = below(3) > 0 ? earlier[below(earlier.length + 1)] : undefined;
      const parents = parent?.known ? [...parent.known.parents, parent.known.set] : [];
      const about = { place: `p${index}`, home: `h${below(2)}`, created, level: parents.length };
      const family = below(5) === 0 ? "db" : "web1";
      const flaw = below(10) === 0 ? "cut short" : undefined;
      sets.push(below(12) === 0 ? about : { ...about, known: { set: `s${index}`, family, parents, flaw } });
    }
    const rules = { last: below(4), daily: below(8), weekly: below(5), monthly: below(4), yearly: below(2) };
    const zone = calendarOf(["UTC", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"][below(4)] ?? "UTC");
    const { keep, drop } = decide(sets, rules, { periodsOf: zone });
    const [kept, gone] = [keep.map(({ set }) => set), new Set(drop)];
    assert.is(kept.length + gone.size, sets.length);
    assert.ok(kept.every((set) => !gone.has(set)));
    assert.ok(keep.every(({ because }) => because.length > 0));
    for (const { known, created } of drop) {
      assert.ok(known && known.family === "web1" && known.flaw === undefined && (created ?? 0) <= NOW + 3600);
    }
    const needed = new Set(kept.flatMap(({ known }) => known?.parents ?? []));
    for (const { known } of drop) assert.not(needed.has(known?.set ?? ""));
    // Of those that count, the last ones and one of each period are there.
    const counted = (one: AgingSet) => isCounted(sets, one);
    const own = sets.filter(counted);
    const days = (list: readonly AgingSet[]) => new Set(list.map(({ created }) => zone(created ?? 0).daily)).size;
    assert.ok(kept.filter(counted).length >= Math.min(rules.last, own.length));
    assert.ok(days(kept.filter(counted)) >= Math.min(rules.daily, days(own)));
    assert.equal(decide(kept, rules, { periodsOf: zone }).drop, []);
    const more = decide(sets, { ...rules, last: rules.last + 1, weekly: rules.weekly + 1 }, { periodsOf: zone });
    const hasRule = Object.values(rules).some((value) => value > 0);
    if (hasRule) assert.ok(more.drop.every((set) => gone.has(set)));
    const shuffled = decide(sets.toReversed(), rules, { periodsOf: zone });
    assert.equal(shuffled.drop.map(({ place }) => place).sort(), drop.map(({ place }) => place).sort());
  }
});

/** As the rules are written down, once more and differently: of the family, whole, with all that it builds on. */
function isCounted(sets: readonly AgingSet[], { known, created = 0 }: AgingSet): boolean {
  if (known?.family !== "web1" || known.flaw !== undefined || created > NOW + 3600) return false;
  return known.parents.every((id) => sets.some((one) => one.known?.set === id && one.known.flaw === undefined));
}

test.run();
