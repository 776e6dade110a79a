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
  const { layout: found, notes, sharing } = sharedNeeds(host, layout, occupied);
  const [fs] = found.nodes;
  const { usedBytes = 0, usedSharingBytes } = fs as Filesystem;
  return { used: usedBytes / MIB, usedSharingBytes, notes, layout: found, sharing };
}

test("sharedNeeds() tells what files take without the extents they share, beside what they take now", () => {
  const { used, usedSharingBytes, notes, sharing } = needsOf({ "8:1": 1200, "8:2": 5000 });
  assert.is(used, 1200);
  assert.is(usedSharingBytes, 200 * MIB);
  assert.equal(sharing, ["8:1"]);
  assert.is(notes.length, 1);
  assert.match(
    notes[0] ?? "",
    /^\/data: files share extents there; they take 2\d\d.* now, and 1\.\d+ .* where they can't share them again$/,
  );
});

test("sharedNeeds() promises nothing of file systems whose files a restore doesn't make share", () => {
  const { used, usedSharingBytes, notes, sharing } = needsOf({ "8:1": 1200 }, [
    { ...xfs, type: "ocfs2" },
    mount("/data"),
  ]);
  assert.equal([used, usedSharingBytes, sharing], [1200, undefined, []]);
  assert.match(notes.join(), /after a restore$/);
});

test("sharedNeeds() says nothing of files that share nothing, or that changed while they were counted", () => {
  for (const size of [0, 150, 199, 230]) assert.equal(needsOf({ "8:1": size }).notes, []);
  assert.equal(needsOf({ "8:1": 230 }).sharing, []);
  assert.is(needsOf({ "8:1": 230 }).used, 200);
});

test("sharedNeeds() counts subvolumes, and nothing on file systems that compress, where snapshots tell", () => {
  const subvolume: LayoutNode = {
    ...{ kind: "subvolume", id: "sub:1", of: "fs:1", path: "sub", number: 256, readOnly: false, isDefault: false },
    at: "/data/sub",
  };
  const btrfs = { ...xfs, type: "btrfs" };
  const compressed = mount("/data", "rw,compress=zstd:3");
  assert.is(needsOf({ "8:1": 150, "0:40": 150 }, [btrfs, mount("/data"), subvolume]).used, 300);
  assert.is(needsOf({ "8:1": 900 }, [btrfs, compressed]).used, 200);
  const snapshot: LayoutNode = { ...subvolume, snapshotOf: "u" };
  assert.equal(needsOf({ "8:1": 9 }, [btrfs, compressed, snapshot]).sharing, ["8:1", "0:40"]);
  assert.equal(needsOf({ "8:1": 9 }, [btrfs, compressed, { ...snapshot, leftOut: true }]).sharing, []);
});

test("requireRoom() refuses files that don't fit and don't share again, before anything is erased", () => {
  // What older versions wrote, and what is too large even so.
  const older = (layout: Layout): Layout => ({
    ...layout,
    nodes: layout.nodes.map((node) => {
      if (node.kind !== "filesystem") return node;
      const { usedSharingBytes: _, ...rest } = node;
      return rest;
    }),
  });
  requireRoom(needsOf({ "8:1": 999 }).layout);
  const { layout } = needsOf({ "8:1": 1200 });
  requireRoom(layout);
  assert.match(
    roomWarnings(layout).join(),
    /^the files of \/data need 1\.\d+ .*: it holds them because they will share/,
  );
  assert.throws(() => requireRoom(older(layout)), /the files of \/data need 1\.\d+ .* has \d+/);
  const btrfs = needsOf({ "8:1": 1200 }, [{ ...xfs, type: "btrfs" }, mount("/data")]).layout;
  requireRoom(older(btrfs));
  assert.match(
    roomWarnings(older(btrfs)).join(),
    /^the files of \/data need .*: it may fill up, unless they are compressed$/,
  );
  const small = { ...layout, nodes: layout.nodes.map((node) => ({ ...node, sizeBytes: 150 * MIB }) as LayoutNode) };
  assert.throws(() => requireRoom(small), /need 1\.\d+ .* has 15\d/);
});

test.run();
