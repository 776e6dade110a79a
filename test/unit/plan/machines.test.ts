/**
 * Recorded machines give the same layouts and plans as before. `UPDATE_GOLDEN=1` rewrites them: look at the diff.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { mountlist } from "../../../src/layout/mountlist.ts";
import { showLayout } from "../../../src/layout/show-layout.ts";
import { type Disk, type Layout, nodesOf } from "../../../src/layout/types.ts";
import { fitLayout, leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { showSizes } from "../../../src/plan/fit/sizes.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { showPlan } from "../../../src/plan/show.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";
import { guardEffect } from "../../../src/run/guard-effect.ts";
import { effectsOf } from "../../support/cut-plan.ts";
import { run } from "../../support/shell.ts";

const machines = join(import.meta.dirname, "../../machines");
const factsOf = (name: string) => JSON.parse(readFileSync(join(machines, name, "facts.json"), "utf8")) as Facts;

function golden(name: string, file: string, text: string): void {
  const path = join(machines, name, file);
  if (process.env.UPDATE_GOLDEN === "1" || !existsSync(path)) writeFileSync(path, text);
  assert.fixture(text, readFileSync(path, "utf8"));
}

/** The machine's own disks, blank and free. */
function blankDisks(layout: Layout, change: (disk: Disk) => Disk = (disk) => disk): Candidate[] {
  const storageDrivers = nodesOf(layout, "hardware")[0]?.storageDrivers ?? [];
  return nodesOf(layout, "disk").map((disk) => ({
    disk: change(disk),
    readOnly: false,
    contents: "nothing that is known",
    storageDrivers,
  }));
}

for (const name of readdirSync(machines)) {
  const layout = layoutFrom(factsOf(name));
  const firmware = nodesOf(layout, "firmware")[0]?.mode ?? "bios";
  const context = { set: "set", firmware, root: "/mnt/restore" };

  test(`layoutFrom() describes ${name} as recorded`, () => {
    golden(name, "layout.json", `${JSON.stringify(layout, null, 1)}\n`);
    assert.equal(obstacles(layout), []);
    assert.equal(layout, JSON.parse(JSON.stringify(layout)), "a layout is plain JSON");
  });

  test(`showLayout() and mountlist() of ${name} are as recorded`, () => {
    golden(name, "tree.txt", showLayout(layout));
    golden(name, "mountlist.txt", mountlist(layout));
  });

  test(`layoutFrom() of ${name} has unique ids, each after what it refers to`, () => {
    const seen = new Set<string>();
    for (const node of layout.nodes) {
      assert.not.ok(seen.has(node.id), node.id);
      const refers = "table" in node ? [node.table] : "of" in node ? [node.of] : "on" in node ? [node.on].flat() : [];
      const members = "members" in node ? node.members.map((member) => member.on) : "group" in node ? [node.group] : [];
      for (const id of [...refers, ...members]) assert.ok(seen.has(id), `${node.id} → ${id}`);
      seen.add(node.id);
    }
  });

  test(`planRestore() of ${name} onto its own blank disk is as recorded`, () => {
    const plan = planRestore(layout, matchDisks(layout, blankDisks(layout), []), context);
    golden(name, "plan.txt", showPlan(plan, { detailed: true }));
    assert.equal(plan.warnings, []);
    for (const effect of effectsOf(plan)) guardEffect(plan, effect);
  });

  test(`planRestore() of ${name} onto another kind of disk renames devices and rebuilds the initramfs`, () => {
    const paths = new Map(
      nodesOf(layout, "disk").map((disk, at) => [disk.id, `/dev/xvd${"bcdefghijklmnopqrstuvwxyz"[at]}`] as const),
    );
    const other = blankDisks(layout, ({ serial: _, wwn: __, ...disk }) => {
      return { ...disk, path: paths.get(disk.id) ?? "" };
    }).map((c) => ({ ...c, storageDrivers: ["ahci", "sd_mod"] }));
    const plan = planRestore(layout, matchDisks(layout, other, [], Object.fromEntries(paths)), context);
    const text = showPlan(plan, { detailed: true });
    assert.match(text, /chroot: (update-initramfs -u -k all|dracut -f --regenerate-all)/);
    assert.not.match(text, /rename in/, "fstab names nothing by device");
    const grouped = nodesOf(layout, "volume-group").length > 0;
    assert.is(text.includes("rename /mnt/restore/etc/lvm/devices/system.devices to "), grouped);
    assert.not.match(text, /\/dev\/(vd[a-z]|sda|nvme)/);
    for (const effect of effectsOf(plan)) guardEffect(plan, effect);
  });

  test(`fitLayout() of ${name} onto disks of half the size, the least and double size is as recorded`, () => {
    const disks = nodesOf(layout, "disk");
    const at = (sizeOf: (disk: Disk) => number) => {
      const spaces = disks.map(
        (disk) => [disk.id, { ...disk, sizeBytes: Math.ceil(sizeOf(disk) / 512) * 512 }] as const,
      );
      return fitLayout(layout, Object.fromEntries(spaces));
    };
    const smaller = at((disk) => Math.max(disk.sizeBytes / 2, leastDiskBytes(layout, disk)));
    const cases = { half: smaller, least: at((d) => leastDiskBytes(layout, d)), double: at((d) => d.sizeBytes * 2) };
    const paths = Object.fromEntries(layout.nodes.flatMap((node) => ("path" in node ? [[node.id, node.path]] : [])));
    const text = Object.entries(cases).flatMap(([what, { sizes }]) => [what, ...showSizes(sizes, paths)]);
    golden(name, "fitted.txt", `${text.join("\n")}\n`);
    const own = at((disk) => disk.sizeBytes);
    assert.equal(own, { layout, sizes: [] }, "on its own disks nothing changes");
  });

  test(`planRestore() of ${name} warns when the rescue was started by the other firmware`, () => {
    const other = firmware === "bios" ? "uefi" : "bios";
    const plan = planRestore(layout, matchDisks(layout, blankDisks(layout), []), { ...context, firmware: other });
    assert.is(plan.warnings.length, 1);
    assert.match(plan.warnings[0] ?? "", /will only start with the firmware in/);
  });

  test(`layoutFrom() of ${name} with its disks excluded has no disk, and says why`, () => {
    const paths = nodesOf(layout, "disk").map((disk) => disk.path);
    const without = layoutFrom(factsOf(name), { root: "/", excludedDevices: paths });
    assert.is(new Set(without.nodes.map(({ id }) => id)).size, without.nodes.length, "ids are unique");
    assert.equal(nodesOf(without, "disk"), []);
    const left = nodesOf(without, "left-out").filter((one) => paths.includes(one.path));
    assert.equal(
      left.map((one) => one.why),
      paths.map(() => "it is excluded"),
    );
  });

  test(`candidatesFrom() of the running ${name} says that its disk is busy`, () => {
    const [candidate] = candidatesFrom(factsOf(name)).filter((c) => c.disk.path === nodesOf(layout, "disk")[0]?.path);
    assert.match(candidate?.busy ?? "", /is mounted at/);
    assert.match(candidate?.contents ?? "", /^(GPT|MBR) with \d partitions: |^a member of the software RAID /);
  });
}

test("a machine has the same layout whatever language its owner reads", async () => {
  assert.is(await run([process.execPath, join(import.meta.dirname, "../../support/layouts-in-french.ts")]), "");
});

test.run();
