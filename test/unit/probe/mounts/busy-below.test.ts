import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { candidatesFrom } from "../../../../src/probe/candidates.ts";
import type { Facts } from "../../../../src/probe/facts.ts";
import { mountsBelow } from "../../../../src/run/chroot.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const machine = join(import.meta.dirname, "../../../machines/bios-gpt-ext4/facts.json");
const recorded = JSON.parse(readFileSync(machine, "utf8")) as Facts;
const rootOnly = "20 1 0:9 / / rw - tmpfs none rw";
const below = "21 20 254:5 / /a/b rw - ext4 /dev/vda5 rw";

test("a disk is busy though another mount hides that it is mounted", () => {
  for (const over of ["/a/b", "/a"]) {
    const mountinfo = [rootOnly, below, `22 20 0:10 / ${over} rw - tmpfs none rw`].join("\n");
    const [disk] = candidatesFrom({ ...recorded, mountinfo, swaps: "" });
    assert.is(disk?.busy, "/dev/vda5 is mounted at /a/b", over);
  }
  assert.is(candidatesFrom({ ...recorded, mountinfo: rootOnly, swaps: "" })[0]?.busy, undefined);
});

test("what is mounted several times at a place is unmounted as often", () => {
  const lines = [rootOnly, "21 20 8:1 / /r rw - ext4 /dev/sda1 rw", "22 21 8:2 / /r/x rw - ext4 /dev/sda2 rw"];
  const files = { "/proc/self/mountinfo": [...lines, "23 21 8:3 / /r rw - ext4 /dev/sda3 rw"].join("\n") };
  assert.equal(mountsBelow(fakeHost({ files }), "/r"), ["/r", "/r/x", "/r"]);
});

test.run();
