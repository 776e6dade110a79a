/**
 * A kind of volume that nobody has, of one row and one driver: every function of the layout, and the plan, knows it.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareLayouts } from "../../../src/layout/compare-layouts.ts";
import { nameUses } from "../../../src/layout/device-names.ts";
import { knownSpecs } from "../../../src/layout/device-specs.ts";
import { layoutDrift } from "../../../src/layout/drift.ts";
import { requiredBytes } from "../../../src/layout/fit.ts";
import { disksOf, nodesBelow, volumeDevices, volumeOn } from "../../../src/layout/graph.ts";
import { identitiesOn } from "../../../src/layout/identities.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { mountlist } from "../../../src/layout/mountlist.ts";
import { showLayout } from "../../../src/layout/show-layout.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import { withoutDisk } from "../../../src/layout/without-disk.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { showPlan } from "../../../src/plan/show.ts";
import { installVault, removeVault, type Vault, vaultDisk, vaultNode } from "../../support/vault.ts";

test.before(installVault);
test.after(removeVault);

const GIB = 2 ** 30;
const layoutWith = (change: Partial<Vault> = {}): Layout => ({
  version: 1,
  nodes: [
    vaultDisk("sda"),
    vaultDisk("sdb"),
    vaultNode(change),
    { kind: "swap", id: "swap:v", on: "vault:v", sizeBytes: GIB, active: true, uuid: "0000-1111" },
    { kind: "fstab", id: "fstab", entries: [{ spec: "/dev/sda", path: "none", type: "swap", options: "sw" }] },
  ],
});
const layout = layoutWith();
const devices = { "disk:sda": "/dev/sda", "disk:sdb": "/dev/sdb" };

test("the graph leads through it to its disks", () => {
  assert.equal(
    nodesBelow(layout, "swap:v").map(({ id }) => id),
    ["swap:v", "vault:v", "disk:sda", "disk:sdb"],
  );
  assert.is(disksOf(layout, "swap:v").length, 2);
  assert.equal(
    volumeDevices(layout).map(({ path }) => path),
    ["/dev/vault0"],
  );
  assert.is(volumeOn(layout, "disk:sdb")?.id, "vault:v");
  assert.equal([...identitiesOn(layout, "disk:sda")], ["1234-abcd"]);
  assert.is(requiredBytes(layout, vaultDisk("sda")), GIB);
});

test("showLayout() and mountlist() draw it, with what lies on it", () => {
  const [first = "", second = "", , fourth = ""] = showLayout(layout).split("\n");
  assert.match(first, /^\/dev\/sda /);
  assert.match(second, /^ {2}\/dev\/vault0 +1\.0 GiB +vault with 3 doors, swap UUID=0000-1111$/);
  assert.match(fourth, /^ {2}\/dev\/vault0 +\(see above\)$/);
  assert.is(mountlist(layout), "/dev/vault0 swap swap vault 0000-1111\n");
});

test("showLayout() lets no control character through", () => {
  const odd: LayoutNode = {
    kind: "left-out",
    id: "x",
    path: "/dev/sdc",
    why: "\u001b[2Ja\nb",
    holdsData: true,
    sizeBytes: 0,
  };
  const text = showLayout({ version: 1, nodes: [odd] });
  assert.is(text, "Not part of it: /dev/sdc (0 B): \\u001b[2Ja\\u000ab\n");
});

test("names in control files lead to it and to what it is made of", () => {
  const specs = knownSpecs(layout);
  for (const spec of ["/dev/vault0", "/dev/mapper/the-vault", "uuid=0000-1111"]) assert.ok(specs.has(spec), spec);
  assert.equal(nameUses(layout), [{ file: "/etc/fstab", name: "/dev/sda", node: "disk:sda" }]);
});

test("compareLayouts() and layoutDrift() tell another one, a changed one and a new one", () => {
  assert.equal(compareLayouts(layout, layout, devices), []);
  assert.equal(compareLayouts(layout, layoutWith({ doors: 4 }), devices), ["/dev/vault0: doors is 4 instead of 3"]);
  const other = layoutWith({ uuid: "0-0" });
  assert.equal(compareLayouts(layout, other, devices), ["/dev/vault0: there is no vault with the UUID 1234-ABCD"]);
  assert.ok(layoutDrift(layout, other).includes("/dev/vault0: is new"));
});

test("withoutDisk() takes it out with any of its disks", () => {
  const bare: Layout = { version: 1, nodes: layout.nodes.filter(({ kind }) => kind !== "swap") };
  const left = withoutDisk(bare, "disk:sdb", () => undefined);
  assert.equal(
    left?.nodes.map(({ id }) => id),
    ["disk:sda", "fstab"],
  );
  assert.is(
    withoutDisk(layout, "disk:sdb", () => undefined),
    undefined,
  );
});

test("planRestore() has its driver make it, and what lies on it", () => {
  const candidates = [vaultDisk("sda"), vaultDisk("sdb")].map((one) => {
    return { disk: one, readOnly: false, contents: "nothing", storageDrivers: [] };
  });
  const targets = matchDisks(layout, candidates, []);
  const plan = planRestore(layout, targets, { set: "set", firmware: "bios", root: "/mnt" });
  const text = showPlan(plan, { detailed: true });
  assert.match(text, /Build the vault \/dev\/vault0\n +vault build \/dev\/sda \/dev\/sdb\n/);
  assert.match(text, /mkswap.* \/dev\/vault0$/m);
});

test.run();
