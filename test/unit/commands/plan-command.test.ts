import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { parseDiskChoice } from "../../../src/commands/plan-command.ts";

test("parseDiskChoice() takes pairs, and nothing for nothing", () => {
  assert.equal(parseDiskChoice("sda=/dev/sdb,S123=sdc"), { sda: "/dev/sdb", S123: "sdc" });
  assert.equal(parseDiskChoice(undefined), {});
  assert.equal(parseDiskChoice("sda=sdb,sdc=none,sdd=none"), { sda: "sdb", sdc: "none", sdd: "none" });
});

test("parseDiskChoice() refuses half pairs and disks that are named twice", () => {
  for (const text of ["sda", "sda=", "=sdb", "a=b=c", "sda=sdc,sdb=sdc", "sda=sdb,sda=sdc"]) {
    assert.throws(
      () => parseDiskChoice(text),
      (error: unknown) => error instanceof MondoError && error.code === "usage",
      text,
    );
  }
});

test.run();
