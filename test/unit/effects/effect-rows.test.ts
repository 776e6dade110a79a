import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../src/effects/effect.ts";
import { devicesIn, pathsIn, showEffect } from "../../../src/effects/effect-rows.ts";

const cases: readonly (readonly [Effect, devices: string[], paths: string[], shown: string])[] = [
  [
    { do: "run", argv: ["mkswap", "/r/swap"], writes: ["/r/swap", "/dev/sda"], reads: ["/dev/sdb"], optional: true },
    ["/dev/sda", "/dev/sdb"],
    ["/r/swap"],
    "mkswap /r/swap  (may fail)",
  ],
  [
    { do: "mount", source: "/dev/sda1", path: "/r", type: "btrfs", options: "noatime,device=/dev/sdb" },
    ["/dev/sda1", "/dev/sdb"],
    ["/r"],
    "mount -t btrfs -o noatime,device=/dev/sdb /dev/sda1 /r",
  ],
  [
    { do: "mount", source: "/dev/sda1", path: "/r", type: "xfs", options: "subvol=/dev/x,logdev=/dev/sdb,device=sdc" },
    ["/dev/sda1", "/dev/sdb", "sdc"],
    ["/r"],
    "mount -t xfs -o subvol=/dev/x,logdev=/dev/sdb,device=sdc /dev/sda1 /r",
  ],
  [
    { do: "raidHabits", path: "/dev/md0", member: "/dev/sdb", habits: ["failfast"] },
    ["/dev/md0", "/dev/sdb"],
    [],
    "make /dev/sdb failfast in /dev/md0",
  ],
  [
    { do: "unpack", root: "/r", images: [{ entry: "images/1", device: "/dev/sda2", gaps: "unused" }] },
    ["/dev/sda2"],
    ["/r"],
    "unpack the set below /r, images/1 onto /dev/sda2",
  ],
  [
    {
      do: "efiEntry",
      disk: "/dev/sda",
      partition: 1,
      startBytes: 2 ** 20,
      sizeBytes: 2 ** 20,
      partitionUuid: "U",
      label: "l",
      file: "f",
      attributes: 1,
    },
    ["/dev/sda"],
    [],
    'boot entry "l": f on /dev/sda partition 1',
  ],
  [{ do: "setAside", path: "/r/a", to: "/r/b" }, [], ["/r/a", "/r/b"], "rename /r/a to /r/b"],
  [{ do: "zero", path: "/dev/sda1", sizeBytes: 5 }, ["/dev/sda1"], [], "zero the first 5 bytes of /dev/sda1"],
  [{ do: "fill", path: "/r/s", sizeBytes: 5, mode: 0o600 }, [], ["/r/s"], "fill /r/s with 5 zeros"],
];

for (const [effect, devices, paths, shown] of cases) {
  test(`${effect.do}: its devices, its paths, its words`, () => {
    assert.equal(devicesIn(effect), devices);
    assert.equal(pathsIn(effect), paths);
    assert.is(showEffect(effect), shown);
  });
}

test("a command that doesn't declare what it writes to is no effect", () => {
  // @ts-expect-error: `writes` is missing
  const effect: Effect = { do: "run", argv: ["mkswap", "/dev/sda1"] };
  assert.is(showEffect(effect), "mkswap /dev/sda1");
});

test.run();
