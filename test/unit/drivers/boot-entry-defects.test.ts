import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bootEntryDefects } from "../../../src/drivers/loader/boot-entry-defects.ts";
import { type EfiEntry, type LayoutNode, nodesOf } from "../../../src/layout/types.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { fakeHost } from "../../support/fake-host.ts";

const recorded = layoutFrom(
  JSON.parse(readFileSync(join(import.meta.dirname, "../../machines/uefi-gpt-xfs/facts.json"), "utf8")) as Facts,
);
const partitionUuid = nodesOf(recorded, "partition")[0]?.uuid ?? "";
const root = "/mnt/restore";
const host = fakeHost({ files: { [`${root}/boot/efi/EFI/Arch/Linux.EFI`]: "no image" } });

const entry = (number: string, more: Partial<EfiEntry> = {}): EfiEntry => {
  return { number, label: number, active: true, partitionUuid, file: "\\EFI\\arch\\linux.efi", ...more };
};
const withRoot = (uuid: string) => ({ data: Buffer.from(`root=UUID=${uuid} ro`, "utf16le").toString("base64") });
const LOST = withRoot("6d6f6e64-6f00-4000-8000-000000000999");

function defectsOf(entries: readonly EfiEntry[], bootOrder: readonly string[] = []): string[] {
  const nodes = recorded.nodes.map((node): LayoutNode => {
    return node.kind === "firmware" ? { ...node, entries, bootOrder } : node;
  });
  const targets = { "disk:nvme0n1": "/dev/nvme0n1" };
  return bootEntryDefects(host, { layout: { version: 1, nodes }, targets, names: {}, root });
}

test("bootEntryDefects() finds files in either case, and names those that weren't restored but were there", () => {
  assert.equal(defectsOf([entry("0001")]), []);
  const other = { file: "\\EFI\\other.efi" };
  assert.equal(defectsOf([entry("0001", other)]), [
    'the boot entry "0001" names \\EFI\\other.efi, which isn\'t on the restored ESP',
  ]);
  assert.equal(defectsOf([entry("0001", { ...other, fileMissing: true })]), []);
});

test("bootEntryDefects() reads the command line that the first active entry hands to a kernel, and no other", () => {
  const good = withRoot("6d6f6e64-6f00-4000-8000-000000000203");
  const inactive = { ...LOST, active: false };
  const entries = [entry("0001", LOST), entry("0002", good), entry("0003", inactive)];
  assert.equal(defectsOf(entries, ["0003", "0002", "0001"]), []);
  const [defect, ...others] = defectsOf(entries, ["0001", "0002"]);
  assert.match(defect ?? "", /^the boot entry "0001" names root=UUID=.*999, which is on none of the restored disks$/);
  assert.is(others.length, 0);
});

test.run();
