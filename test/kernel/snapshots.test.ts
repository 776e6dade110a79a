/** Files read from snapshots of LVM while others write to the live ones. Needs device mapper. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCatalog } from "../../src/archive/catalog/catalog.ts";
import { decodeEntry } from "../../src/archive/catalog/entry-record.ts";
import { removeSnapshotLeftovers } from "../../src/backup/snapshot/snapshot-leftovers.ts";
import { type View, withView } from "../../src/backup/snapshot/with-view.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { type Layout, nodesOf } from "../../src/layout/types.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { listening, mounted, RUN, traces, viewWish } from "../support/snapshot-lab.ts";
import { canVolumes, ext4, layoutOf, lvm } from "../support/volume-lab.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const test = suite("snapshots of LVM");
const host = linuxHost();
const never = new AbortController().signal;
const work = scratch();
const here = canVolumes();
const auto = { mode: "auto" } as const;
let layout: Layout;

const thick = "/srv/thick";
const xfs = "/srv/xfs";
const thin = "/srv/thin";
const plain = "/srv/plain";
const inner = "/srv/thick/inner";
/** A file below the mount at `inner`. */
const below = { path: inner, under: thick, tree: "/mondo-hidden/srv-thick" };
/** Since Linux 6.8 writers to several volumes can be held together. */
const [major = 0, minor = 0] = sh(["uname", "-r"]).split(".").map(Number);
const moment = major > 6 || (major === 6 && minor >= 8) ? "all of one moment" : "made within";
const places = [thick, xfs, thin, plain, inner];

test.before(async () => {
  if (!here) return;
  for (const module of ["dm_snapshot", "dm_thin_pool", "xfs"]) sh(["modprobe", module]);
  const [disk, bare] = [attachLoop(work.image("lvm", 900 << 20)), attachLoop(work.image("bare", 64 << 20))];
  lvm("vgcreate", "-q", "vg-snap", disk.path);
  const create = (name: string, ...words: string[]) => lvm("lvcreate", "-q", "-y", "-n", name, ...words);
  create("thick", "-L", "80M", "vg-snap");
  create("inner", "-L", "40M", "vg-snap");
  create("xfs", "-L", "320M", "vg-snap");
  create("pool", "--type", "thin-pool", "-L", "100M", "vg-snap");
  create("thin", "-V", "80M", "-T", "vg-snap/pool");
  for (const name of ["thick", "thin", "inner"]) ext4(`/dev/vg-snap/${name}`);
  sh(["mkfs.xfs", "-q", "/dev/vg-snap/xfs"]);
  ext4(bare.path);
  for (const [name, path] of [
    ["thick", thick],
    ["inner", inner],
    ["xfs", xfs],
    ["thin", thin],
  ] as const) {
    if (path === inner) {
      mkdirSync(inner);
      writeFileSync(`${inner}/below`, "before");
    }
    mounted(`/dev/vg-snap/${name}`, path);
  }
  mounted(bare.path, plain);
  layout = await layoutOf(
    [disk, bare],
    [
      ...(["thick", "inner", "xfs", "thin"] as const).map((name): [string, string] => [
        `lv:vg-snap/${name}`,
        name === "inner" ? inner : `/srv/${name}`,
      ]),
      [`disk:${bare.path.slice(5)}`, plain],
    ],
  );
  const hidden = { kind: "hidden", id: "hidden:inner", path: inner, under: thick, files: 1, sizeBytes: 6 } as const;
  layout = { ...layout, nodes: [...layout.nodes, hidden] };
});
test.after(() => work.remove());

const it = here ? test : test.skip;
const text = (view: View, path: string) => readFileSync(`${view.root}${path}/file`, "utf8");
const change = (path: string) => writeFileSync(join(path, "file"), "after");
const lived = (path: string) => readFileSync(join(path, "file"), "utf8");

it("files on ext4 and XFS, thick and thin, are read as they were; what has no snapshot is named and read live", async () => {
  const heard = listening();
  writeFileSync("/srv/on-the-root", "x");
  await withView(host, viewWish(layout, auto, ["/srv"]), heard, never, async (view) => {
    for (const path of places) change(path);
    writeFileSync(join(thick, "new"), "new");
    for (const path of [thick, xfs, thin, inner]) assert.is(text(view, path), "before", path);
    assert.is(text(view, plain), "after");
    assert.not.ok(existsSync(`${view.root}${thick}/new`));
    assert.is(readFileSync(`${view.root}/srv/on-the-root`, "utf8"), "x");
    assert.throws(() => writeFileSync(`${view.root}${thick}/file`, "no"), /EROFS/);
    // The same mount points, each a file system of its own; inode numbers are those of the origin.
    for (const path of places) {
      assert.is.not(statSync(`${view.root}${path}`).dev, statSync(`${view.root}${path}/..`).dev);
      assert.is(statSync(`${view.root}${path}/file`).ino, statSync(`${path}/file`).ino);
    }
    const { bares } = view;
    assert.is(readFileSync(`${bares?.get(thick)}/inner/below`, "utf8"), "before");
    const scope = { include: [thick], exclude: [], mounts: [thick, inner], hidden: [below] };
    const set = await saveSet(view.root, join(work.path, "hidden"), { scope, ...(bares ? { bares } : {}) });
    assert.equal(set.manifest.problems, []);
    const paths = [...readCatalog(`${set.directory}/catalog.mcat.zst`)].flatMap((item) =>
      item.type === "entry" ? [String(decodeEntry(item.bytes).path)] : [],
    );
    for (const path of ["srv/thick/inner/file", "mondo-hidden/srv-thick/inner/below"])
      assert.ok(paths.includes(path), path);
    assert.not.ok(paths.includes("srv/thick/inner/below"));
    assert.ok(readdirSync(`${view.root}/proc`).length > 0, "what is mounted besides is seen, too");
    assert.not.ok(readFileSync("/proc/self/mountinfo", "utf8").includes("/run/mondo/view"), "nobody else sees it");
  });
  assert.match(
    heard.said.join("\n"),
    /Read live, without a snapshot: \/srv\/plain \(ext4 on a device, neither LVM nor btrfs\)/,
  );
  assert.match(
    heard.said.join("\n"),
    new RegExp(`Snapshots: /srv/thick \\(vg-snap/thick, room for 16.0 MiB of changes\\).*; ${moment}`),
  );
  for (const path of places) assert.is(lived(path), "after");
  assert.equal(traces(), []);
});

it("with a writer, files change while they are read live, and none does in the snapshot", async () => {
  const stop = join(work.path, "stop");
  writeFileSync(join(thick, "log"), Buffer.alloc(24 << 20, "log line\n"));
  const writer = Bun.spawn([
    "perl",
    "-e",
    `open F, "+<", "${thick}/log"; until (-e "${stop}") { sysseek F, 0, 0; syswrite F, "x"; select undef, undef, undef, 0.001 }`,
  ]);
  const scope = { include: [thick], exclude: [], mounts: [thick] };
  const changed = (problems: readonly { severity: string }[]) =>
    problems.filter(({ severity }) => severity === "changed");
  const live = await saveSet("/", join(work.path, "live"), { scope });
  assert.is(changed(live.manifest.problems).length, 1);
  await withView(host, viewWish(layout, auto, [thick]), silentReporter, never, async ({ root }) => {
    const set = await saveSet(root, join(work.path, "still"), { scope });
    assert.equal(set.manifest.problems, []);
  });
  writeFileSync(stop, "");
  await writer.exited;
});

it("a differential backup of a snapshot finds what has not changed since the snapshot before", async () => {
  const scope = { include: ["/srv"], exclude: [], mounts: places };
  await Bun.sleep(3100); // Files younger than that are read anyway.
  const wish = viewWish(layout, auto, ["/srv"]);
  const save = (name: string, parent?: Awaited<ReturnType<typeof saveSet>>) =>
    withView(host, wish, silentReporter, never, ({ root }) => saveSet(root, join(work.path, name), { scope, parent }));
  const full = await save("full");
  assert.ok(full.storedBytes > 20 << 20);
  writeFileSync(join(xfs, "later"), "later");
  const next = await save("next", full);
  assert.is(next.storedBytes, 5);
  assert.equal(next.manifest.problems, []);
});

it("a snapshot that gets full ends the backup with a sentence, and is gone afterwards", async () => {
  const wish = viewWish(layout, { mode: "auto", size: { bytes: 4 << 20 } }, [thick]);
  try {
    await withView(host, wish, silentReporter, never, async () => {
      writeFileSync(join(thick, "much"), Buffer.alloc(20 << 20, "much"));
      sh(["sync"]);
    });
    assert.unreachable("it went on");
  } catch (error) {
    assert.instance(error, MondoError);
    assert.match((error as MondoError).message, /^the snapshot of \/srv\/thick is full, and holds nothing any more: /);
    assert.is((error as MondoError).code, "no-space");
  }
  assert.equal(traces(), []);
});

it("where there is no room, files are read live and named; with require nothing is done", async () => {
  const much = { bytes: 800 << 20 };
  const heard = listening();
  const seen = await withView(
    host,
    viewWish(layout, { mode: "auto", size: much }, [thick]),
    heard,
    never,
    async ({ root }) => root,
  );
  assert.is(seen, "/");
  assert.match(
    heard.said.join("\n"),
    /\/srv\/thick, \/srv\/thick\/inner \(the volume group vg-snap has .* free, too little for a snapshot\)/,
  );
  const wish = viewWish(layout, { mode: "require", size: much }, [thick]);
  try {
    await withView(host, wish, silentReporter, never, async () => assert.unreachable());
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /^\/srv\/thick can't be read from a snapshot: the volume group vg-snap has/);
  }
  assert.equal(traces(), []);
});

it("what a killed backup left is no part of the layout, and is removed by the next one; others' snapshots stay", async () => {
  const script = `
    import { withView } from "${import.meta.dirname}/../../src/backup/snapshot/with-view.ts";
    import { linuxHost } from "${import.meta.dirname}/../../src/host/linux.ts";
    import { silentReporter } from "${import.meta.dirname}/../../src/base/report.ts";
    const wish = JSON.parse(await Bun.file("${work.path}/wish").text());
    await withView(linuxHost(), wish, silentReporter, new AbortController().signal, () => { console.log("made"); return new Promise(() => setInterval(() => {}, 1000)); });`;
  writeFileSync(`${work.path}/wish`, JSON.stringify(viewWish(layout, auto, ["/srv"])));
  writeFileSync(`${work.path}/script.ts`, script);
  const child = Bun.spawn([process.execPath, `${work.path}/script.ts`], { stdout: "pipe" });
  await child.stdout.getReader().read();
  child.kill("SIGKILL");
  await child.exited;
  assert.is(traces().filter((line) => /mondo-snapshot-00000001-\d/.test(line)).length, 4);
  lvm(
    "lvcreate",
    "-q",
    "-y",
    "-s",
    "-L",
    "8M",
    "-n",
    "mondo-snapshot-00000009-0",
    "--addtag",
    "mondo-snapshot",
    "--addtag",
    "mondo-machine-99999999",
    "vg-snap/inner",
  );
  const disks = nodesOf(layout, "disk");
  const again = await layoutOf(disks as never, []);
  const names = (of: Layout) => nodesOf(of, "logical-volume").map(({ name }) => name);
  assert.equal(names(again), names(layout));
  assert.equal(nodesOf(again, "note"), []);
  // LVM's text names the last command, too: only its volumes matter.
  const metadata = nodesOf(again, "volume-group")
    .map((group) => group.metadata)
    .join();
  assert.match(metadata, /^\s*thin \{/m);
  assert.not.match(metadata, /^\s*mondo-snapshot\S* \{/m);
  const heard = listening();
  await removeSnapshotLeftovers(host, RUN.replace(/.$/, "2"), heard);
  assert.is(heard.said.length, 4, heard.said.join("\n"));
  assert.equal(
    traces().map((line) => line.trim().split(/\s+/)[1]),
    ["mondo-snapshot-00000009-0"],
  );
  lvm("lvremove", "-q", "-y", "vg-snap/mondo-snapshot-00000009-0");
});

test.run();
