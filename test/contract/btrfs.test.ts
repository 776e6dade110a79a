/**
 * btrfs with real devices: a small system on subvolumes is archived, restored onto other disks, and looked at with
 * btrfs's own tools.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { writeArchive } from "../../src/archive/save/write-archive.ts";
import { silentReporter } from "../../src/base/report.ts";
import { btrfsDriver } from "../../src/drivers/fs/btrfs.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { matchDisks } from "../../src/layout/match.ts";
import { hiddenSubvolumePaths, nestedSubvolumePaths } from "../../src/layout/subvolumes.ts";
import { type Layout, nodesOf } from "../../src/layout/types.ts";
import { planRestore } from "../../src/plan/plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { layoutFrom } from "../../src/probe/layout-from.ts";
import { obstacles } from "../../src/probe/obstacles.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { executePlan } from "../../src/run/execute.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { lookedAgain } from "../support/looked-again.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { bash, run } from "../support/shell.ts";

const MIB = 1 << 20;
const host = linuxHost();
const LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

interface Case {
  readonly name: string;
  /** MiB of each disk. */
  readonly disks: readonly number[];
  readonly partitioned: boolean;
  /** Shell: makes the file system on $1 $2 …, mounts it below $ROOT. */
  readonly script: string;
  readonly snapshots?: boolean;
  readonly notes: readonly RegExp[];
  /**
   * Shell: what it prints must be the same of the source and of the restored file system; $ROOT holds the top level.
   */
  readonly look: string;
  readonly check: (layout: Layout, looks: string) => void;
}

const LOOK = `cd "$ROOT"
btrfs subvolume list . | sed 's/.* path //' | sort
echo read-only; btrfs subvolume list -r . | sed 's/.* path //' | sort
btrfs subvolume get-default . | sed 's/^ID [0-9]* gen [0-9]* //; s/top level [0-9]*/top/'
btrfs filesystem df . | sed 's/: .*//' | sort
btrfs filesystem show . | sed -n 's/.*\\(devid.*size [^ ]*\\).*/\\1/p;s/^Label.*/&/p'
btrfs property get . compression 2>/dev/null || true`;

const cases: readonly Case[] = [
  {
    name: "one device with @, @home, nested subvolumes, a default, compression, nodatacow, snapshots and quotas",
    disks: [900],
    partitioned: true,
    script: `mkfs.btrfs -q -L pool --csum xxhash -m dup "$1"
mount -o compress=zstd:5 "$1" "$ROOT"
cd "$ROOT"
for name in @ @home @/var @/var/lib '@/var/lib/with blank' @/.snapshots other; do mkdir -p "$(dirname "$name")"; btrfs subvolume create "$name"; done
mkdir -p @/etc @/home @/opt/plain @/.snapshots/1
btrfs subvolume set-default @
btrfs quota enable .
btrfs qgroup create 1/7 .
btrfs qgroup limit 700M 1/7 .
btrfs qgroup limit -e 300M @home
btrfs qgroup limit 100M '@/var/lib/with blank'
btrfs qgroup assign --no-rescan "$PWD/@home" 1/7 .
(yes 'text that compresses well' || true) | head -c 3000000 > @/etc/text
mkdir @home/db; chattr +C @home/db; head -c 2000000 /dev/urandom > @home/db/file
echo zlib > @home/early; btrfs property set @home/early compression zlib; head -c 300000 /dev/zero >> @home/early
mkdir @home/squeezed; btrfs property set @home/squeezed compression lzo
echo inside > '@/var/lib/with blank/file'; ln '@/var/lib/with blank/file' '@/var/lib/with blank/link'
setfattr -n user.name -v value @/var/lib; chmod 1750 @/var/lib; chown 12:34 @/var
echo lost > other/file
truncate -s 5M @/opt/plain/holes; echo end >> @/opt/plain/holes
btrfs subvolume snapshot -r @ @/.snapshots/1/snapshot
btrfs property set -t subvol @/var/lib ro true
cat > @/etc/fstab <<END
UUID=$(blkid -s UUID -o value "$1") / btrfs subvolid=256,compress=zstd:5 0 0
UUID=$(blkid -s UUID -o value "$1") /home btrfs defaults,subvolid=257,subvol=@home 0 0
END
btrfs quota rescan -w . ; cd /; umount "$ROOT"
mount -o subvol=@,compress=zstd:5 "$1" "$ROOT"
mkdir "$ROOT/bound"; : > "$ROOT/bound/file"
mount --bind "$ROOT/etc/text" "$ROOT/bound/file"
mount -o subvol=@home "$1" "$ROOT/home"`,
    notes: [/: 1 read-only snapshot \(@\/\.snapshots\/1\/snapshot\)/, /: 1 subvolume below no mount \(other\)/],
    look: `${LOOK}
btrfs qgroup show --raw -r -e -p . | sed 's,^0/[0-9]* *,,' | awk '$3 ~ /^[0-9]+$/ || $4 ~ /^[0-9]+$/ { print $3, $4, $5 }'
stat -c '%n %a %u %g' @/var @/var/lib
getfattr -d -m - @/var/lib @home/early @home/squeezed 2>/dev/null
lsattr -d @home/db @home/db/file @home/early @home/squeezed
for file in @/etc/text @home/early @home/db/file; do echo "$file $(filefrag -v "$file" | grep -c encoded || true)"; done`,
    check(layout, looks) {
      assert.equal(
        nodesOf(layout, "subvolume").map(({ path, at, leftOut }) => [path, at, leftOut]),
        [
          ["@", "/", undefined],
          ["@home", "/home", undefined],
          ["other", undefined, true],
          ["@/var", "/var", undefined],
          ["@/.snapshots", "/.snapshots", undefined],
          ["@/var/lib", "/var/lib", undefined],
          ["@/var/lib/with blank", "/var/lib/with blank", undefined],
          ["@/.snapshots/1/snapshot", "/.snapshots/1/snapshot", true],
        ],
      );
      assert.match(looks, /path @\n/);
      assert.match(looks, /none 314572800 1\/7/);
      assert.match(looks, /^104857600 none -$/m);
      assert.match(looks, /-C-+ @home\/db\/file/);
    },
  },
  {
    name: "raid1 over two disks of other sizes, with its snapshots, the top level mounted as well",
    disks: [700, 900],
    partitioned: true,
    snapshots: true,
    script: `mkfs.btrfs -q -L mirror -d raid1 -m raid1 "$1" "$2"
mount "$2" "$ROOT"
cd "$ROOT"
btrfs subvolume create "r t"; mkdir "r t/etc" "r t/top"; echo one > "r t/etc/one"; echo top > above
btrfs subvolume snapshot -r "r t" "r t/before"; btrfs subvolume create free
cd /; umount "$ROOT"
mount -o "subvol=r t,device=$1" "$2" "$ROOT"
mkdir "$ROOT/opt"; mount "$1" "$ROOT/top"
echo "LABEL=mirror /top btrfs subvolid=5 0 0" > "$ROOT/etc/fstab"`,
    notes: [],
    look: `${LOOK}
cat above "r t/etc/one" "r t/before/etc/one"`,
    check(layout) {
      assert.equal(
        nodesOf(layout, "mount").map(({ path, root }) => [path, root]),
        [
          ["/", "/r t"],
          ["/top", "/"],
        ],
      );
      assert.equal(hiddenSubvolumePaths(layout), ["/top/r t"]);
      assert.is(nodesOf(layout, "filesystem")[0]?.alsoOn?.length, 1);
    },
  },
  {
    name: "raid0 over two whole disks of one size",
    disks: [400, 400],
    partitioned: false,
    script: `mkfs.btrfs -q -d raid0 -m raid1 "$1" "$2"; mount "$1" "$ROOT"; mkdir "$ROOT/etc"; : > "$ROOT/etc/fstab"`,
    notes: [],
    look: LOOK,
    check: (layout) => assert.is(nodesOf(layout, "filesystem").length, 1),
  },
  {
    name: "a whole disk, without subvolumes",
    disks: [500],
    partitioned: false,
    script: `mkfs.btrfs -q -L plain -m single "$1"; mount "$1" "$ROOT"; mkdir "$ROOT/etc"; : > "$ROOT/etc/fstab"
cd "$ROOT"; mkdir lzo
for name in lzo/zstd lzo/none; do echo > $name; done
btrfs property set lzo compression lzo; btrfs property set lzo/zstd compression zstd
for name in lzo/zstd lzo/lzo lzo/none; do head -c 400000 /dev/zero | tr '\\0' x >> $name; done`,
    notes: [],
    look: `${LOOK}
cd lzo
for name in *; do
  echo "$name $(getfattr --only-values -n btrfs.compression $name 2>/dev/null) $(filefrag -v $name | grep -c encoded)"
done || true`,
    check(layout, looks) {
      assert.equal(nodesOf(layout, "subvolume"), []);
      assert.match(looks, /\nlzo lzo [1-9]\d*\nnone {2}0\nzstd zstd [1-9]/);
    },
  },
];

type Loop = ReturnType<typeof attachLoop>;

function attachAll(images: readonly string[], partitioned: boolean): { loops: Loop[]; devices: string[] } {
  const loops = images.map((image) => attachLoop(image));
  if (partitioned) for (const loop of loops) loop.tellPartitions();
  return { loops, devices: loops.map((loop) => (partitioned ? `${loop.path}p1` : loop.path)) };
}

function partition(image: string): void {
  sh(["sfdisk", "-q", image], `label: gpt\nstart=2048, type=${LINUX}, name="pool"\n`);
}

const unmountAll = (path: string) => bash(`umount -R ${path} 2>/dev/null || true`);

async function look(layout: Layout, script: string, device: string, at: string): Promise<string> {
  mkdirSync(at, { recursive: true });
  sh(["btrfs", "device", "scan", "--forget"]);
  await activateVolumes(host, layout);
  sh(["mount", "-t", "btrfs", "-o", "ro,subvolid=5", device, at]);
  try {
    return await bash(script, { env: { ROOT: at } });
  } finally {
    await unmountAll(at);
  }
}

for (const one of cases) {
  needing(test, canLoop())(`a restore makes the file system again as it was: ${one.name}`, async () => {
    const place = scratch();
    const [root, set, at] = [`${place.path}/system`, `${place.path}/set`, `${place.path}/restore`];
    for (const path of [root, set]) mkdirSync(path);
    const sources = one.disks.map((mebibytes, i) => place.image(`source${i}`, mebibytes * MIB));
    const targets = one.disks.map((mebibytes, i) => place.image(`target${i}`, mebibytes * MIB));
    if (one.partitioned) for (const image of sources) partition(image);
    let attached = attachAll(sources, one.partitioned);
    try {
      const made = ["bash", "-c", `set -euo pipefail\n${one.script}`, "bash", ...attached.devices];
      await run(made, { env: { ROOT: root } });
      const facts = await readFacts(host, root, { loops: true });
      const layout = layoutFrom(facts, { root, excludedDevices: [], snapshots: one.snapshots ?? false });
      assert.equal(obstacles(layout), []);
      assert.equal(layout, JSON.parse(JSON.stringify(layout)));
      const notes = nodesOf(layout, "note").filter((note) => note.id.startsWith("note:subvolumes"));
      assert.is(notes.length, one.notes.length);
      for (const [i, pattern] of one.notes.entries()) assert.match(notes[i]?.text ?? "", pattern);
      const mounts = [...nodesOf(layout, "mount").map((mount) => mount.path), ...nestedSubvolumePaths(layout)];
      const scope = { include: ["/"], exclude: hiddenSubvolumePaths(layout), mounts };
      const manifest = await writeArchive({ root, scope, directory: set, level: 1, threads: 2 }, silentReporter);
      assert.equal(manifest.problems, []);
      await unmountAll(root);
      const before = await look(layout, one.look, attached.devices[0] ?? "", root);
      one.check(layout, before);

      // The layout's order is not that of the images: /dev/loop10 comes before /dev/loop9.
      const ids = attached.loops.map(({ path }) => nodesOf(layout, "disk").find((disk) => disk.path === path)?.id);
      for (const loop of attached.loops) loop.detach();
      attached = attachAll(targets, false);
      const chosen = Object.fromEntries(attached.loops.map((loop, i) => [ids[i] ?? "", loop.path]));
      const candidates = candidatesFrom(await readDevices(host, { loops: true }));
      const ours = candidates.filter((candidate) => Object.values(chosen).includes(candidate.disk.path));
      const plan = planRestore(layout, matchDisks(layout, ours, [], chosen), {
        set: "test",
        firmware: "bios",
        root: at,
      });
      let defects: string[] = ["not looked at"];
      const unpack = async (target: string) => {
        const done = await extractArchive({ directory: set, manifest, target, threads: 2 }, silentReporter);
        assert.equal(done.problems, []);
        const catalog = openCatalog(`${set}/catalog.mcat.zst`);
        assert.equal(await compareTree({ catalog, root: target, content: true }, silentReporter), []);
      };
      const beforeUnmount = async () => {
        assert.not.match(readFileSync(`${at}/etc/fstab`, "utf8"), /subvolid=(?!5)/, "numbers are others now");
        defects = await verifyRestoredLayout(host, layout, plan, { firmware: "bios", loops: true });
      };
      const journal = `${place.path}/journal.jsonl`;
      const context = { host, reporter: silentReporter, unpack, beforeUnmount, journal, loops: true };
      const twin = attachAll(sources.slice(0, 1), one.partitioned);
      const refusal = await executePlan(plan, context).then(() => "none", String);
      for (const loop of twin.loops) loop.detach();
      assert.match(
        refusal,
        /holds the file system \(btrfs\) with the UUID .*, too: .* confuse it with the restored one/,
      );
      // Twice: a restore over the remains of another must give the same.
      for (let round = 0; round < 2; round++) {
        await executePlan(await lookedAgain(plan), context);
        assert.equal(defects, []);
      }
      assert.not.match(readFileSync("/proc/self/mountinfo", "utf8"), new RegExp(at));
      const device = plan.targets[nodesOf(layout, "filesystem")[0]?.on ?? ""] ?? "";
      const after = await look(layout, one.look, device, at);
      const left = nodesOf(layout, "subvolume").flatMap((sub) => (sub.leftOut ? [sub.path] : []));
      const expected = before.split("\n").filter((line) => !left.includes(line));
      assert.equal(after.split("\n"), expected);
    } finally {
      await unmountAll(at);
      await unmountAll(root);
      for (const loop of attached.loops) loop.detach();
      place.remove();
    }
  });
}

needing(test, canLoop())(
  "a mount with readOnlyOptions and placeOptions changes nothing of a file system that was not unmounted",
  async () => {
    const place = scratch();
    const at = `${place.path}/at`;
    mkdirSync(at);
    const image = place.image("image", 300 * MIB);
    const copies = [`${place.path}/careful`, `${place.path}/careless`];
    const hash = (file: string) => sh(["sha256sum", file]).split(" ")[0];
    const attached = attachLoop(image);
    try {
      const script = `mkfs.btrfs -q "$1"; mount "$1" "${at}"; btrfs subvolume create "${at}/@"; sync -f "${at}"
echo logged | dd of="${at}/@/file" conv=fsync; for copy in ${copies.join(" ")}; do cp --sparse=always "${image}" $copy; done`;
      await run(["bash", "-c", `set -e\n${script}`, "bash", attached.path]);
    } finally {
      await unmountAll(at);
      attached.detach();
    }
    const outcomes = copies.map((copy, careless) => {
      const before = hash(copy);
      assert.ok(
        host.readAt(copy, 65536 + 96, 8).some((byte) => byte !== 0),
        "its log is to be replayed",
      );
      const loop = attachLoop(copy);
      const safe = careless === 1 ? "" : `${btrfsDriver.readOnlyOptions?.("btrfs")[0]},`;
      const data = `${safe}${btrfsDriver.placeOptions?.({ root: "/@" }, [])}`;
      host.mount({ source: loop.path, target: at, type: "btrfs", flags: ["readOnly"], data });
      host.unmount(at);
      loop.detach();
      return hash(copy) === before ? "the same" : "changed";
    });
    place.remove();
    assert.equal(outcomes, ["the same", "changed"]);
  },
);

test.run();
