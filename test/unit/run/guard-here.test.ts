import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../src/effects/effect.ts";
import type { Host } from "../../../src/host/host.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { guardHere, ownDisks } from "../../../src/run/guard-here.ts";

/** Device numbers by path, and what sysfs says of each: the kernel name, the disk of a partition, the members. */
const numbers: Readonly<Record<string, string>> = {
  "/dev/sda": "8:0",
  "/dev/sda1": "8:1",
  "/dev/sdb": "8:16",
  "/dev/sdb1": "8:17",
  "/dev/mapper/own": "253:0",
  "/dev/mapper/both": "253:1",
  "/dev/vg/alias": "8:17",
  "/dev/gone": "8:99",
  "/dev/md0": "9:0",
  "/dev/md1": "9:1",
};
const names: Readonly<Record<string, string>> = {
  "8:0": "sda",
  "8:1": "sda/sda1",
  "8:16": "sdb",
  "8:17": "sdb/sdb1",
  "253:0": "dm-0",
  "253:1": "dm-1",
  "9:0": "md0",
  "9:1": "md1",
};
const slaves: Readonly<Record<string, readonly string[]>> = { "dm-0": ["sda1"], "dm-1": ["dm-0", "sdb1"] };
const links: Readonly<Record<string, string>> = { "/r/out": "/dev", "/r/etc": "/opt" };

const numberOf = (name: string) => Object.entries(names).find(([, at]) => at.split("/").at(-1) === name)?.[0];
const known: Partial<Host> = {
  stat(path) {
    const rdev = numbers[path];
    return rdev === undefined ? undefined : ({ kind: "block", rdev } as ReturnType<Host["stat"]>);
  },
  realPath(path) {
    const name = names[path.replace("/sys/dev/block/", "")];
    return name === undefined ? undefined : `/sys/devices/${name}`;
  },
  exists: (path) => /\/sd\w\/sd\w\d\/partition$/.test(path),
  list: (path) => [...(slaves[path.split("/").at(-2) ?? ""] ?? [])],
  tryReadText(path) {
    const at = path.split("/").at(-2) ?? "";
    if (path.endsWith("/dev")) return `${numberOf(at)}\n`;
    return names[at] === undefined ? undefined : at === "9:0" ? "0\n" : "8\n";
  },
  readLink: (path) => links[path],
};
const host = known as Host;

const plan = { root: "/r", disks: [{ path: "/dev/sda", sizeBytes: 1 }], volumes: [] } as unknown as Plan;
const own = ownDisks(host, plan);
const check = (effect: Effect) => guardHere(host, plan, own, effect);
const zero = (path: string): Effect => ({ do: "zero", path, sizeBytes: 1 });

test("guardHere() lets a plan write to its disks, their partitions, volumes on them alone, and what isn't there", () => {
  for (const path of ["/dev/sda", "/dev/sda1", "/dev/mapper/own", "/dev/vg/new", "/dev/gone", "/dev/md0"])
    check(zero(path));
});

test("guardHere() refuses a device of another disk, whatever it is called", () => {
  for (const path of ["/dev/sdb", "/dev/sdb1", "/dev/vg/alias", "/dev/mapper/both", "/dev/md1"]) {
    assert.throws(() => check(zero(path)), /on a disk that is not a target/, path);
  }
  assert.throws(() => check({ do: "run", argv: ["x"], writes: ["/dev/vg/alias"] }), /\/dev\/vg\/alias/);
});

test("guardHere() refuses paths that lead to the running kernel's file systems", () => {
  const fill = (path: string): Effect => ({ do: "fill", path, sizeBytes: 1, mode: 0o600 });
  for (const path of ["/r/dev/sdb", "/r/out/sdb", "/r/x/../proc/y", "/r/sys", "/r/run/x"]) {
    assert.throws(() => check(fill(path)), /belongs to the running kernel/, path);
  }
  for (const path of ["/r/etc/swap", "/r/srv/dev/swap", "/r/devices"]) check(fill(path));
  check({ do: "mkdir", path: "/r/run/media" });
  assert.throws(() => check({ do: "mkdir", path: "/r/out/x" }), /belongs to the running kernel/);
});

test.run();
