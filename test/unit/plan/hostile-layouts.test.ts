/**
 * Layouts of recorded machines with random changes, the same in every run: each is refused in a sentence, or gives a
 * plan. `FUZZ=1000000 bun test/unit/plan/hostile-layouts.test.ts` is the long run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { checkDetails } from "../../../src/drivers/check-details.ts";
import { withoutDispensableDisk } from "../../../src/drivers/dispensables.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { decodeLayout } from "../../../src/layout/decode-layout.ts";
import { knownSpecs } from "../../../src/layout/device-specs.ts";
import { layoutDrift } from "../../../src/layout/drift.ts";
import { partitionsOf, tableOn } from "../../../src/layout/graph.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { mountlist } from "../../../src/layout/mountlist.ts";
import { showLayout } from "../../../src/layout/show-layout.ts";
import { type Disk, type Layout, nodesOf } from "../../../src/layout/types.ts";
import { leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { showPlan } from "../../../src/plan/show.ts";
import { mutatedNodes } from "../../support/mutate-json.ts";
import { randomOf } from "../../support/seeded-random.ts";

const CASES = Number(process.env.FUZZ ?? 10_000);
const machines = join(import.meta.dirname, "../../machines");
const layouts = readdirSync(machines).map((name) => {
  return JSON.parse(readFileSync(join(machines, name, "layout.json"), "utf8")) as Layout;
});

/** Blank disks like those of the recorded machine, or others of a larger or smaller size. */
function disksHere(original: Layout, factor: number): Candidate[] {
  return nodesOf(original, "disk").map((disk): Candidate => {
    const sizeBytes = Math.floor((disk.sizeBytes * factor) / 4096) * 4096;
    const here: Disk = { ...disk, sizeBytes };
    const table = tablesOf(original, disk);
    return { disk: here, readOnly: false, contents: "nothing", storageDrivers: ["ahci"], table };
  });
}

function tablesOf(original: Layout, disk: Disk): NonNullable<Candidate["table"]> {
  const table = tableOn(original, disk.id);
  return table ? [table, ...partitionsOf(original, table.id)] : [];
}

/** Everything that is shown of a layout, or why it is refused. */
function shownOf(layout: Layout, original: Layout, { factor, partition }: Case): string[] {
  const firmware = nodesOf(original, "firmware")[0]?.mode ?? "bios";
  const context = { set: "set", firmware, root: "/mnt/restore", partition };
  const disks = disksHere(original, factor);
  const drift = [...layoutDrift(layout, original), ...layoutDrift(original, layout)];
  const texts = [showLayout(layout), mountlist(layout), ...drift];
  for (const { id } of nodesOf(layout, "disk")) withoutDispensableDisk(layout, id);
  knownSpecs(layout);
  const plan = planRestore(layout, matchDisks(layout, disks, [], {}, leastDiskBytes), context);
  return [...texts, showPlan(plan, { detailed: true })];
}

/** On what the layout is restored: disks of so much more or less, with new tables or those that they have. */
interface Case {
  readonly factor: number;
  readonly partition: boolean;
}

type Outcome = "damaged" | "refused" | "planned";
const BAD_WORDS = /\bundefined\b|\bNaN\b|\[object |\bInfinity\b/;

/** What becomes of one; an error that nobody meant is thrown. */
function outcomeOf(value: unknown, original: Layout, on: Case): Outcome {
  let layout: Layout | undefined;
  try {
    layout = decodeLayout(value);
    checkDetails(layout);
    for (const text of shownOf(layout, original, on)) {
      const bad = BAD_WORDS.exec(text);
      if (bad) throw new Error(`shows ${text.slice(Math.max(0, bad.index - 100), bad.index + 60)}`);
    }
    return "planned";
  } catch (error) {
    if (!(error instanceof MondoError) || error.code === "bug") throw error;
    assert.not.match(error.message, BAD_WORDS);
    return layout ? "refused" : "damaged";
  }
}

test(`${CASES} changed layouts are refused in a sentence, or give a plan`, () => {
  const seen: Record<Outcome, number> = { damaged: 0, refused: 0, planned: 0 };
  for (let seed = 1; seed <= CASES; seed++) {
    const random = randomOf(seed);
    const original = layouts[random(layouts.length)] as Layout;
    const nodes = mutatedNodes(random, original.nodes as never);
    const on = { factor: [1, 1, 2, 0.75][random(4)] ?? 1, partition: random(4) > 0 };
    try {
      seen[outcomeOf({ version: 1, nodes }, original, on)]++;
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.stack : cause}`, { cause });
    }
  }
  for (const [outcome, times] of Object.entries(seen)) assert.ok(times > CASES / 100, `${outcome}: ${times}`);
});

test.run();
