/** Types of logical volumes: those that are made again, and those that stop a backup by their name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lvmDriver } from "../../../../src/drivers/volume/lvm.ts";
import type { LvmMemberDetails } from "../../../../src/drivers/volume/lvm-assemble.ts";
import type { KernelVolume, PlacedMember } from "../../../../src/drivers/volume-contract.ts";
import { volumeDifferences } from "../../../../src/drivers/volume-differences.ts";
import { decodeLvmVolumeGroup } from "../../../../src/formats/storage/lvm-volume-group.ts";
import type { Layout, LayoutNode, VolumeGroup } from "../../../../src/layout/types.ts";

const volume = (name: string, segment: string, visible = true) =>
  `${name} {\nid = "id-${name}"\nstatus = ["READ", "WRITE"${visible ? ', "VISIBLE"' : ""}]\nsegment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 4\n${segment}\n}\n}\n`;
const linear = (extent: number) => `type = "striped"\nstripe_count = 1\nstripes = ["pv0", ${extent}]`;
const textOf = (...volumes: string[]) =>
  `contents = "Text Format Volume Group"\nvg0 {\nid = "G"\nseqno = 3\nextent_size = 8192\nphysical_volumes {\npv0 {\nid = "P"\npe_start = 2048\npe_count = 100\n}\n}\nlogical_volumes {\n${volumes.join("")}}\n}\n`;

function nodesOf(text: string, ...leftOut: readonly string[]): readonly LayoutNode[] {
  const group = decodeLvmVolumeGroup(text);
  const details = { uuid: "P", metadataAreas: 1, group };
  const member = { group: "G", name: "vg0", what: "a physical volume", expected: 1, details };
  const placed: PlacedMember<LvmMemberDetails> = { on: "part:sda1", device: "sda1", path: "/dev/sda1", member };
  const kernel = [...group.volumes.values()].map((lv, at): KernelVolume => {
    const dmUuid = `LVM-G${lv.uuid.replaceAll("-", "")}`;
    return { name: `dm-${at}`, path: `/dev/dm-${at}`, sizeBytes: 1 << 24, slaves: ["sda1"], dmUuid };
  });
  const excluded = [...group.volumes.values()].flatMap(({ name }, at) =>
    leftOut.includes(name) ? [`/dev/dm-${at}`] : [],
  );
  return lvmDriver.assemble([placed], kernel, new Set(excluded)).nodes;
}

const refused = (text: string, ...leftOut: readonly string[]) =>
  nodesOf(text, ...leftOut).flatMap((node) => (node.kind === "unsupported" ? [`${node.path}: ${node.what}`] : []));

const cases: readonly (readonly [type: string, volumes: readonly string[], where?: string])[] = [
  ["vdo", [volume("data", 'type = "vdo"\nvdo_pool = "vpool"\nvdo_offset = 0')]],
  [
    "vdo-pool",
    [volume("vpool", 'type = "vdo-pool"\ndata = "vpool_vdata"'), volume("vpool_vdata", linear(0), false)],
    "vpool",
  ],
  [
    "integrity",
    [
      volume("data", 'type = "raid1"\ndevice_count = 2\nraids = ["data_rmeta_0", "data_rimage_0"]'),
      volume("data_rmeta_0", linear(0), false),
      volume("data_rimage_0", 'type = "integrity"\norigin = "data_rimage_0_iorig"', false),
      volume("data_rimage_0_iorig", linear(4), false),
    ],
    "data_rimage_0",
  ],
  ["error", [volume("data", 'type = "error"')]],
  ["a-type-of-tomorrow", [volume("data", 'type = "a-type-of-tomorrow"')]],
];

for (const [type, volumes, where = "data"] of cases) {
  test(`lvmDriver.assemble() refuses a logical volume of type ${type} by its name, and leaves out one that is excluded`, () => {
    const text = textOf(volume("root", linear(50)), ...volumes);
    assert.equal(refused(text), [`/dev/vg0/${where}: a logical volume of type ${type}`]);
    const excluded = where === "data_rimage_0" ? "data" : where;
    assert.equal(refused(text, excluded), []);
    const nodes = nodesOf(text, excluded);
    const notes = nodes.flatMap((node) => (node.kind === "note" ? [node.text] : []));
    assert.equal(notes, [`/dev/vg0/${excluded} is excluded: it is not made again`]);
    const [group] = nodes;
    const left = group?.kind === "volume-group" ? [...decodeLvmVolumeGroup(group.metadata).volumes.keys()] : [];
    assert.equal(left, ["root"]);
  });
}

test("lvmDriver.assemble() takes a pool of VDO out with the last of its volumes", () => {
  const on = (name: string) => volume(name, 'type = "vdo"\nvdo_pool = "vpool"');
  const pool = [
    volume("vpool", 'type = "vdo-pool"\ndata = "vpool_vdata"', false),
    volume("vpool_vdata", linear(0), false),
  ];
  const text = textOf(on("one"), on("two"), ...pool);
  assert.equal(refused(text, "one"), [
    "/dev/vg0/two: a logical volume of type vdo",
    "/dev/vg0/vpool: a logical volume of type vdo-pool",
  ]);
  assert.equal(refused(text, "one", "two"), []);
});

test("lvmDriver.assemble() takes linear, striped, mirrored and raid volumes", () => {
  const mirror =
    'type = "mirror"\nmirror_count = 2\nmirror_log = "old_mlog"\nmirrors = ["old_mimage_0", 0, "old_mimage_1", 0]';
  const legs = ["old_mimage_0", "old_mimage_1", "old_mlog"].map((name, at) => volume(name, linear(at * 4), false));
  const text = textOf(volume("root", linear(50)), volume("old", mirror), ...legs);
  assert.equal(refused(text), []);
  const [group] = nodesOf(text);
  assert.equal(lvmDriver.modulesFor?.(group as VolumeGroup), ["dm_mirror"]);
});

test("lvmDriver.assemble() takes cached volumes with the words for their caches, and no pool for a volume", () => {
  const pool = (name: string, visible: boolean) =>
    volume(name, `type = "cache-pool+METADATA_FORMAT"\ndata = "${name}_cdata"\nmetadata = "${name}_cmeta"`, visible);
  const text = textOf(
    volume("data", 'type = "cache"\ncache_pool = "fast_cpool"\norigin = "data_corig"'),
    pool("fast_cpool", false),
    pool("idle", true),
    ...["fast_cpool_cdata", "fast_cpool_cmeta", "idle_cdata", "idle_cmeta", "data_corig"].map((name, at) =>
      volume(name, linear(at * 4), false),
    ),
  );
  assert.equal(refused(text), []);
  const [group, ...others] = nodesOf(text);
  assert.equal(
    others.map((node) => (node.kind === "logical-volume" ? [node.name, node.segments, node.cache] : node)),
    [["data", ["cache"], "by fast (16.0 MiB, writethrough)"]],
  );
  assert.equal(lvmDriver.modulesFor?.(group as VolumeGroup), ["dm_cache", "dm_cache_smq"]);
});

test("volumeDifferences() names what of a group's text is other than it was, but not what counts up by itself", () => {
  const pool = (chunk: number) =>
    `type = "thin-pool"\nmetadata = "m"\npool = "d"\nchunk_size = ${chunk}\ndiscards = "passdown"`;
  const groupOf = (metadata: string): Layout => {
    const group: VolumeGroup = { kind: "volume-group", id: "vg:vg0", name: "vg0", uuid: "G", members: [], metadata };
    return { version: 1, nodes: [group] };
  };
  const before = groupOf(textOf(volume("pool", pool(128))));
  const later = groupOf(textOf(volume("pool", pool(128))).replace("seqno = 3", "seqno = 9"));
  assert.equal(volumeDifferences(before, later), []);
  assert.equal(volumeDifferences(before, groupOf(textOf(volume("pool", pool(256))))), [
    "volume group vg0: logical_volumes/pool/segment1/chunk_size is 256 instead of 128",
  ]);
  const without = groupOf(textOf(volume("pool", pool(128).replace(/\ndiscards.*$/, ""))));
  assert.equal(volumeDifferences(before, without), [
    'volume group vg0: logical_volumes/pool/segment1/discards is absent instead of "passdown"',
  ]);
});

const thinText = textOf(
  volume("root", linear(0)),
  volume(
    "pool",
    'type = "thin-pool"\nmetadata = "pool_tmeta"\npool = "pool_tdata"\ntransaction_id = 0\nchunk_size = 128',
  ),
  volume("data", 'type = "thin"\nthin_pool = "pool"\ndevice_id = 1'),
  volume("pool_tmeta", linear(10), false),
  volume("pool_tdata", linear(20), false),
);

test("lvmDriver.assemble() refuses a pool with thin volumes of another program, and leaves a pool out with its own", () => {
  const group = decodeLvmVolumeGroup(thinText);
  const details = { uuid: "P", metadataAreas: 1, group };
  const member = { group: "G", name: "vg0", what: "a physical volume", expected: 1, details };
  const placed: PlacedMember<LvmMemberDetails> = { on: "part:sda1", device: "sda1", path: "/dev/sda1", member };
  const mapped = (name: string, dmUuid: string, slave: string): KernelVolume => {
    return { name, path: `/dev/${name}`, sizeBytes: 1 << 24, slaves: [slave], dmUuid, dmName: `name-of-${name}` };
  };
  const own = [
    mapped("dm-0", "LVM-Gidroot", "sda1"),
    mapped("dm-1", "LVM-Gidpool-tpool", "sda1"),
    mapped("dm-2", "LVM-Gidpool", "dm-1"),
    mapped("dm-3", "LVM-Giddata", "dm-1"),
  ];
  const assembled = (kernel: readonly KernelVolume[], ...excluded: string[]) =>
    lvmDriver.assemble([placed], kernel, new Set(excluded)).nodes;
  const refusals = (nodes: readonly LayoutNode[]) =>
    nodes.flatMap((node) => (node.kind === "unsupported" ? [`${node.path}: ${node.what}`] : []));
  assert.equal(refusals(assembled(own)), []);
  const engine = [...own, mapped("dm-4", "docker-1", "dm-1")];
  assert.equal(refusals(assembled(engine)), ["/dev/vg0/pool: 1 thin volumes that LVM doesn't know of (name-of-dm-4)"]);
  const without = assembled(engine, "/dev/vg0/pool");
  assert.equal(refusals(without), []);
  const [made] = without;
  const left = made?.kind === "volume-group" ? [...decodeLvmVolumeGroup(made.metadata).volumes.keys()] : [];
  assert.equal(left, ["root"]);
});

test("lvmDriver.assemble() leaves out a volume that is not active, which has no device, by each of its names", () => {
  const text = textOf(volume("root", linear(0)), volume("old-one", linear(50)));
  const group = decodeLvmVolumeGroup(text);
  const details = { uuid: "P", metadataAreas: 1, group };
  const member = { group: "G", name: "vg0", what: "a physical volume", expected: 1, details };
  const placed: PlacedMember<LvmMemberDetails> = { on: "part:sda1", device: "sda1", path: "/dev/sda1", member };
  const root = { name: "dm-0", path: "/dev/dm-0", sizeBytes: 1 << 24, slaves: ["sda1"], dmUuid: "LVM-Gidroot" };
  const without = (...excluded: string[]) => {
    const { nodes } = lvmDriver.assemble([placed], [root], new Set(excluded));
    return nodes.flatMap((node) => (node.kind === "unsupported" ? [`${node.path}: ${node.what}`] : []));
  };
  assert.equal(without(), ["/dev/vg0/old-one: a logical volume that is not active"]);
  assert.equal(without("/dev/vg0/old-one"), []);
  assert.equal(without("/dev/mapper/vg0-old--one"), []);
});

test.run();
