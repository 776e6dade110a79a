/**
 * A kind of volume that nobody has, of one row and one driver: probe, activation, release, fitting, plan and comparison
 * ask it.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { volumeDifferences } from "../../../src/drivers/volume-differences.ts";
import type { Layout } from "../../../src/layout/types.ts";
import { nodeById } from "../../../src/layout/types.ts";
import { fitLayout, leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { showPlan } from "../../../src/plan/show.ts";
import { describeDisks } from "../../../src/probe/describe-volumes.ts";
import { readDevices } from "../../../src/probe/read-devices.ts";
import { activateVolumes } from "../../../src/run/activate.ts";
import { releaseVolumes } from "../../../src/run/release.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";
import { installVault, removeVault, VAULT_HEAD, type Vault, vault, vaultDisk, vaultNode } from "../../support/vault.ts";

test.before(installVault);
test.after(removeVault);

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const [a, b] = [vaultDisk("sda"), vaultDisk("sdb")];
const layoutWith = (change: Partial<Vault> = {}): Layout => ({
  version: 1,
  nodes: [a, b, vaultNode(change), { kind: "swap", id: "swap:v", on: "vault:v", sizeBytes: GIB, active: true }],
});
const layout = layoutWith();

const block = "/sys/class/block";
/** Two disks with parts of a vault; where it is open, it is a device of its own. */
function machine(isOpen: boolean) {
  const ran: string[] = [];
  const open = {
    [`${block}/vault0/size`]: `${GIB / 512}\n`,
    [`${block}/vault0/slaves/sda`]: "",
    [`${block}/vault0/slaves/sdb`]: "",
    [`${block}/sda/holders/vault0`]: "",
    [`${block}/sdb/holders/vault0`]: "",
    "/dev/vault0": "",
  };
  const parts = { "/dev/sda": VAULT_HEAD, "/dev/sdb": VAULT_HEAD };
  const host = fakeHost({
    files: { ...blankDisks({ sda: GIB, sdb: GIB }), ...parts, ...(isOpen ? open : {}) },
    async run({ argv }) {
      ran.push(argv.join(" "));
      return { code: 0, stdout: "", stderr: "" };
    },
  });
  return { host, ran };
}

test("describeDisks() recognises its parts and assembles it", async () => {
  const { host } = machine(true);
  const facts = await readDevices(host);
  const { nodes } = describeDisks(
    facts,
    facts.devices.filter(({ name }) => name.startsWith("sd")),
  );
  assert.equal(
    nodes.find(({ id }) => id === "vault:v"),
    vaultNode(),
  );
});

test("activateVolumes() has its driver open it from an idle part, and only when it is closed", async () => {
  const closed = machine(false);
  await activateVolumes(closed.host, layout);
  assert.equal(closed.ran, ["vault open /dev/sda"]);
  const open = machine(true);
  await activateVolumes(open.host, layout);
  assert.equal(open.ran, []);
});

test("releaseVolumes() has its driver close it", async () => {
  const { host, ran } = machine(true);
  await releaseVolumes(host, "/dev/sda");
  assert.equal(ran, ["vault close /dev/vault0"]);
});

test("fitLayout() has its driver resize it, as far as both parts and what lies on it allow", () => {
  const sized = (first: number, second: number) => {
    const spaces = { [a.id]: vaultDisk("sda", first), [b.id]: vaultDisk("sdb", second) };
    const after = fitLayout(layout, spaces).layout;
    return [vault.id, "swap:v"].map((id) => {
      const node = nodeById(after, id);
      return node && "sizeBytes" in node ? node.sizeBytes : 0;
    });
  };
  assert.equal(sized(2 * GIB, 3 * GIB), [2 * GIB, 2 * GIB]);
  assert.equal(sized(GIB, 2 * GIB), [GIB, GIB]);
  assert.equal(sized(GIB, GIB - 512 * MIB), [GIB - 512 * MIB, GIB - 512 * MIB]);
  assert.is(leastDiskBytes(layout, a), GIB / 8);
});

test("planRestore() warns for it, makes it, and completes it when all files are back", () => {
  const candidate = (disk: typeof a) => ({ disk, readOnly: false, contents: "nothing", storageDrivers: [] });
  const targets = { disks: { [a.id]: candidate(a), [b.id]: candidate(b) }, because: {} };
  const plan = planRestore(layout, targets, { set: "set", firmware: "bios", root: "/mnt" });
  assert.ok(plan.warnings.includes("the guard of /dev/vault0 will not know you"), plan.warnings.join("\n"));
  const text = showPlan(plan, { detailed: true });
  const [made, written] = [text.indexOf("vault build /dev/sda /dev/sdb"), text.indexOf("/mnt/etc/vault")];
  assert.ok(made > 0 && written > made, text);
});

test("volumeDifferences() has its driver look at one of the same UUID, and at no other", () => {
  assert.equal(volumeDifferences(layout, layoutWith({ path: "/dev/vault1" })), ["/dev/vault1 has moved"]);
  assert.equal(volumeDifferences(layout, layoutWith({ path: "/dev/vault1", uuid: "0-0" })), []);
});

test.run();
