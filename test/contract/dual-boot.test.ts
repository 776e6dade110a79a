/**
 * A disk with Linux, NTFS and something that nobody knows: looked at, saved, and restored onto another one, by the same
 * steps as a machine.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { writeArchive } from "../../src/archive/save/write-archive.ts";
import { scanImages } from "../../src/backup/scan-images.ts";
import { silentReporter } from "../../src/base/report.ts";
import type { PlacedImage } from "../../src/effects/effect.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { matchDisks } from "../../src/layout/match.ts";
import { nodesOf } from "../../src/layout/types.ts";
import { leastDiskBytes } from "../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../src/plan/plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { layoutFrom } from "../../src/probe/layout-from.ts";
import { obstacles } from "../../src/probe/obstacles.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { executePlan } from "../../src/run/execute.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { lookedAgain } from "../support/looked-again.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { mutatorOf } from "../support/mutate.ts";
import { needing } from "../support/needing.ts";

const MIB = 1 << 20;
const host = linuxHost();
const TABLE = `label: dos
1: start=2048, size=40960, type=7
2: start=43008, size=102400, type=83, bootable
3: start=145408, size=20480, type=83
`;

needing(test, canLoop() && host.which("mkntfs") !== undefined)(
  "a restore of a machine that starts Windows, too, brings back NTFS and unknown content from their images",
  async () => {
    const place = scratch();
    const [root, set, at] = [`${place.path}/system`, `${place.path}/set`, `${place.path}/restore`];
    for (const path of [root, set]) mkdirSync(path);
    const source = attachLoop(place.image("source", 90 * MIB));
    const target = attachLoop(place.image("target", 160 * MIB));
    try {
      sh(["sfdisk", "-q", source.path], TABLE);
      source.tellPartitions();
      const [ntfs, linux, other] = [1, 2, 3].map((number) => `${source.path}p${number}`) as [string, string, string];
      sh(["mkntfs", "-F", "-Q", "-q", "-L", "Windows", ntfs]);
      writeFileSync(`${place.path}/file`, mutatorOf(1).noise(3 * MIB));
      sh(["ntfscp", "-f", ntfs, `${place.path}/file`, "file"]);
      host.writeAt(other, 512, mutatorOf(2).noise(MIB));
      sh(["mke2fs", "-q", "-F", "-t", "ext4", linux]);
      sh(["mount", "-t", "ext4", linux, root]);
      writeFileSync(`${root}/hello`, "hello");
      const facts = await readFacts(host, root, { loops: true });
      const refused = obstacles(layoutFrom(facts, { root, excludedDevices: [] })).join("\n");
      assert.match(refused, /p1 holds an NTFS file system.*\n.*p3 holds something that this version doesn't know/);
      const looked = layoutFrom(facts, { root, excludedDevices: [], images: [ntfs, other] });
      assert.equal(obstacles(looked), []);
      const { layout, sources } = await scanImages(host, looked, 1_700_000_000, silentReporter);
      assert.equal(
        nodesOf(layout, "image").map(({ gaps }) => gaps),
        ["unused", "zeros"],
      );
      const scope = { include: ["/"], exclude: [], mounts: ["/"] };
      const manifest = await writeArchive(
        { root, scope, directory: set, level: 1, threads: 2, images: sources },
        silentReporter,
      );
      assert.equal(manifest.problems, []);
      sh(["umount", root]);

      // What was on the disk before must not shine through.
      host.writeAt(target.path, 0, new Uint8Array(160 * MIB).fill(0xa5));
      const disk = nodesOf(layout, "disk")[0]?.id ?? "";
      const candidates = candidatesFrom(await readDevices(host, { loops: true })).filter(
        (one) => one.disk.path === target.path,
      );
      const targets = matchDisks(layout, candidates, [], { [disk]: target.path }, leastDiskBytes);
      const plan = planRestore(layout, targets, { set: "test", firmware: "bios", root: at });
      assert.ok(plan.sizes.length > 0, "Linux grows on the larger disk");
      assert.match(plan.warnings.join(), /p3 \(what is on it\) begins at another place on the disk/);
      let defects: string[] = ["not looked at"];
      const unpack = async (into: string, devices: readonly PlacedImage[]) => {
        assert.is(devices.length, 2);
        const request = { directory: set, manifest, target: into, threads: 2, devices };
        assert.equal((await extractArchive(request, silentReporter)).problems, []);
        const catalog = openCatalog(`${set}/catalog.mcat.zst`);
        assert.equal(await compareTree({ catalog, root: into, content: true, devices }, silentReporter), []);
      };
      const beforeUnmount = async () => {
        defects = await verifyRestoredLayout(host, plan.layout, plan, { firmware: "bios", loops: true });
      };
      const journal = `${place.path}/journal.jsonl`;
      // Twice: a restore over the remains of another must give the same.
      for (let round = 0; round < 2; round++) {
        const now = await lookedAgain(plan);
        await executePlan(now, { host, reporter: silentReporter, unpack, beforeUnmount, journal, loops: true });
        assert.equal(defects, []);
      }
      sh(["sh", "-c", `ntfscat ${target.path}p1 file | cmp - ${place.path}/file`]);
      sh(["cmp", other, `${target.path}p3`]);
      sh(["mount", "-t", "ext4", `${target.path}p2`, root]);
      assert.equal(
        host.list(root).filter((name) => name !== "lost+found"),
        ["hello"],
      );
    } finally {
      for (const path of [root, at]) sh(["sh", "-c", `! mountpoint -q ${path} || umount -R ${path}`]);
      target.detach();
      source.detach();
      place.remove();
    }
  },
);

test.run();
