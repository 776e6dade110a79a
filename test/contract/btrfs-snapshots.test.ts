/** Files read from snapshots of btrfs while others write to the live ones. Needs btrfs and loop devices. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { removeSnapshotLeftovers } from "../../src/backup/snapshot/snapshot-leftovers.ts";
import { withView } from "../../src/backup/snapshot/with-view.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Layout } from "../../src/layout/types.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { listening, mounted, RUN, viewWish } from "../support/snapshot-lab.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const test = suite("snapshots of btrfs");
const host = linuxHost();
const never = new AbortController().signal;
const work = scratch();
const here = canLoop() && readFileSync("/proc/filesystems", "utf8").includes("btrfs");
const it = here ? test : test.skip;
const at = (name: string) => join(work.path, name);
const [top, main, swap] = [at("top"), at("main"), at("swap")];
const text = (path: string) => readFileSync(join(path, "file"), "utf8");
const write = (path: string, content: string) => writeFileSync(join(path, "file"), content);
let disk: ReturnType<typeof attachLoop> | undefined;

test.before(() => {
  if (!here) return;
  disk = attachLoop(work.image("btrfs", 300 << 20));
  sh(["mkfs.btrfs", "-q", disk.path]);
  mounted(disk.path, top, "subvolid=5");
  for (const name of ["@", "@/nested", "swap", "@/old"]) sh(["btrfs", "-q", "subvolume", "create", join(top, name)]);
  for (const name of ["@", "@/nested", "@/old", "swap"]) write(join(top, name), "before");
  sh(["btrfs", "-q", "subvolume", "snapshot", "-r", join(top, "@/old"), join(top, "@/kept")]);
  const make =
    "truncate -s 0 s; chattr +C s; dd if=/dev/zero of=s bs=1M count=8 status=none; chmod 600 s; mkswap s; swapon s";
  sh(["sh", "-ec", `cd ${top}/swap; ${make}`]);
  for (const [path, name] of [
    [main, "@"],
    [swap, "swap"],
  ] as const) {
    mkdirSync(path);
    sh(["mount", "-o", `subvol=${name}`, disk.path, path]);
  }
});
test.after(() => {
  if (here) sh(["sh", "-c", `swapoff ${top}/swap/s; umount ${main} ${swap} ${top}`]);
  disk?.detach();
  work.remove();
});

function layoutOf(): Layout {
  const on = `disk:${disk?.path.slice(5)}`;
  const fs = { kind: "filesystem", id: "fs:b", on, type: "btrfs", sizeBytes: 1, details: {} } as const;
  const subvolume = (path: string, at: string, more: object = {}) =>
    ({
      kind: "subvolume",
      id: `sub:${path}`,
      of: fs.id,
      path,
      number: 1,
      readOnly: false,
      isDefault: false,
      at,
      ...more,
    }) as const;
  const mount = (path: string, root: string) =>
    ({ kind: "mount", id: `mount:${path}`, of: fs.id, path, options: "rw", root }) as const;
  return {
    version: 1,
    nodes: [
      ...[fs, subvolume("@", main), subvolume("@/nested", `${main}/nested`), subvolume("@/old", `${main}/old`)],
      ...[subvolume("@/kept", `${main}/kept`, { leftOut: true, readOnly: true }), subvolume("swap", swap)],
      ...[mount(main, "/@"), mount(swap, "/swap")],
    ],
  };
}

it("subvolumes are read as they were, nested ones too; one with a swap file in use is read live and named", async () => {
  const heard = listening();
  const inner = [main, `${main}/nested`, `${main}/old`];
  await withView(host, viewWish(layoutOf(), { mode: "auto" }, [work.path]), heard, never, async (view) => {
    for (const path of [...inner, swap]) write(path, "after");
    for (const path of [...inner, `${main}/kept`]) assert.is(text(`${view.root}${path}`), "before", path);
    assert.is(text(`${view.root}${swap}`), "after");
    assert.is(statSync(`${view.root}${main}/nested/file`).ino, statSync(`${main}/nested/file`).ino);
    const device = (path: string) => host.stat(path)?.dev ?? "";
    assert.is(view.deviceOf(device(`${main}/nested`)), device(`${view.root}${main}/nested`));
    const scope = { include: [main], exclude: [`${main}/kept`], mounts: inner };
    const set = await saveSet(view.root, at("set"), { scope });
    assert.equal(set.manifest.problems, []);
    assert.is(set.manifest.sharedBytes ?? 0, 0);
  });
  assert.ok(heard.said.join("\n").includes(`${swap} (a swap file that is in use lies in its subvolume)`));
  assert.equal(readdirSync(top).sort(), ["@", "file", "swap"]);
  assert.not.ok(readFileSync("/proc/self/mountinfo", "utf8").includes("/run/mondo/view"));
});

it("with require, nothing is read where one has no snapshot", async () => {
  const wish = viewWish(layoutOf(), { mode: "require" }, [work.path]);
  try {
    await withView(host, wish, silentReporter, never, async () => assert.unreachable());
    assert.unreachable();
  } catch (error) {
    assert.is(
      (error as Error).message,
      `${swap} can't be read from a snapshot: a swap file that is in use lies in its subvolume`,
    );
  }
  assert.equal(readdirSync(top).sort(), ["@", "file", "swap"]);
});

it("what a killed backup left is removed, and nothing else of that place", async () => {
  const home = join(top, ".mondo-snapshots");
  const own = join(home, RUN);
  mkdirSync(own, { recursive: true });
  const snapshot = (...words: string[]) => sh(["btrfs", "-q", "subvolume", "snapshot", ...words]);
  snapshot("-r", main, join(own, "0"));
  mkdirSync(join(home, "99999999-00000001"));
  snapshot("-r", main, join(home, "99999999-00000001/0"));
  snapshot(main, join(home, "mine"));
  await removeSnapshotLeftovers(host, RUN, silentReporter);
  assert.equal(readdirSync(home).sort(), ["99999999-00000001", "mine"]);
});

test.run();
