/** Details come out of sets: what a driver takes for a number must be one, before it is a word of a command. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { filesystemDriver } from "../../../src/drivers/fs/filesystem-drivers.ts";
import { hasFeature } from "../../../src/drivers/fs/has-feature.ts";
import { type Filesystem, type Layout, nodesOf } from "../../../src/layout/types.ts";

const layoutOf = (machine: string) => {
  const file = join(import.meta.dirname, "../../machines", machine, "layout.json");
  return JSON.parse(readFileSync(file, "utf8")) as Layout;
};
const rooted = (type: string): Filesystem => {
  const machine = { ext4: "bios-gpt-ext4", xfs: "uefi-gpt-xfs", vfat: "uefi-gpt-xfs", btrfs: "bios-btrfs-raid1" }[type];
  const found = nodesOf(layoutOf(machine ?? ""), "filesystem").find((fs) => fs.type === type);
  if (!found) throw new Error(`no ${type}`);
  return found;
};

for (const [type, field, wrong] of [
  ["ext4", "blockBytes", "4096"],
  ["xfs", "agBlocks", undefined],
  ["vfat", "width", 24],
  ["btrfs", "unknown", "none"],
] as const) {
  test(`the driver of ${type} refuses ${field} that is ${JSON.stringify(wrong)}, and names it`, () => {
    const fs = rooted(type);
    const make = (details: Filesystem["details"]) =>
      filesystemDriver(type)?.make({ ...fs, details }, "/dev/sdz", ["/dev/sdy"]);
    assert.ok(make(fs.details));
    assert.throws(
      () => make({ ...fs.details, [field]: wrong }),
      (error: unknown) =>
        error instanceof MondoError &&
        error.code === "damaged" &&
        error.message.startsWith(`its layout can't be used: ${fs.id}: details.${field} `),
    );
  });
}

test("hasFeature() knows features as lists and as switches", () => {
  assert.is(hasFeature(rooted("ext4"), "extent"), true);
  assert.is(hasFeature(rooted("ext4"), "casefold"), false);
  assert.is(hasFeature(rooted("xfs"), "crc"), true);
  assert.is(hasFeature(rooted("xfs"), "ci"), false);
  assert.is(hasFeature(rooted("vfat"), "crc"), false);
});

test.run();
