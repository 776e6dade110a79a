/**
 * A server with twenty disks in md, LVM and btrfs groups: each finds its own again, whatever they are called, and
 * nothing is guessed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { type Disk, type Layout, nodesOf } from "../../../src/layout/types.ts";
import { leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { mutatorOf } from "../../support/mutate.ts";

const file = join(import.meta.dirname, "../../machines/bios-20-disks/facts.json");
const facts = JSON.parse(readFileSync(file, "utf8")) as Facts;
const layout = layoutFrom(facts);
const idle = candidatesFrom({ ...facts, mountinfo: "", swaps: "" });

/** The same disks in another order, by other names; `to` says what else is new. Comes with which was which. */
function renamed(to: (disk: Disk) => Disk): { candidates: Candidate[]; was: Map<string, string> } {
  const { below } = mutatorOf(20);
  const order = [...idle];
  for (let i = order.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j] as Candidate, order[i] as Candidate];
  }
  const was = new Map<string, string>();
  const candidates = order.map((candidate, at) => {
    const path = `/dev/sd${"tsrqponmlkjihgfedcba"[at]}`;
    was.set(candidate.disk.path, path);
    return { ...candidate, disk: to({ ...candidate.disk, path }) };
  });
  return { candidates, was };
}

function matched(candidates: readonly Candidate[], of: Layout = layout): Record<string, string> {
  const { disks } = matchDisks(of, candidates, [], {}, leastDiskBytes);
  return Object.fromEntries(nodesOf(of, "disk").map((disk) => [disk.path, disks[disk.id]?.disk.path ?? ""]));
}

test("matchDisks() finds twenty disks again by WWN, however they are called now", () => {
  const { candidates, was } = renamed((disk) => disk);
  assert.equal(matched(candidates), Object.fromEntries(was));
});

test("matchDisks() finds those that a table or a file system tells apart by that, without WWN and serial number", () => {
  const partitioned = nodesOf(layout, "disk").filter((disk) =>
    nodesOf(layout, "table").some((table) => table.on === disk.id),
  );
  const ids = new Set(partitioned.map(({ id }) => id));
  const part: Layout = { version: 1, nodes: layout.nodes.filter((node) => node.kind !== "disk" || ids.has(node.id)) };
  const { candidates, was } = renamed(({ wwn: _, serial: __, ...disk }) => disk);
  const found = matched(candidates, part);
  assert.is(Object.keys(found).length, 8);
  for (const [before, now] of Object.entries(found)) assert.is(now, was.get(before));
});

test("matchDisks() does not guess which of sixteen blank disks becomes which, and says why", () => {
  const blank = idle.map(({ identities: _, table: __, unidentified: ___, ...candidate }) => {
    const { wwn: ____, serial: _____, ...disk } = candidate.disk;
    return { ...candidate, disk, contents: "nothing that is known" };
  });
  try {
    matched(blank);
    assert.unreachable();
  } catch (error) {
    assert.match(error instanceof MondoError ? error.message : String(error), /could be any of \d+ disks here/);
  }
});

test("planRestore() of twenty disks writes to each of them once, and to nothing else", () => {
  const { candidates, was } = renamed((disk) => disk);
  const targets = matchDisks(layout, candidates, [], {}, leastDiskBytes);
  const plan = planRestore(layout, targets, { set: "s", firmware: "bios", root: "/r" });
  assert.equal(plan.disks.map(({ path }) => path).sort(), [...was.values()].sort());
  const wiped = plan.phases.flatMap(({ actions }) => actions.filter(({ id }) => id.startsWith("wipe:")));
  assert.is(wiped.length, 20);
});

test("matchDisks() of two hundred disks ends soon", () => {
  const { path: _, ...shape } = nodesOf(layout, "disk")[0] as Disk;
  const many = Array.from({ length: 200 }, (_, at): Disk => {
    return { ...shape, id: `disk:x${at}`, path: `/dev/x${at}`, wwn: `naa.${at}`, serial: `S${at}` };
  });
  const set: Layout = { version: 1, nodes: many };
  const candidates = many.map((disk): Candidate => {
    return {
      disk: { ...disk, path: `/dev/y${disk.path.slice(6)}` },
      readOnly: false,
      contents: "",
      storageDrivers: [],
    };
  });
  const { disks } = matchDisks(set, candidates.reverse(), []);
  assert.ok(many.every((disk) => disks[disk.id]?.disk.wwn === disk.wwn));
});

test.run();
