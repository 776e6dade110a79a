/** A kind of volume that nobody has, of one row and one driver: every function of the layout, and the plan, knows it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { volumeDrivers } from "../../../src/drivers/volume/volume-drivers.ts";
import type { VolumeDriver } from "../../../src/drivers/volume-contract.ts";
import { compareLayouts } from "../../../src/layout/compare-layouts.ts";
import { nameUses } from "../../../src/layout/device-names.ts";
import { knownSpecs } from "../../../src/layout/device-specs.ts";
import { layoutDrift } from "../../../src/layout/drift.ts";
import { requiredBytes } from "../../../src/layout/fit.ts";
import { disksOf, nodesBelow, volumeDevices, volumeOn } from "../../../src/layout/graph.ts";
import { identitiesOn } from "../../../src/layout/identities.ts";
import { count, devicePath, filledList, identifier, reference } from "../../../src/layout/kinds/field-schemas.ts";
import { kinds } from "../../../src/layout/kinds.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { mountlist } from "../../../src/layout/mountlist.ts";
import { showLayout } from "../../../src/layout/show-layout.ts";
import type { Disk, Layout, LayoutNode } from "../../../src/layout/types.ts";
import { withoutDisk } from "../../../src/layout/without-disk.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { showPlan } from "../../../src/plan/show.ts";

interface Vault {
  readonly kind: "vault";
  readonly id: string;
  readonly parts: readonly string[];
  readonly path: string;
  readonly uuid: string;
  readonly sizeBytes: number;
  readonly doors: number;
}

const vaultKind = {
  role: "volume",
  noun: "vault",
  fields: { parts: filledList(reference), path: devicePath, uuid: identifier, sizeBytes: count, doors: count },
  madeOf: ({ parts }: Vault) => parts,
  carries: true,
  line: ({ path, sizeBytes, doors }: Vault) => ({ name: path, sizeBytes, what: `vault with ${doors} doors` }),
  mountlistSize: () => "vault",
  mountlistMember: "vault",
  aliases: () => ["/dev/mapper/the-vault"],
  compared: ["doors"],
};

const vaultDriver = {
  type: "vault",
  kind: "vault",
  needs: { tools: ["vault"], modules: [] },
  recognise: () => undefined,
  assemble: () => ({ nodes: [], devices: new Map() }),
  make(node: Vault, _layout: Layout, devices: Readonly<Record<string, string>>) {
    const parts = node.parts.map((id) => devices[id] ?? id);
    return { say: `Build the vault ${node.path}`, effects: [{ do: "run", argv: ["vault", "build", ...parts] }] };
  },
};

test.before(() => {
  Object.assign(kinds, { vault: vaultKind });
  (volumeDrivers as VolumeDriver[]).push(vaultDriver as unknown as VolumeDriver);
});

test.after(() => {
  Reflect.deleteProperty(kinds, "vault");
  (volumeDrivers as VolumeDriver[]).pop();
});

const GIB = 2 ** 30;
const disk = (name: string): Disk => ({
  kind: "disk",
  id: `disk:${name}`,
  path: `/dev/${name}`,
  sizeBytes: GIB,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  serial: `serial-${name}`,
  rotational: false,
  removable: false,
});
const vault: Vault = {
  kind: "vault",
  id: "vault:v",
  parts: ["disk:sda", "disk:sdb"],
  path: "/dev/vault0",
  uuid: "1234-ABCD",
  sizeBytes: GIB,
  doors: 3,
};
const layoutWith = (change: Partial<Vault> = {}): Layout => ({
  version: 1,
  nodes: [
    disk("sda"),
    disk("sdb"),
    { ...vault, ...change } as unknown as LayoutNode,
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
  assert.is(requiredBytes(layout, disk("sda")), GIB);
});

test("showLayout() and mountlist() draw it, with what lies on it", () => {
  const [first = "", second = "", , fourth = ""] = showLayout(layout).split("\n");
  assert.match(first, /^\/dev\/sda /);
  assert.match(second, /^ {2}\/dev\/vault0 +1\.0 GiB +vault with 3 doors, swap UUID=0000-1111$/);
  assert.match(fourth, /^ {2}\/dev\/vault0 +\(see above\)$/);
  assert.is(mountlist(layout), "/dev/vault0 swap swap vault 0000-1111\n");
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
  const candidates = [disk("sda"), disk("sdb")].map((one) => {
    return { disk: one, readOnly: false, contents: "nothing", storageDrivers: [] };
  });
  const targets = matchDisks(layout, candidates, []);
  const plan = planRestore(layout, targets, { set: "set", firmware: "bios", root: "/mnt" });
  const text = showPlan(plan, { detailed: true });
  assert.match(text, /Build the vault \/dev\/vault0\n +vault build \/dev\/sda \/dev\/sdb\n/);
  assert.match(text, /mkswap.* \/dev\/vault0$/m);
});

test.run();
