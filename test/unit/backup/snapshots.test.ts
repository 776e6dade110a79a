import { test } from "uvu";
import * as assert from "uvu/assert";
import { chooseSnapshots, type VolumeOrigin } from "../../../src/backup/snapshot/choose-snapshots.ts";
import { cowSizes } from "../../../src/backup/snapshot/cow-sizes.ts";
import { liveWords, madeWords } from "../../../src/backup/snapshot/describe-view.ts";
import { makeSnapshots } from "../../../src/backup/snapshot/moment.ts";
import { lostSnapshot } from "../../../src/backup/snapshot/snapshot-use.ts";
import { treeSteps } from "../../../src/backup/snapshot/view-plan.ts";
import { planVolumes } from "../../../src/backup/snapshot/volume-snapshots.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Command } from "../../../src/host/host.ts";
import { isBackupSubvolume, isBackupVolume, isOwnRun, isOwnVolume } from "../../../src/layout/own-snapshots.ts";
import type { Layout, LayoutNode, Mount } from "../../../src/layout/types.ts";
import { fakeHost } from "../../support/fake-host.ts";

const MIB = 1 << 20;
const mount = (of: string, path: string, root = "/", options = "rw,relatime"): Mount => ({
  ...{ kind: "mount", id: `mount:${path}`, of, path, options, root },
});
const volume = (name: string, mebibytes: number, more: Partial<VolumeOrigin> = {}): VolumeOrigin => ({
  ...{ group: "vg", name, sizeBytes: mebibytes * MIB, isThin: false, type: "ext4", mounts: [mount("fs", `/${name}`)] },
  ...more,
});

const filesystem = (id: string, on: string, type: string): LayoutNode =>
  ({ kind: "filesystem", id, on, type, sizeBytes: 100 * MIB, details: {} }) as LayoutNode;
const logical = (name: string, ...segments: string[]): LayoutNode => ({
  ...{ kind: "logical-volume", id: `lv:vg/${name}`, group: "vg:vg", name, path: `/dev/vg/${name}`, uuid: name },
  ...{ sizeBytes: 100 * MIB, segments },
});
const machine: Layout = {
  version: 1,
  nodes: [
    { kind: "volume-group", id: "vg:vg", name: "vg", uuid: "u", members: [], metadata: "" },
    ...[logical("root", "striped"), logical("slim", "thin"), logical("odd", "striped")],
    { kind: "partition", id: "part:vda1", number: 1 } as LayoutNode,
    filesystem("root", "lv:vg/root", "ext4"),
    filesystem("slim", "lv:vg/slim", "xfs"),
    filesystem("odd", "lv:vg/odd", "f2fs"),
    filesystem("boot", "part:vda1", "ext2"),
    filesystem("efi", "part:vda1", "vfat"),
    ...[mount("root", "/"), mount("root", "/srv/home", "/home"), mount("slim", "/srv/slim"), mount("odd", "/srv/odd")],
    ...[mount("boot", "/boot"), mount("efi", "/boot/efi", "/", "ro,relatime")],
  ],
};

test("volumes and their mounts are chosen, and what has no snapshot is named, unless it is read-only or left out", () => {
  const all = chooseSnapshots(machine, { include: ["/"], exclude: ["/srv/odd/x"] });
  assert.equal(
    all.volumes.map(({ group, name, isThin, mounts }) => [group, name, isThin, mounts.map(({ path }) => path)]),
    [
      ["vg", "root", false, ["/", "/srv/home"]],
      ["vg", "slim", true, ["/srv/slim"]],
    ],
  );
  assert.equal(
    liveWords(all.live),
    "/srv/odd (f2fs on LVM is not read from snapshots); /boot (ext2 on a partition, neither LVM nor btrfs)",
  );
  const few = chooseSnapshots(machine, { include: ["/srv/slim/data"], exclude: [] });
  assert.equal(
    few.volumes.map(({ name }) => name),
    ["slim"],
  );
  const rest = chooseSnapshots(machine, { include: ["/"], exclude: ["/srv"] });
  assert.equal(
    rest.volumes.map(({ name, mounts }) => [name, mounts.length]),
    [["root", 1]],
  );
});

test("subvolumes are chosen by what is mounted and by what lies in it", () => {
  const subvolume = (path: string, at?: string, leftOut?: true): LayoutNode => ({
    ...{ kind: "subvolume", id: `s:${path}`, of: "b", path, number: 1, readOnly: false, isDefault: false },
    ...(at === undefined ? {} : { at }),
    ...(leftOut ? { leftOut } : {}),
  });
  const layout: Layout = {
    version: 1,
    nodes: [
      filesystem("b", "part:vda1", "btrfs"),
      ...[subvolume("@", "/"), subvolume("@/var", "/var"), subvolume("@home", "/home"), subvolume("@other")],
      ...[subvolume("@/.snapshots/1", "/.snapshots/1", true), subvolume("@home/deep", "/home/deep")],
      ...[mount("b", "/", "/@"), mount("b", "/home", "/@home"), mount("b", "/opt/x", "/@/usr/x")],
    ],
  };
  const [one] = chooseSnapshots(layout, { include: ["/"], exclude: [] }).btrfs;
  assert.equal(
    one?.subvolumes.map(({ path, mounts, nestedAt }) => [path, mounts.map((m) => m.path), nestedAt]),
    [
      ["@", ["/", "/opt/x"], undefined],
      ["@home", ["/home"], undefined],
      ["@/var", [], "/var"],
      ["@home/deep", [], "/home/deep"],
    ],
  );
  assert.equal(one?.leftOut, ["/.snapshots/1"]);
});

test("room: 15 % of a volume, or what is free in shares; what is asked for or nothing", () => {
  const room = (mebibytes: number) => ({ freeBytes: mebibytes * MIB, extentBytes: 4 * MIB });
  const sizes = (free: number, size?: Parameters<typeof cowSizes>[2]) =>
    cowSizes([volume("a", 1000), volume("b", 4000)], room(free), size).map((bytes) => bytes && bytes / MIB);
  assert.equal(sizes(5000), [152, 600]);
  assert.equal(sizes(400), [80, 316]);
  assert.equal(sizes(60), [undefined, undefined]);
  assert.equal(sizes(110), [20, 84]);
  assert.equal(sizes(0), [undefined, undefined]);
  assert.equal(sizes(5000, { bytes: 5 * MIB }), [8, 8]);
  assert.equal(sizes(5000, { share: 1 }), [1000, 4000]);
  assert.equal(sizes(4999, { share: 1 }), [1000, undefined]);
  const target = (free: number) => cowSizes([volume("a", 1000, { outputBytes: 500 * MIB })], room(free), undefined);
  assert.equal(target(5000), [652 * MIB]);
  assert.equal(target(560), [560 * MIB]);
  assert.equal(target(500), [undefined]);
});

test("a snapshot that is full, a pool that nearly is, or one that is gone is found in what device mapper says", () => {
  const watch = (device: string) => [{ device, what: "the snapshot of /srv" }];
  const status = [
    "vg-a: 0 8192 snapshot 16/40960 16",
    "vg-b: 0 8192 snapshot Invalid",
    "vg-c: 0 8192 snapshot Overflow",
    "vg-p-tpool: 0 204800 thin-pool 3 117/1024 163/1600 - rw no_discard_passdown queue_if_no_space - 1024",
    "vg-q-tpool: 0 204800 thin-pool 3 117/1024 1530/1600 - rw no_discard_passdown queue_if_no_space - 1024",
    "vg-r-tpool: 0 204800 thin-pool 3 117/1024 100/1600 - out_of_data_space no_discard_passdown queue_if_no_space - 1024",
    "vg-s-tpool: 0 204800 thin-pool Fail",
  ].join("\n");
  const said = (device: string) => lostSnapshot(status, watch(device));
  assert.is(said("vg-a"), undefined);
  assert.is(said("vg-p-tpool"), undefined);
  for (const device of ["vg-b", "vg-c"])
    assert.is(said(device), "the snapshot of /srv is full, and holds nothing any more");
  assert.is(said("vg-q-tpool"), "the snapshot of /srv is 95 % full");
  for (const device of ["vg-r-tpool", "vg-s-tpool"])
    assert.is(said(device), "the snapshot of /srv takes no more writes");
  assert.is(said("vg-z"), "the snapshot of /srv is gone");
});

test("the tree is mounted from the root on, with all other mounts as they are", () => {
  const line = (path: string, type = "ext4") => ({ path, type });
  const lines = [line("/"), line("/proc", "proc"), line("/srv/b"), line("/srv"), line("/net", "autofs")];
  const steps = treeSteps(
    lines,
    [
      { path: "/", source: "/v/0" },
      { path: "/srv/b/sub", source: "/s/1" },
    ],
    new Set(["/srv"]),
  );
  assert.equal(
    steps.map((step) => [
      step.target.replace("/run/mondo/view/tree", "T"),
      step.source,
      step.do === "bind" && step.isNeeded,
    ]),
    [
      ["T", "/v/0", true],
      ["T/net", "none", false],
      ["T/proc", "/proc", false],
      ["T/srv", "/srv", true],
      ["T/srv/b", "/srv/b", false],
      ["T/srv/b/sub", "/s/1", true],
    ],
  );
});

const run = "0123abcd-00000001";

test("only what has our name, tag and machine is removed", () => {
  const tags = ["mondo-snapshot", "mondo-machine-0123abcd"];
  assert.ok(isOwnVolume("mondo-snapshot-89abcdef-0", tags, run));
  assert.not.ok(isOwnVolume("mondo-snapshot-89abcdef-0", ["mondo-snapshot", "mondo-machine-0123abce"], run));
  assert.not.ok(isOwnVolume("mondo-snapshot-89abcdef-0", ["mondo-machine-0123abcd"], run));
  for (const name of ["mondo-snapshot-mine", "data", "mondo-snapshot-89abcdef-0-old"])
    assert.not.ok(isOwnVolume(name, tags, run));
  assert.ok(isBackupVolume("mondo-snapshot-89abcdef-12", ["x", "mondo-snapshot"]));
  assert.ok(isOwnRun("0123abcd-ffffffff", run));
  for (const name of ["0123abce-ffffffff", "0123abcd", "0123abcd-ffffffff.x"]) assert.not.ok(isOwnRun(name, run));
  assert.ok(isBackupSubvolume(".mondo-snapshots/0123abcd-ffffffff/3"));
  assert.not.ok(isBackupSubvolume("@/.mondo-snapshots/0123abcd-ffffffff/3"));
});

/** A report of lvs. */
const lvs = (rows: readonly object[]) => {
  const row = { vg_name: "vg", lv_tags: "", pool_lv: "", data_percent: "", metadata_percent: "" };
  const lv = rows.map((one) => ({ ...row, vg_free: `${1000 * MIB}`, vg_extent_size: `${4 * MIB}`, ...one }));
  return JSON.stringify({ report: [{ lv }] });
};

test("a pool that is nearly full gets no snapshot, and LVM that can't be asked is named", async () => {
  const origins = [volume("a", 100), volume("b", 100, { isThin: true }), volume("c", 100, { isThin: true })];
  const rows = [
    { lv_name: "a" },
    { lv_name: "b", pool_lv: "[p]" },
    { lv_name: "c", pool_lv: "q" },
    { lv_name: "[p]", data_percent: "12.5", metadata_percent: "86.10" },
    { lv_name: "q", data_percent: "85.00", metadata_percent: "1.00" },
  ];
  const hostOf = (stdout: string) => fakeHost({ run: async () => ({ code: 0, stdout, stderr: "" }) });
  const { planned, live } = await planVolumes(hostOf(lvs(rows)), origins, run, undefined);
  assert.equal(
    planned.map(({ name, cowBytes, watched }) => [name, cowBytes, watched.device]),
    [
      ["mondo-snapshot-00000001-0", 16 * MIB, "vg-mondo--snapshot--00000001--0"],
      ["mondo-snapshot-00000001-2", undefined, "vg-q-tpool"],
    ],
  );
  assert.is(liveWords(live), "/b (its thin pool vg/p is 86 % full)");
  for (const bad of ["", "{}", '{"report":[]}', '{"report":[{"lv":[{"lv_name":1}]}]}']) {
    const none = await planVolumes(hostOf(bad), origins, run, undefined);
    assert.is(none.planned.length, 0);
    assert.match(liveWords(none.live), /^\/a, \/b, \/c \(the report of lvs can't be understood: /);
  }
});

test("without the tool that tells how full a snapshot is there is none", async () => {
  const run = async ({ argv }: Command) => {
    if (argv[0] === "dmsetup") throw new MondoError("tool-missing", "dmsetup is not installed");
    return { code: 0, stdout: lvs([{ lv_name: "a" }]), stderr: "" };
  };
  const { planned, live } = await planVolumes(fakeHost({ run }), [volume("a", 100)], "0-1", undefined);
  assert.is(planned.length, 0);
  assert.is(liveWords(live), "/a (dmsetup is not installed)");
});

test("dirty pages go out before anybody is held, and what a killed lvcreate has left suspended is resumed", async () => {
  const origin = volume("root", 100);
  const asked = fakeHost({ run: async () => ({ code: 0, stdout: lvs([{ lv_name: "root" }]), stderr: "" }) });
  const [one] = (await planVolumes(asked, [origin], run, undefined)).planned;
  assert.ok(one);
  const called: string[] = [];
  const states = ["vg-root L--w\nvg-old L-sw\n", "vg-root-real L-sw\nvg-root LIsw\nvg-old L-sw\nvgx-data L-sw\n"];
  const host = fakeHost({
    run: async ({ argv }) => {
      if (argv[0] === "lvm") throw new MondoError("tool-failed", "lvm did not finish within 600 s and was ended");
      called.push([argv[0], argv[1], argv[0] === "sync" ? argv[2] : argv.at(-1)].join(" "));
      return { code: 0, stdout: argv[1] === "info" ? (states.shift() ?? "") : "", stderr: "" };
    },
  });
  const signal = new AbortController().signal;
  const made = await makeSnapshots(host, one ? [one] : [], [], { run, reporter: silentReporter, signal });
  assert.is(made.volumes.length, 0);
  assert.is(liveWords(made.live), "/root (lvm did not finish within 600 s and was ended)");
  assert.equal(called, [
    "sync -f /root",
    "dmsetup info name,attr",
    "dmsetup info name,attr",
    "dmsetup resume vg-root-real",
    "dmsetup resume vg-root",
  ]);
});

test("what was made is told, with how far apart it is", () => {
  const [a, b] = [volume("a", 100), volume("b", 100, { isThin: true })];
  const watched = { device: "", what: "" };
  const volumes = [
    { origin: a, name: "x", cowBytes: 16 * MIB, watched },
    { origin: b, name: "y", cowBytes: undefined, watched },
  ];
  const of = (spreadMs: number) => madeWords({ volumes, subvolumes: [], live: [], spreadMs });
  assert.is(of(0), "/a (vg/a, room for 16.0 MiB of changes); /b (vg/b, thin); all of one moment");
  assert.is(of(730), "/a (vg/a, room for 16.0 MiB of changes); /b (vg/b, thin); made within 0.7 s");
});

test.run();
