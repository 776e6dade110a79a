import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../src/effects/effect.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { guardEffect } from "../../../src/run/guard-effect.ts";

const plan: Plan = {
  version: 1,
  set: "s",
  root: "/mnt/restore",
  targets: {},
  disks: [{ path: "/dev/sda", sizeBytes: 1024 }],
  volumes: [{ path: "/dev/vg-0/root", group: "vg-0" }],
  layout: { version: 1, nodes: [] },
  sizes: [],
  warnings: [],
  phases: [],
};

const passes = (effect: Effect) => guardEffect(plan, effect);
const refuses = (effect: Effect, why: RegExp) => assert.throws(() => guardEffect(plan, effect), why);
const run = (writes: readonly string[], ...argv: string[]): Effect => ({ do: "run", argv, writes });
const NOT_A_TARGET = /the plan would write to \S+, which is not one of its target disks/;
const OUTSIDE = /the plan would write to \S+, which is not below \/mnt\/restore/;

test("guardEffect() tells a disk's partitions from other disks", () => {
  for (const path of ["/dev/sda", "/dev/sda1", "/dev/sda12"]) passes({ do: "rereadTable", path });
  for (const path of ["/dev/sdaa", "/dev/sdb", "/dev/sda1x", "/dev/mapper/sda1", "/dev/sda/../sdb", "sda", ""]) {
    assert.throws(() => guardEffect(plan, { do: "rereadTable", path }), /not one of its target disks/);
  }
  const entry = {
    do: "efiEntry",
    disk: "/dev/sdb",
    partition: 1,
    startBytes: 512,
    sizeBytes: 512,
    partitionUuid: "U",
    label: "l",
    file: "f",
    attributes: 1,
  } as const;
  refuses(entry, NOT_A_TARGET);
});

test("guardEffect() takes hidden volumes of the plan's group for its own, and no other group's", () => {
  for (const path of ["/dev/vg-0/pool_tmeta", "/dev/mapper/vg--0-pool_tmeta"])
    passes({ do: "zero", path, sizeBytes: 1 });
  for (const path of ["/dev/vg-01/x", "/dev/mapper/vg--0--1-x", "/dev/mapper/vg-0-x"]) {
    refuses({ do: "zero", path, sizeBytes: 1 }, NOT_A_TARGET);
  }
});

test("guardEffect() refuses a device that a command names and doesn't declare", () => {
  passes(run(["/dev/sda"], "sfdisk", "/dev/sda"));
  passes(run(["/dev/sda1"], "mkfs.xfs", "-l", "logdev=/dev/sda1", "/dev/sda1"));
  refuses(
    run(["/dev/sda1"], "mkfs.xfs", "-l", "logdev=/dev/sda2", "/dev/sda1"),
    /^the command mkfs.xfs names \/dev\/sda2, which it doesn't declare$/,
  );
  refuses({ ...run(["/dev/sda"], "sfdisk", "/dev/sda"), input: "/dev/sdb1 : size=1" } as Effect, /names \/dev\/sdb1/);
});

test("guardEffect() refuses a device that a command declares and the plan doesn't own", () => {
  refuses(run(["/dev/sdb"], "mkswap", "/dev/sdb"), NOT_A_TARGET);
  refuses({ do: "run", argv: ["cp"], writes: [], reads: ["/dev/sdb"] }, NOT_A_TARGET);
  refuses(
    { do: "mount", source: "/dev/sda1", path: "/mnt/restore", type: "btrfs", options: "device=/dev/sdb" },
    NOT_A_TARGET,
  );
  refuses({ do: "mount", source: "UUID=1", path: "/mnt/restore", type: "ext4", options: "" }, /UUID=1/);
});

test("guardEffect() keeps every path below the root or the restore's own directory", () => {
  for (const path of ["/mnt/restore", "/mnt/restore/etc/fstab", "/run/mondo/x", "/mnt/restore/a/../b"]) {
    passes({ do: "mkdir", path });
    passes(run([path], "mkswap", path));
  }
  for (const path of ["/opt", "/mnt/restore/../../opt", "/mnt/restored", "/run/mondo/../x", "opt", "/dev/sda"]) {
    refuses({ do: "write", path, text: "" }, OUTSIDE);
  }
  refuses({ do: "mount", source: "/dev/sda1", path: "/mnt/restore/../../opt", type: "ext4", options: "" }, OUTSIDE);
  refuses({ do: "setAside", path: "/mnt/restore/a", to: "/b" }, OUTSIDE);
  refuses(run(["/srv/swap"], "mkswap", "/srv/swap"), OUTSIDE);
});

test("guardEffect() refuses a swap file whose path climbs to a device", () => {
  const path = "/mnt/restore/../../dev/sdb";
  refuses({ do: "fill", path, sizeBytes: 1, mode: 0o600 }, OUTSIDE);
  refuses(run([path], "mkswap", path), OUTSIDE);
  refuses(run([], "mkswap", path), /names \/dev\/sdb, which it doesn't declare/);
});

test.run();
