/** What edits make of recorded machines, and what follows from them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { diskOf, mountHolding } from "../../../../src/layout/graph.ts";
import { mountlist } from "../../../../src/layout/mountlist.ts";
import { type Filesystem, type Layout, nodeById, nodesOf } from "../../../../src/layout/types.ts";
import { decodeEdits, editFields, encodeEdits } from "../../../../src/plan/edit/edit.ts";
import { editLayout, requireNoFlaws } from "../../../../src/plan/edit/edit-layout.ts";
import { editWarnings } from "../../../../src/plan/edit/edit-warnings.ts";
import { changesRoot, newRootModules } from "../../../../src/plan/edit/edited-actions.ts";
import { mountlistEdits } from "../../../../src/plan/edit/mountlist-edits.ts";
import { lineChanges } from "../../../../src/plan/edit/root-words.ts";
import { editSession, redo, undo, viewOf, withEdit } from "../../../../src/plan/edit/session.ts";
import { editFromWord, setMeanings } from "../../../../src/plan/edit/word-edits.ts";
import { planRestore } from "../../../../src/plan/plan.ts";

const machine = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../../machines", name, "layout.json"), "utf8")) as Layout;

const edited = (name: string, ...words: readonly string[]) => {
  const saved = machine(name);
  return { saved, ...editLayout(saved, words.map(editFromWord)) };
};

/** The kinds of what lies below a mount point, from the top down, with paths. */
function stack(layout: Layout, path: string): string[] {
  const found: string[] = [];
  const mount = nodesOf(layout, "mount").find((one) => one.path === path);
  let id = mount?.of;
  while (id !== undefined) {
    const node = nodeById(layout, id);
    if (!node) break;
    if (node.kind === "filesystem") found.push(node.type);
    else if ("path" in node) found.push(node.path);
    else if (node.kind === "volume-group") found.push(node.name);
    id = undefined;
    if (node.kind === "filesystem" || node.kind === "luks") id = node.on;
    if (node.kind === "logical-volume") id = node.group;
    if (node.kind === "volume-group" || node.kind === "raid") id = node.members[0]?.on;
  }
  return found;
}

const fsAt = (layout: Layout, path: string) =>
  nodeById(layout, mountHolding(layout, path)?.mount.of ?? "") as Filesystem;
const fstab = (layout: Layout) =>
  (nodesOf(layout, "fstab")[0]?.entries ?? []).map(({ spec, path, type, options }) =>
    [spec, path, type, options].join(" "),
  );

const refusal = (name: string, ...words: readonly string[]): MondoError => {
  try {
    requireNoFlaws(edited(name, ...words).flaws);
  } catch (error) {
    if (error instanceof MondoError) return error;
    throw error;
  }
  throw new Error(`${words.join(" ")} was not refused`);
};

test("ext4 on one disk becomes XFS in LVM on a mirror of two, and what names it follows", () => {
  const words = [
    "vdb.disk=like:vda",
    "root.raid=raid1:vdb5",
    "root.lvm=vg0/root",
    "root.type=xfs",
    "boot.raid=raid1:vdb2",
  ];
  const { saved, layout, flaws } = edited("bios-gpt-ext4", ...words);
  assert.equal(flaws, []);
  assert.equal(stack(layout, "/"), ["xfs", "/dev/vg0/root", "vg0", "/dev/md0", "/dev/vda5"]);
  assert.equal(stack(layout, "/boot"), ["ext2", "/dev/md1", "/dev/vda2"]);
  assert.equal(
    nodesOf(layout, "raid").map(({ level, slots, members }) => [level, slots, members.map(({ on }) => on)]),
    [
      ["raid1", 2, ["part:vda5", "part:vdb5"]],
      ["raid1", 2, ["part:vda2", "part:vdb2"]],
    ],
  );
  assert.is(fsAt(layout, "/").uuid, fsAt(saved, "/").uuid, "what names it by UUID still does");
  assert.equal(nodesOf(layout, "loader")[0]?.on, ["disk:vda", "disk:vdb"], "GRUB goes to both disks");
  assert.is(fstab(layout)[0], "UUID=6d6f6e64-6f00-4000-8000-000000000105 / xfs defaults");
  const types = nodesOf(layout, "partition")
    .filter(({ number }) => number === 5)
    .map(({ type }) => type);
  assert.equal(types, Array(2).fill("A19D880F-05FC-4D3B-A006-743F0F84911E"), "both are of the type for RAID");
  assert.is(lineChanges(saved, layout).words["UUID=6d6f6e64-6f00-4000-8000-000000000105"], "/dev/mapper/vg0-root");
  assert.equal(newRootModules(saved, layout), ["dm_mod", "raid1", "xfs"]);
  assert.equal(editWarnings(saved, layout), [
    "/ becomes xfs instead of ext4, with the defaults of its tool",
    "/ is mounted without errors=remount-ro, which xfs doesn't know",
  ]);
});

test("LVM on RAID becomes plain again, layer by layer", () => {
  const words = [
    "home.remove=yes",
    "vg0/home.remove=yes",
    "swap.remove=yes",
    "vg0/swap_1.remove=yes",
    "vg0/root.lvm=none",
    "root.raid=none",
  ];
  const { saved, layout, flaws } = edited("bios-md-lvm", ...words);
  assert.equal(
    flaws.map(({ weight }) => weight),
    [],
  );
  assert.equal(stack(layout, "/"), ["ext4", "/dev/vdb3"]);
  assert.equal(nodesOf(layout, "volume-group"), []);
  assert.is(fstab(layout)[0], `UUID=${fsAt(layout, "/").uuid} / ext4 errors=remount-ro`);
  assert.equal(Object.values(lineChanges(saved, layout).names).slice(0, 1), [`UUID=${fsAt(layout, "/").uuid}`]);
  assert.ok(changesRoot(saved, layout));
});

test("a volume goes with what lies on it, its group with the last of them", () => {
  const one = edited("bios-md-lvm", "vg0/swap_1.remove=yes");
  assert.equal(nodesOf(one.layout, "swap"), []);
  assert.equal(
    nodesOf(one.layout, "logical-volume").map(({ name }) => name),
    nodesOf(one.saved, "logical-volume")
      .map(({ name }) => name)
      .filter((name) => name !== "swap_1"),
  );
  assert.equal(nodesOf(one.layout, "volume-group").length, 1);
});

test("an encrypted root is opened by crypttab, and needs a /boot of its own", () => {
  const { layout, flaws } = edited("bios-gpt-ext4", "root.luks=cryptroot");
  assert.equal(flaws, []);
  assert.equal(stack(layout, "/"), ["ext4", "/dev/mapper/cryptroot", "/dev/vda5"]);
  const [line] = nodesOf(layout, "crypttab")[0]?.entries ?? [];
  assert.equal(line?.name, "cryptroot");
  assert.match(line?.source ?? "", /^UUID=/);
  const error = refusal("bios-gpt-ext4", "boot.luks=cryptboot");
  assert.match(error.message, "/boot: the boot loader reads its menu and the kernel there");
});

test("sizes are given by unit, percent and rest, and all layers follow", () => {
  const MIB = 1 << 20;
  const grown = edited("bios-gpt-ext4", "vda6.remove=yes", "root.size=rest").layout;
  const root = nodesOf(grown, "partition").find(({ number }) => number === 5);
  assert.is(root && root.startBytes + root.sizeBytes, 3071 * MIB, "up to the copy of the table");
  assert.is(fsAt(grown, "/").sizeBytes, root?.sizeBytes);
  const half = edited("bios-gpt-ext4", "root.size=50%").layout;
  assert.is(nodesOf(half, "partition").find(({ number }) => number === 5)?.sizeBytes, 1535 * MIB);
  assert.is(fsAt(half, "/").sizeBytes, 1535 * MIB);
  const large = edited("bios-gpt-ext4", "boot.size=200m", "swap.size=100m", "root.size=2g").layout;
  const parts = nodesOf(large, "partition").sort((a, b) => a.startBytes - b.startBytes);
  assert.equal(
    parts.map(({ sizeBytes }) => sizeBytes / MIB),
    [1, 200, 2048, 100],
  );
  for (const [at, part] of parts.entries()) {
    const before = parts[at - 1];
    assert.ok(before === undefined || before.startBytes + before.sizeBytes <= part.startBytes, "no two overlap");
  }
});

test("a btrfs root with subvolumes becomes one file system, and another gets them", () => {
  const one = edited("bios-btrfs-raid1", "root.type=ext4").layout;
  assert.is(fsAt(one, "/").alsoOn, undefined);
  assert.equal(nodesOf(one, "subvolume"), []);
  const other = editLayout(machine("uefi-gpt-xfs"), [
    editFromWord("root.type=btrfs"),
    { do: "mount", node: "root", path: "/", subvolume: "@" },
    { do: "mount", node: "root", path: "/home", subvolume: "@home" },
  ]);
  assert.equal(other.flaws, []);
  assert.equal(
    nodesOf(other.layout, "subvolume").map(({ path, at }) => [path, at]),
    [
      ["@", "/"],
      ["@home", "/home"],
    ],
  );
  const lines = fstab(other.layout).filter((line) => line.includes("btrfs"));
  assert.equal(
    lines.map((line) => line.replace(/^\S+/, "X")),
    ["X / btrfs subvol=/@", "X /home btrfs subvol=/@home"],
  );
});

const refusals: readonly [machine: string, words: readonly string[], sentence: string][] = [
  ["bios-gpt-ext4", ["sda1.type=xfs"], "sda1: there is no such mount point, device or node"],
  ["bios-gpt-ext4", ["boot.type=xfs"], "/dev/vda2: its 128 MiB are too few for xfs, which needs 300 MiB"],
  ["bios-gpt-ext4", ["root.size=20g"], "/dev/vda5: it can't have 20.0 GiB: on /dev/vda there are 2.7 GiB for it"],
  ["bios-gpt-ext4", ["root.size=many"], '/dev/vda5: "many" is not a size'],
  ["bios-gpt-ext4", ["root.type=ntfs"], "/dev/vda5: file systems of the type ntfs can't be made"],
  ["bios-gpt-ext4", ["root.raid=raid5:vda6"], "/dev/vda6: it is not empty: it holds a swap area"],
  ["bios-gpt-ext4", ["swap.remove=yes", "root.raid=raid5:vda6"], "raid5 needs at least 3 members, and 2 are named"],
  ["bios-gpt-ext4", ["root.type=vfat"], "/: vfat keeps no owners, modes and links"],
  ["bios-gpt-ext4", ["root.mount=none"], "/: no file system is mounted there, so there is no system"],
  ["bios-gpt-ext4", ["root.size=560m", "root.type=btrfs"], "/: its files take 551 MiB, and btrfs has room for"],
  ["bios-gpt-ext4", ["vda.remove=yes"], "/: no file system is mounted there"],
  ["bios-md-lvm", ["vdb3.remove=yes"], "/dev/vdb3: it is a part of /dev/md1, which has other parts"],
  ["bios-md-lvm", ["vg0.volume=data:9g"], "/dev/vg0/data: it can't have 9.0 GiB: the group vg0 has"],
  ["bios-md-lvm", ["md1.members=vdb3"], "/dev/md1: raid1 needs at least 2 members, and 1 is named"],
  ["uefi-gpt-xfs", ["/boot/efi.type=ext4"], "/boot/efi: it is the EFI system partition, and firmware reads no ext4"],
  ["uefi-gpt-xfs", ["/boot/efi.luks=esp"], "/boot/efi: it is the EFI system partition, and firmware finds none on"],
];

for (const [name, words, sentence] of refusals) {
  test(`${words.join(" ")} of ${name} is refused, with the reason`, () => {
    const error = refusal(name, ...words);
    assert.is(error.code, "refused");
    assert.ok(error.message.includes(sentence), error.message);
    assert.match(error.hint ?? "", "Nothing was written.");
  });
}

test("LVM's list of devices is set aside where physical volumes are new, on the same disks, too", () => {
  const { saved, layout } = edited("bios-gpt-ext4", "root.lvm=vg0/root");
  const disks = Object.fromEntries(
    nodesOf(layout, "disk").map((disk) => [
      disk.id,
      { disk, readOnly: false, contents: "nothing", storageDrivers: ["virtio_blk"] },
    ]),
  );
  const about = { set: "set", firmware: "bios", root: "/mnt/restore", unedited: saved } as const;
  const plan = planRestore(layout, { disks, because: {} }, about);
  const ids = plan.phases.flatMap(({ actions }) => actions.map(({ id }) => id));
  for (const id of ["lvm-devices", "edited:command-line", "initramfs"]) assert.ok(ids.includes(id), id);
  assert.ok(ids.indexOf("edited:command-line") < ids.indexOf("initramfs"), "what it reads is written first");
});

test("a word of --set that means nothing is a usage error", () => {
  for (const word of [
    "root",
    "root.kind=xfs",
    "root.type",
    ".type=xfs",
    "root.raid=raid7:sdb",
    "root.mount=home",
    "x.remove=no",
  ]) {
    assert.throws(
      () => editFromWord(word),
      (error: MondoError) => error.code === "usage" && error.message.startsWith(`--set ${word}: `),
    );
  }
  assert.equal(editFromWord("/srv/a.b.size=1g"), { do: "resize", node: "/srv/a.b", size: "1g" });
});

test("members are those of what is found: an array by what lies on it, too, and a group whatever its name", () => {
  for (const [name, node, array] of [
    ["bios-md-lvm", "/boot", "/dev/md0"],
    ["uefi-esp-mirror", "root", "/dev/md0"],
    ["uefi-esp-mirror", "/boot/efi", "/dev/md127"],
  ] as const) {
    const raid = nodesOf(machine(name), "raid").find(({ path }) => path === array);
    const [first, ...others] = raid?.members.map(({ on }) => on) ?? [];
    const more = ["vdx.disk=20g", "vdx.table=gpt", "vdx.partition=rest"];
    const { layout } = edited(name, ...more, `${node}.members=${[...others, "vdx1"].join("+")}`);
    const changed = nodesOf(layout, "raid").find(({ path }) => path === array);
    assert.equal(
      changed?.members.map(({ on }) => on),
      [...others, "part:vdx1"],
      `${node} of ${name}, without ${first}`,
    );
  }
  const renamed = JSON.parse(JSON.stringify(machine("bios-md-lvm")).replaceAll("vg0", "mdata")) as Layout;
  const { layout } = editLayout(renamed, [editFromWord("mdata.members=md1")]);
  assert.equal(
    nodesOf(layout, "volume-group")[0]?.members.map(({ on }) => on),
    ["raid:md1"],
  );
  assert.match(refusal("bios-gpt-ext4", "/boot.members=vda6").message, /^.*\/dev\/vda2: it is no RAID array/);
});

test("words name partitions, give spares, and mount and take away subvolumes", () => {
  for (const [word, edit] of [
    ["vdb.partition=20g", { do: "add-partition", disk: "vdb", size: "20g" }],
    ["vdb.partition=20g:swap", { do: "add-partition", disk: "vdb", size: "20g", purpose: "swap" }],
    ["vdb.partition=rest::my: data", { do: "add-partition", disk: "vdb", size: "rest", name: "my: data" }],
    ["root.raid=raid1:vdb5", { do: "onto-raid", node: "root", level: "raid1", with: ["vdb5"] }],
    [
      "root.raid=raid5:part:vdb5+vdc5,vdd5",
      { do: "onto-raid", node: "root", level: "raid5", with: ["part:vdb5", "vdc5"], spares: ["vdd5"] },
    ],
    ["vdb1.array=raid1:vdc1,vdd1", { do: "make-raid", level: "raid1", members: ["vdb1", "vdc1"], spares: ["vdd1"] }],
    ["root.subvolume=@a:b", { do: "add-subvolume", node: "root", path: "@a:b" }],
    ["root.subvolume=@srv:/srv", { do: "mount", node: "root", path: "/srv", subvolume: "@srv" }],
    ["root.subvolume=@srv:none", { do: "remove-subvolume", node: "root", path: "@srv" }],
  ] as const) {
    assert.equal(editFromWord(word), edit, word);
  }
  assert.throws(() => editFromWord("root.subvolume=:none"), /is not what subvolume takes/);
});

test("each edit, and each part of it, can be said by a word", () => {
  const said = [
    ...Object.values(setMeanings).map(({ example }) => example),
    ...["x.mount=none", "x.raid=none", "x.lvm=none", "x.luks=none", "x.subvolume=@a", "x.subvolume=@a:none"],
    ...["vdb.disk=20g", "vdb1.array=raid1:vdc1,vdd1", "x.label=a"],
  ].map(editFromWord);
  for (const [what, fields] of Object.entries(editFields)) {
    const parts = new Set(said.flatMap((edit) => (edit.do === what ? Object.keys(edit) : [])));
    // The options of a mount and the members of an array have words of their own; a label comes after its file system.
    const others = { mount: ["options"], format: ["label"], "change-raid": ["members"] }[what] ?? [];
    assert.equal(
      fields.filter((field) => !parts.has(field) && !others.includes(field)),
      [],
      what,
    );
  }
});

test("what mounts a subvolume by a word unmounts and takes it away again by words", () => {
  const { layout, flaws } = edited("bios-btrfs-raid1", "root.subvolume=@srv:/srv", "/srv.options=noatime");
  assert.equal(
    nodesOf(layout, "mount").flatMap(({ path, root, options }) => (path === "/srv" ? [root, options] : [])),
    ["/@srv", "noatime"],
  );
  assert.equal(flaws, []);
  assert.ok(
    fstab(layout).some((line) => /\/srv btrfs .*subvol=\/?@srv/.test(line)),
    fstab(layout).join("\n"),
  );
  const gone = edited("bios-btrfs-raid1", "root.subvolume=@srv:/srv", "/srv.mount=none", "root.subvolume=@srv:none");
  assert.equal(gone.layout, gone.saved);
  assert.match(
    refusal("bios-btrfs-raid1", "root.subvolume=@srv:/srv", "root.subvolume=@srv:none").message,
    /is mounted at \/srv/,
  );
});

test("a file of edits says what is wrong with it", () => {
  const saved = ["root.type=xfs", "vdb.disk=like:vda"].map(editFromWord);
  assert.equal(decodeEdits(encodeEdits(saved), "e.json"), saved);
  const bad = [
    "",
    "{}",
    "[]",
    '{"version":2,"edits":[]}',
    '{"version":1,"edits":[{"do":"erase"}]}',
    '{"version":1,"edits":[{"do":"remove"}]}',
  ];
  for (const text of bad) {
    assert.throws(
      () => decodeEdits(text, "e.json"),
      (error: MondoError) => error.code === "format" && /^e\.json holds no edits/.test(error.message),
    );
  }
});

test("edits are undone and done again", () => {
  const start = editSession(machine("bios-gpt-ext4"), [editFromWord("root.type=xfs")]);
  const next = withEdit(start, editFromWord("swap.remove=yes"));
  if (!("session" in next)) throw new Error("refused");
  assert.is(nodesOf(viewOf(next.session).layout, "swap").length, 0);
  const back = undo(next.session);
  assert.equal(back.bare, start.bare);
  assert.equal(redo(back).bare, next.session.bare);
  assert.equal(undo(undo(undo(next.session))).bare, start.saved);
  assert.ok("flaw" in withEdit(start, editFromWord("sdx.remove=yes")));
});

test("Mondo's mountlist is read: what differs from the layout are edits", () => {
  const saved = machine("bios-gpt-ext4");
  assert.equal(mountlistEdits(saved, mountlist(saved), "mountlist.txt"), []);
  const text =
    "# by hand\n/dev/vda1 none none 1024\n/dev/vda2 /boot ext4 204800 boot\n/dev/vda5 / xfs 2097152\n/dev/vda3 /home ext4 409600\n";
  const edits = mountlistEdits(saved, text, "mountlist.txt");
  const { layout } = editLayout(saved, edits);
  assert.equal(
    mountlist(layout)
      .split("\n")
      .filter((line) => !line.startsWith("/dev/vda1"))
      .map((line) => line.split(" ").slice(0, 4).join(" ")),
    ["/dev/vda2 /boot ext4 204800", "/dev/vda5 / xfs 2097152", "/dev/vda3 /home ext4 409600", ""],
  );
  for (const bad of [
    "vda1 / ext4 1\n",
    "/dev/vda5 / ext4 much\n",
    `${mountlist(saved)}/dev/vda5 / ext4 1\n`,
    "/dev/sdz1 / ext4 100\n",
    "/dev/vda5 raid raid 100\n",
  ]) {
    assert.throws(
      () => mountlistEdits(saved, bad, "m.txt"),
      (error: MondoError) => error.code === "format" && /^m\.txt, line \d+: /.test(error.message),
    );
  }
});

test("the same edits give the same identifiers, and those of another machine others", () => {
  const words = ["vdb.disk=like:vda", "root.raid=raid1:vdb5"];
  const uuids = (name: string) =>
    nodesOf(edited(name, ...words.map((word) => word.replaceAll("vda", "vda"))).layout, "raid").map(({ uuid }) => uuid);
  assert.equal(uuids("bios-gpt-ext4"), uuids("bios-gpt-ext4"));
  assert.ok(diskOf(machine("bios-gpt-ext4"), "part:vda5"));
});

test.run();
