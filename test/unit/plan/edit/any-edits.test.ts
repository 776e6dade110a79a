/** Whatever is asked for, in whatever order: a layout that can be planned, or a sentence that says why not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import type { Targets } from "../../../../src/layout/candidate.ts";
import { decodeLayout } from "../../../../src/layout/decode-layout.ts";
import { type Layout, nodesOf } from "../../../../src/layout/types.ts";
import { applyEdit } from "../../../../src/plan/edit/apply-edit.ts";
import { decodeEdits, type Edit, encodeEdits } from "../../../../src/plan/edit/edit.ts";
import { editLayout } from "../../../../src/plan/edit/edit-layout.ts";
import { isDevice } from "../../../../src/plan/edit/find-node.ts";
import { flawsOf } from "../../../../src/plan/edit/flaws.ts";
import { planRestore } from "../../../../src/plan/plan.ts";
import { guardEffect } from "../../../../src/run/guard-effect.ts";
import { effectsOf } from "../../../support/cut-plan.ts";
import { type Random, randomOf } from "../../../support/seeded-random.ts";

const machines = join(import.meta.dirname, "../../../machines");
const layouts = readdirSync(machines).map((name): [string, Layout] => [
  name,
  JSON.parse(readFileSync(join(machines, name, "layout.json"), "utf8")) as Layout,
]);

/** EDIT_ROUNDS=300 looks further. */
const ROUNDS = Number(process.env.EDIT_ROUNDS ?? 12);

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

/** Names of what there is, and of what isn't. */
function namesIn(layout: Layout): string[] {
  const devices = layout.nodes.filter(isDevice).map(({ path }) => path.replace("/dev/", ""));
  const mounts = nodesOf(layout, "mount").map(({ path }) => path);
  return [...devices, ...mounts, ...nodesOf(layout, "volume-group").map(({ name }) => name), "swap", "nothing"];
}

const SIZES = ["rest", "50%", "10%", "100%", "300m", "1g", "20g", "0", "1k", "-3", "many"];
const TYPES = ["ext4", "ext2", "xfs", "btrfs", "vfat", "exfat", "f2fs", "swap", "ntfs"];
const LEVELS = ["raid0", "raid1", "raid4", "raid5", "raid6", "raid10"] as const;
const PATHS = ["/", "/home", "/srv/data", "/boot", "/usr"];

/** Any edit at all of what is there. */
function anyEdit(layout: Layout, random: Random): Edit {
  const names = namesIn(layout);
  const name = () => pick(random, names);
  const several = () => Array.from({ length: 1 + random(3) }, name);
  const fresh = () => pick(random, ["vg0", "vg1", "data", "root", "crypt"]);
  const level = () => pick(random, LEVELS);
  const makers: (() => Edit)[] = [
    () => ({
      do: "add-disk",
      name: pick(random, ["vdx", "vdy", "vda"]),
      ...(random(2) ? { like: name() } : { size: pick(random, SIZES) }),
    }),
    () => ({ do: "add-table", disk: name(), scheme: pick(random, ["gpt", "dos"] as const) }),
    () => ({
      do: "add-partition",
      disk: name(),
      size: pick(random, SIZES),
      purpose: pick(random, ["linux", "swap", "efi", "bios-boot"] as const),
    }),
    () => ({ do: "remove", node: name() }),
    () => ({ do: "resize", node: name(), size: pick(random, SIZES) }),
    () => ({ do: "format", node: name(), type: pick(random, TYPES) }),
    () => ({ do: "label", node: name(), label: pick(random, ["", "data", "a label with many letters in it"]) }),
    () => ({ do: "mount", node: name(), path: pick(random, PATHS), ...(random(3) ? {} : { subvolume: "@" }) }),
    () => ({ do: "unmount", path: pick(random, [...PATHS, name()]) }),
    () => ({ do: "options", path: pick(random, PATHS), options: "noatime" }),
    () => ({ do: "add-subvolume", node: name(), path: pick(random, ["@", "@/var", "home"]) }),
    () => ({ do: "remove-subvolume", node: name(), path: pick(random, ["@", "@home", "home"]) }),
    () => ({ do: "make-raid", level: level(), members: several(), ...(random(3) ? {} : { spares: several() }) }),
    () => ({ do: "onto-raid", node: name(), level: level(), with: several() }),
    () => ({ do: "change-raid", node: name(), ...(random(2) ? { level: level() } : { members: several() }) }),
    () => ({ do: "off-raid", node: name() }),
    () => ({ do: "make-group", name: fresh(), members: several() }),
    () => ({ do: "change-members", node: name(), members: several() }),
    () => ({ do: "add-volume", group: name(), name: fresh(), size: pick(random, SIZES) }),
    () => ({
      do: "onto-lvm",
      node: name(),
      group: fresh(),
      name: fresh(),
      ...(random(2) ? { size: pick(random, SIZES) } : {}),
    }),
    () => ({ do: "move", node: name(), to: name() }),
    () => ({ do: "off-lvm", node: name() }),
    () => ({ do: "encrypt", node: name(), name: fresh() }),
    () => ({ do: "decrypt", node: name() }),
  ];
  return pick(random, makers)();
}

function targetsOf(layout: Layout): Targets {
  const pairs = nodesOf(layout, "disk").map((disk) => [
    disk.id,
    { disk, readOnly: false, contents: "nothing", storageDrivers: ["ahci"] },
  ]);
  return { disks: Object.fromEntries(pairs), because: {} };
}

/** A plan whose every effect stays on its own disks, or a sentence. */
function requirePlannable(saved: Layout, layout: Layout): void {
  const firmware = nodesOf(saved, "firmware")[0]?.mode ?? "bios";
  try {
    const plan = planRestore(layout, targetsOf(layout), {
      set: "set",
      firmware,
      root: "/mnt/restore",
      unedited: saved,
    });
    for (const effect of effectsOf(plan)) guardEffect(plan, effect);
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    assert.ok(["no-match", "no-space", "unsupported"].includes(error.code), `${error.code}: ${error.message}`);
  }
}

function requireSentence(what: string, todo: string, about: string): void {
  assert.ok(/^[^\n]+[^.]$/.test(what), `${about}: ${what}`);
  assert.ok(/^[A-Z][^\n]*[.]$/.test(todo), `${about}: ${what}. ${todo}`);
  // What an edit makes is refused by the edit itself, in its own words.
  assert.not.ok(/layout can't be used|undefined|NaN|\[object/.test(`${what} ${todo}`), `${about}: ${what}. ${todo}`);
}

for (const [name, saved] of layouts) {
  test(`any sequence of edits of ${name} gives a layout that can be planned, or says why not`, () => {
    let done = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(round + 1);
      let layout = saved;
      const edits: Edit[] = [];
      for (let step = 0; step < 30; step++) {
        const edit = anyEdit(layout, random);
        const edited = applyEdit(layout, edit);
        if ("flaw" in edited) {
          requireSentence(edited.flaw.what, edited.flaw.todo, `${round}.${step} ${JSON.stringify(edit)}`);
          continue;
        }
        layout = decodeLayout(JSON.parse(JSON.stringify(edited.layout)));
        edits.push(edit);
        done += 1;
      }
      for (const { what, todo } of flawsOf(layout)) requireSentence(what, todo, `round ${round}`);
      const replayed = editLayout(saved, decodeEdits(encodeEdits(edits), "edits.json"));
      if (edits.length === 0) continue;
      assert.equal(replayed.layout.nodes.length >= layout.nodes.length, true);
      requirePlannable(saved, decodeLayout(replayed.layout));
    }
    assert.ok(done > 2 * ROUNDS, `only ${done} edits could be done`);
  });
}

test.run();
