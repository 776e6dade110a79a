import { test } from "uvu";
import * as assert from "uvu/assert";
import { reduceGroup, type VolumeQuestions } from "../../../../src/drivers/volume/lvm-reduce.ts";
import { thinEffects, thinObstacle } from "../../../../src/drivers/volume/lvm-thin.ts";
import type { Effect } from "../../../../src/effects/effect.ts";
import { encodeLvmText, type LvmSection, parseLvmText } from "../../../../src/formats/storage/lvm-text.ts";
import {
  decodeLvmVolumeGroup,
  type LvmLogicalVolume,
  lvmLogicalVolume,
} from "../../../../src/formats/storage/lvm-volume-group.ts";

const volume = (name: string, segment: string, status = '"READ", "WRITE"') =>
  `${name} {\nid = "id-${name}"\nstatus = [${status}]\nsegment_count = 1\nsegment1 {\nextent_count = 4\n${segment}\n}\n}\n`;
const visible = (name: string, segment: string) => volume(name, segment, '"READ", "WRITE", "VISIBLE"');
const linear = (extent: number) => `type = "striped"\nstripe_count = 1\nstripes = ["pv0", ${extent}]`;
const groupOf = (...volumes: string[]) =>
  `contents = "Text Format Volume Group"\nvg0 {\nid = "G"\nseqno = 3\nextent_size = 8192\nlogical_volumes {\n${volumes.join("")}}\n}\n`;
const all = { isActive: () => true, isLeftOut: () => false };
const reduced = (text: string, questions: Partial<VolumeQuestions> = {}) =>
  reduceGroup(decodeLvmVolumeGroup(text), { ...all, ...questions });

const thinGroup = groupOf(
  visible(
    "pool",
    'type = "thin-pool"\nmetadata = "pool_tmeta"\npool = "pool_tdata"\ntransaction_id = 5\nchunk_size = 256',
  ),
  visible("root", 'type = "thin"\nthin_pool = "pool"\ntransaction_id = 0\ndevice_id = 1'),
  visible("snap", 'type = "thin"\nthin_pool = "pool"\ntransaction_id = 1\ndevice_id = 7\norigin = "root"'),
  volume("pool_tmeta", linear(0)),
  volume("pool_tdata", linear(2)),
);

test("encodeLvmText() of what parseLvmText() read gives the same again", () => {
  const text = `a = "with \\"quotes\\" and \\\\"\nb = [1, "two"]\nc {\nd = 4\ne {\nf = []\n}\n}\n`;
  const tree = parseLvmText(text);
  assert.equal(parseLvmText(encodeLvmText(tree)), tree);
  assert.equal(parseLvmText(encodeLvmText(parseLvmText(thinGroup))), parseLvmText(thinGroup));
});

test("reduceGroup() of a group without snapshots gives its own text", () => {
  const text = groupOf(visible("root", linear(0)));
  assert.is(reduced(text).group.text, text);
});

test("reduceGroup() leaves a cached volume as it is, and one that is excluded out with its cache and its origin", () => {
  const text = groupOf(
    visible("data", 'type = "cache"\ncache_pool = "fast_cpool"\norigin = "data_corig"'),
    volume("fast_cpool", 'type = "cache-pool+METADATA_FORMAT"\ndata = "fast_cdata"\nmetadata = "fast_cmeta"'),
    volume("fast_cdata", linear(40)),
    volume("fast_cmeta", linear(50)),
    volume("lvol0_pmspare", linear(60)),
    volume("data_corig", linear(0)),
    visible("pv0", linear(70)),
  );
  assert.is(reduced(text).group.text, text);
  const isLeftOut = ({ uuid }: LvmLogicalVolume) => uuid === "id-data";
  const { group, notes } = reduced(text, { isLeftOut });
  assert.equal([...decodeLvmVolumeGroup(group.text).volumes.keys()], ["pv0"]);
  assert.match(notes[0]?.[1] ?? "", /\/dev\/vg0\/data is excluded/);
});

test("reduceGroup() makes what is read-only writable, which a restore must be able to fill, and says so", () => {
  const text = groupOf(volume("sealed", linear(0), '"READ", "VISIBLE"'), visible("root", linear(9)));
  const { group, notes } = reduced(text);
  assert.equal(decodeLvmVolumeGroup(group.text).volumes.get("sealed")?.status, ["READ", "WRITE", "VISIBLE"]);
  assert.equal(notes, [
    ["sealed", "/dev/vg0/sealed is read-only: it comes back writable (lvchange --permission r seals it again)"],
  ]);
});

test("reduceGroup() leaves a snapshot with its store out, and says so", () => {
  const text = groupOf(
    visible("root", linear(0)),
    volume("before", linear(9)),
    visible("snapshot0", 'type = "snapshot"\nchunk_size = 8\norigin = "root"\ncow_store = "before"'),
  );
  const { group, notes } = reduced(text);
  assert.equal([...decodeLvmVolumeGroup(group.text).volumes.keys()], ["root"]);
  assert.match(notes[0]?.[1] ?? "", /the snapshot \/dev\/vg0\/before is not made again/);
});

test("reduceGroup() makes an active thin snapshot a volume of its own, and leaves an idle one out", () => {
  const [active] = decodeLvmVolumeGroup(reduced(thinGroup).group.text).volumes.get("snap")?.segments ?? [];
  assert.equal([active?.origin, active?.deviceId], [undefined, 7]);
  const idle = reduced(thinGroup, { isActive: ({ uuid }) => uuid !== "id-snap" });
  assert.equal(decodeLvmVolumeGroup(idle.group.text).volumes.has("snap"), false);
  assert.match(idle.notes[0]?.[1] ?? "", /not active: it is not made again/);
});

test("thinEffects() has the kernel make the pool's volumes and transaction on plain volumes of its extents", () => {
  const lvm = (...argv: readonly string[]): Effect => ({ do: "run", argv: ["lvm", ...argv], writes: [] });
  const effects = thinEffects(decodeLvmVolumeGroup(thinGroup), { lvm, uuid: "U", file: "/run/f" });
  const ground = effects.find((effect) => effect.do === "write");
  const { volumes } = decodeLvmVolumeGroup(ground?.do === "write" ? ground.text : "");
  assert.equal([...volumes.keys()].sort(), ["mondo_tdata_0", "mondo_tmeta_0"]);
  assert.equal(volumes.get("mondo_tdata_0")?.status, ["READ", "WRITE", "VISIBLE"]);
  const said = effects.flatMap((effect) => (effect.do === "run" ? [effect.argv.join(" ")] : []));
  const table = "0 32768 thin-pool /dev/mapper/vg0-mondo_tmeta_0 /dev/mapper/vg0-mondo_tdata_0 256 0";
  assert.ok(said.includes(`dmsetup create mondo-pool-0 --uuid LVM-mondo-U-0 --table ${table}`), said.join("\n"));
  const messages = ["create_thin 1", "create_thin 7", "set_transaction_id 0 5"];
  assert.equal(
    said.filter((line) => line.includes(" message ")),
    messages.map((message) => `dmsetup message mondo-pool-0 0 ${message}`),
  );
  assert.equal(
    thinEffects(decodeLvmVolumeGroup(groupOf(visible("root", linear(0)))), { lvm, uuid: "U", file: "/run/f" }),
    [],
  );
});

test("thinObstacle() names an external origin, a merge and unfinished changes, and nothing else", () => {
  const of = (words: string) => thinObstacle(lvmLogicalVolume("x", parseLvmText(volume("x", words)).x as LvmSection));
  assert.match(of('type = "thin"\nexternal_origin = "base"') ?? "", /external origin/);
  assert.match(of('type = "thin"\nmerge = "root"') ?? "", /merged/);
  assert.match(of('type = "thin-pool"\nmessage1 {\ncreate = "root"\n}') ?? "", /unfinished/);
  assert.is(of('type = "thin"\ndevice_id = 1'), undefined);
});

test.run();
