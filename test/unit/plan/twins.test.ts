/** What stays in the machine beside a restored disk and looks like it is named before anybody agrees. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { planOnto } from "../../../src/plan/plan-onto.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";

const context = { set: "s", firmware: "bios", root: "/r" } as const;

function machine(name: string) {
  const facts = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../machines", name, "facts.json"), "utf8"),
  ) as Facts;
  return { layout: layoutFrom(facts), candidates: candidatesFrom({ ...facts, mountinfo: "", swaps: "" }) };
}

const blank = ({ disk, storageDrivers }: Candidate, path: string): Candidate => {
  const { wwn: _, serial: __, ...plain } = disk;
  return { disk: { ...plain, id: `disk:${path}`, path }, readOnly: false, contents: "nothing", storageDrivers };
};

function warningsOnto(name: string, disk: string, chosen: (own: Candidate) => Candidate): readonly string[] {
  const { layout, candidates } = machine(name);
  const own = candidates.find((one) => one.disk.path === disk);
  if (!own) throw new Error(`no ${disk}`);
  const target = chosen(own);
  const all = [...candidates.filter((one) => one !== target), target];
  const id = `disk:${disk.slice("/dev/".length)}`;
  return planOnto(layout, { candidates: all, carriers: [], chosen: { [id]: target.disk.path } }, context).plan.warnings;
}

test("planOnto() names the old disk that stays in the machine, or the leg of an old mirror", () => {
  assert.match(
    warningsOnto("bios-gpt-ext4", "/dev/vda", (own) => blank(own, "/dev/sdz")).join("\n"),
    /^\/dev\/vda, .* has the same identifiers as the restored system and is left as it is: remove it/,
  );
  const leg = warningsOnto("bios-md-lvm", "/dev/vdb", (own) => blank(own, "/dev/sdz"));
  assert.match(leg.join("\n"), /^\/dev\/vdb, .* has the same identifiers/);
});

test("planOnto() of a machine's own disks, one of them by several paths, names none", () => {
  assert.equal(
    warningsOnto("bios-gpt-ext4", "/dev/vda", (own) => own),
    [],
  );
  const { layout } = machine("bios-multipath");
  const facts = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../machines/bios-multipath/facts.json"), "utf8"),
  ) as Facts;
  const devices = facts.devices.flatMap((one) => (one.dmUuid === undefined ? [{ ...one, holders: [] }] : []));
  const paths = candidatesFrom({ ...facts, devices, mountinfo: "", swaps: "" });
  assert.ok(paths.length > 1);
  assert.equal(planOnto(layout, { candidates: paths, carriers: [], chosen: {} }, context).plan.warnings, []);
});

test.run();
