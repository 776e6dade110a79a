/** What lies on kept disks is neither unpacked nor compared; all around it is. */
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { OpenSet } from "../../../src/archive/set/open-set.ts";
import { type Reporter, silentReporter } from "../../../src/base/report.ts";
import type { Host } from "../../../src/host/host.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { newFindings } from "../../../src/restore/restore-report.ts";
import { unpackAndCompare } from "../../../src/restore/unpack-and-compare.ts";
import { saveSet } from "../archive/saved-set.ts";

const test = suite("unpacking around kept disks");
const base = mkdtempSync(join(tmpdir(), "mondo-kept-"));
const tree = join(base, "tree");
let set: OpenSet;
test.after(() => rmSync(base, { recursive: true, force: true }));

const noise = (bytes: number) =>
  Buffer.concat(Array.from({ length: bytes / 65_536 }, () => crypto.getRandomValues(new Uint8Array(65_536))));

const mount = (path: string): LayoutNode => ({
  kind: "mount",
  id: `mount:${path}`,
  of: "fs",
  path,
  options: "",
  root: "/",
});
const layout: Layout = { version: 1, nodes: ["/", "/srv", "/srv/db"].map(mount) };
const kept = {
  disks: [{ path: "/dev/sdb", node: "disk:sdb", sizeBytes: 1, mounts: ["/srv"] }],
  mounts: ["/srv"],
  images: [],
};

test.before(async () => {
  for (const directory of ["etc", "srv/deep/er", "srv/db", "zoo"])
    mkdirSync(join(tree, directory), { recursive: true });
  for (const name of ["etc/1", "srv/1", "srv/deep/er/2", "srv/db/1", "zoo/1"])
    writeFileSync(join(tree, name), noise(131_072));
  // In pieces, before, in and behind what is kept.
  for (const name of ["etc/large", "srv/large", "zoo/large"]) writeFileSync(join(tree, name), noise(10 << 20));
  for (const [from, to] of [
    ["srv/1", "srv/deep/link"],
    ["zoo/1", "zoo/link"],
  ] as const)
    linkSync(join(tree, from), join(tree, to));
  set = await saveSet(tree, join(base, "set"));
});

/** Restores the set around /srv on a machine with so much memory. */
async function restored(memoryKib: number) {
  const root = mkdtempSync(join(base, "root-"));
  mkdirSync(join(root, "srv"), { mode: 0o755 });
  const said: string[] = [];
  const totals = new Set<number>();
  const say = (text: string) => void said.push(text);
  const progress: Reporter["progress"] = ({ label, total }) => void (label === "restore" && totals.add(total ?? 0));
  const reporter: Reporter = { ...silentReporter, info: say, warn: say, progress };
  const real = linuxHost();
  const host: Host = {
    ...real,
    tryReadText: (path) => (path === "/proc/meminfo" ? `MemTotal: ${memoryKib} kB\n` : real.tryReadText(path)),
    sync() {},
    poke() {},
  };
  const manifest = { ...set.manifest, layout };
  const context = { host, reporter, manifest, setDirectory: set.directory } as unknown as RestoreContext;
  const findings = newFindings();
  await unpackAndCompare(context, { root, devices: [], goOn: false }, findings, kept);
  return { root, said, findings, totals };
}

for (const [how, memoryKib] of [
  ["beside the extraction", 4 << 20],
  ["after it, in little memory", 500 << 10],
] as const) {
  test(`what is kept is left out, and nothing else, compared ${how}`, async () => {
    const { root, said, findings, totals } = await restored(memoryKib);
    assert.equal([findings.problems, findings.differences], [[], []]);
    for (const name of ["etc/1", "etc/large", "srv/db/1", "zoo/1", "zoo/large"])
      assert.ok(readFileSync(join(root, name)).equals(readFileSync(join(tree, name))), name);
    assert.is(statSync(join(root, "zoo/link")).ino, statSync(join(root, "zoo/1")).ino);
    for (const name of ["srv/1", "srv/large", "srv/deep"]) assert.not.ok(existsSync(join(root, name)), name);
    // The mount point, two directories, two files, a large one and a link.
    const entries = 7;
    assert.is(findings.entries, set.manifest.entries - entries);
    assert.ok(
      said.some((text) => text.startsWith(`Kept as it is: /dev/sdb, with /srv; ${entries} entries of the backup`)),
    );
    const left = set.manifest.contentBytes - (10 << 20) - 2 * 131_072;
    assert.equal([...totals], [left]);
  });

  test(`a file beside what is kept that is not what was saved is found, compared ${how}`, async () => {
    const directory = join(base, `bad-${memoryKib}`);
    mkdirSync(directory);
    for (const { name } of [...set.manifest.volumes, set.manifest.catalog])
      writeFileSync(join(directory, name), readFileSync(join(set.directory, name)));
    const [volume] = set.manifest.volumes;
    const path = join(directory, volume?.name ?? "");
    const bytes = readFileSync(path);
    // The end of the volume is the end of zoo/large.
    const at = bytes.length - (1 << 20);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const good = set;
    set = { ...set, directory };
    try {
      const { findings } = await restored(memoryKib);
      assert.is(findings.problems[0]?.path, "/zoo/large");
      assert.ok(findings.differences.some(({ path: at }) => at === "/zoo/large"));
    } finally {
      set = good;
    }
  });
}

test.run();
