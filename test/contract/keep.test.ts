/** A restore onto a blank disk beside one that is kept: that is unchanged to its last sector, whoever writes. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Candidate } from "../../src/layout/candidate.ts";
import { planOnto } from "../../src/plan/plan-onto.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { unmountTree } from "../../src/run/chroot.ts";
import { executePlan } from "../../src/run/execute.ts";
import { KeptDisks } from "../../src/run/kept-disks.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { candidatesOf, ext4, type LoopDisk, layoutOf, partition } from "../support/volume-lab.ts";

const MIB = 1 << 20;
const host = linuxHost();
const digestOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const statusOf = ([command = "", ...words]: readonly string[]) => spawnSync(command, words).status;

interface Lab {
  readonly root: string;
  readonly plan: Plan;
  /** The kept disk, and the file behind it. */
  readonly data: LoopDisk;
  readonly file: string;
  readonly execute: (
    plan: Plan,
    unpack: () => void,
  ) => Promise<{ problems: readonly string[]; defects: readonly string[] }>;
}

/** A machine that lost its system's disk, and whose power went while its data disk was written to. */
async function withLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  const place = scratch();
  const at = `${place.path}/at`;
  mkdirSync(at);
  const files = ["system", "data"].map((name) => place.image(name, 64 * MIB));
  const sources = files.map((file) => attachLoop(file));
  const found: LoopDisk[] = [];
  try {
    partition(sources, "label: gpt\nstart=2048\n");
    for (const { path } of sources) ext4(`${path}p1`);
    const name = (disk: LoopDisk | undefined) => disk?.path.slice("/dev/".length);
    const layout = await layoutOf(sources, [
      [`part:${name(sources[0])}p1`, "/"],
      [`part:${name(sources[1])}p1`, "/srv"],
    ]);
    sh(["mount", `${sources[1]?.path}p1`, at]);
    writeFileSync(`${at}/one`, "1".repeat(100_000));
    sh(["sync", `${at}/one`]);
    const file = `${place.path}/data-copy`;
    copyFileSync(files[1] ?? "", file);
    sh(["umount", at]);
    for (const source of sources) source.detach();
    found.push(attachLoop(place.image("blank", 80 * MIB)), attachLoop(file));
    const [, data] = found;
    if (!data) throw new Error("no disk");
    data.tellPartitions();
    const root = `${place.path}/restored`;
    const candidates: readonly Candidate[] = await candidatesOf(found, root);
    const context = { set: "test", firmware: "bios", root } as const;
    const { plan } = planOnto(layout, { candidates, carriers: [], chosen: {}, keep: "auto" }, context);
    const execute: Lab["execute"] = async (wanted, unpack) => {
      let defects: readonly string[] = ["not looked at"];
      const { problems } = await executePlan(wanted, {
        ...{ host, reporter: silentReporter, loops: true, journal: `${root}.journal` },
        unpack: async () => unpack(),
        async beforeUnmount() {
          defects = await verifyRestoredLayout(host, wanted.layout, wanted, { firmware: "bios", loops: true });
        },
      });
      return { problems, defects };
    };
    await work({ root, plan, data, file, execute });
  } finally {
    statusOf(["umount", at]);
    // A restore that fails leaves its mounts, for a person to look.
    await unmountTree(host, `${place.path}/restored`, true);
    for (const disk of found) disk.detach();
    place.remove();
  }
}

const isReadOnly = (device: string) => sh(["blockdev", "--getro", device]).trim() === "1";

needing(test, canLoop())(
  "a kept disk is the same to its last sector, though programs of the restore try to write to it",
  async () => {
    await withLab(async ({ root, plan, data, file, execute }) => {
      const before = digestOf(file);
      assert.equal(
        plan.kept?.disks.map(({ path, mounts }) => [path, mounts]),
        [[data.path, ["/srv"]]],
      );
      const tried: Record<string, number | null> = {};
      const { problems, defects } = await execute(plan, () => {
        assert.ok(host.stat(`${root}/srv`)?.kind === "directory", "the mount point");
        assert.ok(isReadOnly(data.path) && isReadOnly(`${data.path}p1`));
        // As os-prober does: a look at a file system plays its journal back.
        tried.mount = statusOf(["mount", "-o", "ro", `${data.path}p1`, `${root}/srv`]);
        tried.wipe = statusOf(["dd", "if=/dev/zero", `of=${data.path}`, "bs=4096", "count=1", "oflag=direct"]);
        tried.make = statusOf(["mke2fs", "-q", "-F", `${data.path}p1`]);
        tried.table = statusOf(["sfdisk", "--delete", "--no-reread", data.path]);
      });
      assert.equal([problems, defects], [[], []]);
      for (const [name, status] of Object.entries(tried)) assert.is.not(status, 0, name);
      assert.not.ok(isReadOnly(data.path) || isReadOnly(`${data.path}p1`), "open again");
      sh(["blockdev", "--flushbufs", data.path]);
      assert.is(digestOf(file), before);
    });
  },
);

needing(test, canLoop())(
  "a restore that fails opens the kept disk again, and one that was written to is named",
  async () => {
    await withLab(async ({ plan, data, file, execute }) => {
      const before = digestOf(file);
      const error = await execute(plan, () => {
        throw new MondoError("damaged", "no medium");
      }).catch((cause: unknown) => cause);
      assert.match(String(error), /no medium/);
      assert.not.ok(isReadOnly(data.path));
      assert.is(digestOf(file), before);
      const { disks } = plan;
      const again = { ...plan, disks: disks.map(({ holds: _, ...disk }) => disk) };
      const { problems } = await execute(again, () => {
        sh(["blockdev", "--setrw", `${data.path}p1`]);
        sh(["blockdev", "--setrw", data.path]);
        sh(["dd", "if=/dev/zero", `of=${data.path}`, "bs=4096", "seek=16000", "count=2", "oflag=direct"]);
      });
      assert.equal(problems, [`${data.path} was to be kept as it is, but 16 sectors of it were written`]);
    });
  },
);

needing(test, canLoop())(
  "a kept disk that is handed over is open, and what is written to it from then on is none of what is named",
  async () => {
    await withLab(async ({ plan, data }) => {
      const write = () =>
        sh(["dd", "if=/dev/zero", `of=${data.path}`, "bs=4096", "seek=16000", "count=1", "oflag=direct"]);
      const kept = new KeptDisks(host, plan);
      assert.ok(kept.close(data.path));
      kept.handOver([]);
      assert.ok(isReadOnly(data.path), "not meant");
      kept.handOver([data.path]);
      assert.not.ok(isReadOnly(data.path) || isReadOnly(`${data.path}p1`));
      write();
      assert.equal(kept.defects(), []);
      const late = new KeptDisks(host, plan);
      write();
      late.handOver([data.path]);
      write();
      assert.equal(late.defects(), [`${data.path} was to be kept as it is, but 8 sectors of it were written`]);
    });
  },
);

needing(test, canLoop())(
  "a plan that would erase what it keeps, or whose kept disk is another by now, writes nothing",
  async () => {
    await withLab(async ({ plan, data, execute }) => {
      const [disk] = plan.disks;
      const blank = digestOf(sh(["losetup", "-n", "-O", "BACK-FILE", disk?.path ?? ""]).trim());
      const refused = async (wanted: Plan, words: RegExp) => {
        const error = await execute(wanted, () => {}).catch((cause: unknown) => cause);
        assert.match(String(error), words);
        assert.is(digestOf(sh(["losetup", "-n", "-O", "BACK-FILE", disk?.path ?? ""]).trim()), blank);
      };
      const wipe = { do: "wipe", path: `${data.path}p1`, ranges: [[0, 4096]] } as const;
      const bad = { id: "bad", node: "bad", say: "Erase", destroys: [], effects: [wipe] };
      const phases = plan.phases.map((phase) => (phase.phase === "format" ? { ...phase, actions: [bad] } : phase));
      await refused({ ...plan, phases }, /p1, which is kept as it is/);
      await refused({ ...plan, disks: [...plan.disks, ...(plan.kept?.disks ?? [])] }, /is to be kept and erased/);
      ext4(`${data.path}p1`);
      host.sync();
      await refused(plan, /holds other things of the same kind now/);
    });
  },
);

test.run();
