/** What a backup tries with this machine's tools before it believes that they make everything again. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { rehearse, requireRehearsal } from "../../src/backup/rehearse.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Filesystem, Layout, LayoutNode, Partition } from "../../src/layout/types.ts";
import { layoutFrom } from "../../src/probe/layout-from.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";

const host = linuxHost();
const place = scratch();
test.after(place.remove);

const machine = (name: string): Layout =>
  layoutFrom(JSON.parse(readFileSync(`test/machines/${name}/facts.json`, "utf8")));

function changed(layout: Layout, kind: LayoutNode["kind"], change: (node: never) => LayoutNode): Layout {
  return { ...layout, nodes: layout.nodes.map((node) => (node.kind === kind ? change(node as never) : node)) };
}

const tryOut = (layout: Layout) => rehearse(host, layout, [place.path], "try", silentReporter);

for (const name of ["uefi-gpt-xfs", "bios-mbr-logical", "bios-md-gpt", "bios-btrfs-raid1"]) {
  test(`${name}: everything comes out as it was, and no file stays`, async () => {
    assert.equal(await tryOut(machine(name)), { failures: [], differences: [] });
    assert.equal(readdirSync(place.path), []);
  });
}

const gpt = machine("uefi-gpt-xfs");
const withXfs = (details: object) =>
  changed(gpt, "filesystem", (fs: Filesystem) =>
    fs.type === "xfs" ? { ...fs, details: { ...fs.details, ...details } } : fs,
  );

test("a command that the tool refuses is a failure, in words about the device", async () => {
  const { failures } = await tryOut(withXfs({ agBlocks: 7 }));
  assert.match(
    failures.join("\n"),
    /^Make the file system \(xfs\) on \/dev\/\w+ .*: mkfs\.xfs failed with exit code 1/,
  );
  assert.not.match(failures.join("\n"), new RegExp(place.path));
});

test("what comes out different is named, and does not end the backup", async () => {
  const warnings: string[] = [];
  const layout = withXfs({ inodeMaxPercent: 25, directoryBlockBytes: 8192, stripeUnitBlocks: 0, stripeWidthBlocks: 3 });
  await requireRehearsal(host, layout, [place.path], "try", { ...silentReporter, warn: (text) => warnings.push(text) });
  assert.match(warnings.join("\n"), /\/dev\/\w+ \(xfs\): stripeWidthBlocks is 0 instead of 3/);
  assert.is(warnings.length, 1);
});

test("a backup is refused for what would fail", async () => {
  const error = await requireRehearsal(host, withXfs({ agBlocks: 7 }), [place.path], "try", silentReporter).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.instance(error, MondoError);
  assert.is((error as MondoError).code, "unsupported");
});

test("labels that are no UTF-8 and names that sfdisk doesn't take come out as they are", async () => {
  const odd = ["caf\udce9", "half \ud83d", "smile 😀", 'q"\\ \t;', "\udc90DONNEES"];
  for (const name of odd) {
    const named = changed(gpt, "partition", (partition: Partition) => ({ ...partition, name }));
    assert.equal(
      await tryOut({ ...named, nodes: named.nodes.filter(({ kind }) => !["filesystem", "swap"].includes(kind)) }),
      {
        failures: [],
        differences: [],
      },
    );
  }
  for (const source of [gpt, machine("bios-md-gpt"), machine("bios-btrfs-raid1")]) {
    const labelled = changed(source, "filesystem", (fs: Filesystem) => ({ ...fs, label: "caf\udce9" }));
    assert.equal(await tryOut(labelled), { failures: [], differences: [] });
  }
});

test("a btrfs is tried though this machine has one of its UUID", async () => {
  const layout = machine("bios-btrfs-raid1");
  const uuid = layout.nodes.flatMap((node) =>
    node.kind === "filesystem" && node.type === "btrfs" ? node.uuid : [],
  )[0];
  const file = place.image("live", 300 << 20);
  sh(["mkfs.btrfs", "-q", "-f", "-U", uuid ?? "", file]);
  const loop = attachLoop(file);
  try {
    assert.equal(await tryOut(layout), { failures: [], differences: [] });
    const odd = changed(layout, "filesystem", (fs: Filesystem) => ({
      ...fs,
      details: fs.type === "btrfs" ? { ...fs.details, nodeBytes: 5000 } : fs.details,
    }));
    assert.match((await tryOut(odd)).failures.join("\n"), new RegExp(`UUID ${uuid}\\): mkfs.btrfs failed`));
  } finally {
    loop.detach();
  }
});

test("a place that can't be had is passed over, and without any nothing is tried", async () => {
  const second = `${place.path}/second`;
  mkdirSync(second);
  const { failures } = await rehearse(host, withXfs({ agBlocks: 7 }), ["/proc/none", second], "try", silentReporter);
  assert.is(failures.length, 1);
  assert.not(existsSync(`${second}/try`));
  const without = await rehearse(host, withXfs({ agBlocks: 7 }), ["/proc/none"], "try", silentReporter);
  assert.equal(without, { failures: [], differences: [] });
});

test.run();
