import { test } from "uvu";
import * as assert from "uvu/assert";
import { sharedNeeds } from "../../../src/backup/shared-extents.ts";
import { MIB } from "../../../src/base/units.ts";
import type { PathStat } from "../../../src/host/host.ts";
import type { Filesystem, Layout, LayoutNode } from "../../../src/layout/types.ts";
import { requireRoom, roomWarnings } from "../../../src/plan/require-room.ts";

const xfs: Filesystem = {
  ...{ kind: "filesystem", id: "fs:1", on: "disk:1", type: "xfs", sizeBytes: 1000 * MIB, usedBytes: 200 * MIB },
  details: {},
};
const mount = (path: string, options = "rw"): LayoutNode => ({
  ...{ kind: "mount", id: `mount:${path}`, of: "fs:1", path, options, root: "/" },
});

function needsOf(mib: Record<string, number>, nodes: readonly LayoutNode[] = [xfs, mount("/data")]) {
  const devices: Record<string, string> = { "/data": "8:1", "/data/sub": "0:40" };
  const host = { stat: (path: string) => ({ dev: devices[path] }) as PathStat };
  const layout: Layout = { version: 1, nodes };
  const occupied = new Map(Object.entries(mib).map(([device, size]) => [device, size * MIB]));
  const { layout: found, notes } = sharedNeeds(host, layout, occupied);
  const [fs] = found.nodes;
  return { used: ((fs?.kind === "filesystem" && fs.usedBytes) || 0) / MIB, notes, layout: found };
}

test("sharedNeeds() raises what a file system must hold to what its files take, and says so", () => {
  const { used, notes } = needsOf({ "8:1": 1200, "8:2": 5000 });
  assert.is(used, 1200);
  assert.is(notes.length, 1);
  assert.match(
    notes[0] ?? "",
    /^\/data: files share extents there; they take 2\d\d.* now, and 1\.\d+ .* after a restore$/,
  );
});

test("sharedNeeds() says nothing of files that share nothing, or that changed while they were counted", () => {
  for (const size of [0, 150, 199, 230]) assert.equal(needsOf({ "8:1": size }).notes, []);
  assert.is(needsOf({ "8:1": 230 }).used, 200);
});

test("sharedNeeds() counts subvolumes, and nothing on file systems that compress", () => {
  const subvolume: LayoutNode = {
    ...{ kind: "subvolume", id: "sub:1", of: "fs:1", path: "sub", number: 256, readOnly: false, isDefault: false },
    at: "/data/sub",
  };
  const btrfs = { ...xfs, type: "btrfs" };
  assert.is(needsOf({ "8:1": 150, "0:40": 150 }, [btrfs, mount("/data"), subvolume]).used, 300);
  assert.is(needsOf({ "8:1": 900 }, [btrfs, mount("/data", "rw,compress=zstd:3")]).used, 200);
});

test("requireRoom() refuses files that don't fit without shared extents, before anything is erased", () => {
  requireRoom(needsOf({ "8:1": 999 }).layout);
  assert.equal(roomWarnings(needsOf({ "8:1": 1200 }).layout), []);
  const { layout } = needsOf({ "8:1": 1200 }, [{ ...xfs, type: "btrfs" }, mount("/data")]);
  requireRoom(layout);
  assert.match(
    roomWarnings(layout).join(),
    /^the files of \/data need .*: it may fill up, unless they are compressed$/,
  );
  assert.throws(() => requireRoom(needsOf({ "8:1": 1200 }).layout), /the files of \/data need 1\.\d+ .* has \d+/);
});

test.run();
