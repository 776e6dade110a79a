/** Files are unpacked and compared, whether content is read back beside the extraction or after it. */
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { OpenSet } from "../../../src/archive/set/open-set.ts";
import { type Reporter, silentReporter } from "../../../src/base/report.ts";
import type { Host } from "../../../src/host/host.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { newFindings } from "../../../src/restore/restore-report.ts";
import { unpackAndCompare } from "../../../src/restore/unpack-and-compare.ts";
import { saveSet } from "../archive/saved-set.ts";

const test = suite("unpacking with a comparison");
const base = mkdtempSync(join(tmpdir(), "mondo-unpack-"));
let set: OpenSet;
test.after(() => rmSync(base, { recursive: true, force: true }));

const noise = (bytes: number) =>
  Buffer.concat(Array.from({ length: bytes / 65_536 }, () => crypto.getRandomValues(new Uint8Array(65_536))));

test.before(async () => {
  const tree = join(base, "tree");
  mkdirSync(join(tree, "etc"), { recursive: true });
  for (let i = 0; i < 5; i++) writeFileSync(join(tree, "etc", `${i}`), noise(131_072));
  writeFileSync(join(tree, "large"), noise(10 << 20));
  set = await saveSet(tree, join(base, "set"));
});

/** Restores the set on a machine with so much memory; what was found, and said. */
async function restored(memoryKib: number, more: Partial<RestoreContext> = {}, cutOff?: string) {
  const root = cutOff ?? mkdtempSync(join(base, "root-"));
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const reporter: Reporter = { ...silentReporter, step: say, info: say, warn: say, log: say };
  const real = linuxHost();
  const host: Host = {
    ...real,
    tryReadText: (path) => (path === "/proc/meminfo" ? `MemTotal: ${memoryKib} kB\n` : real.tryReadText(path)),
    // The caches of the machine that tests run on are nobody's business here.
    sync() {},
    poke: (path) => say(`poke ${path}`),
  };
  const { manifest, directory: setDirectory } = set;
  const context = { host, reporter, manifest, setDirectory, ...more } as unknown as RestoreContext;
  const findings = newFindings();
  await unpackAndCompare(context, { root, devices: [], goOn: cutOff !== undefined }, findings);
  return { root, said, findings };
}

for (const [how, memoryKib] of [
  ["beside the extraction", 4 << 20],
  ["after it, in little memory", 500 << 10],
] as const) {
  test(`a restore compared ${how} finds no difference, and nothing but the disk`, async () => {
    const { said, findings } = await restored(memoryKib);
    assert.equal(findings.differences, []);
    assert.is(findings.entries, set.manifest.entries);
    assert.ok(said.includes("poke /proc/sys/vm/drop_caches"));
    assert.is(said.filter((text) => text === "Comparing the restored files with the backup").length, 1);
    assert.is(said.filter((text) => /read back in all/.test(text)).length, memoryKib > 1 << 20 ? 1 : 0);
  });

  test(`content that the backup has lost is a problem and a difference, compared ${how}`, async () => {
    const directory = join(base, `bad-${memoryKib}`);
    mkdirSync(directory);
    for (const { name } of [...set.manifest.volumes, set.manifest.catalog]) {
      const bytes = readFileSync(join(set.directory, name));
      const middle = Math.floor(bytes.length / 2);
      if (name !== set.manifest.catalog.name) bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      writeFileSync(join(directory, name), bytes);
    }
    const { said, findings } = await restored(memoryKib, { setDirectory: directory });
    assert.is(findings.damagedFiles, 1);
    const [problem] = findings.problems;
    assert.is(problem?.path, "/large");
    assert.ok(
      said.some((text) => text.startsWith("the backup is damaged: 1 file could not be restored, the first of")),
    );
    assert.ok(findings.differences.some(({ path, what }) => path === "/large" && what === "content"));
  });
}

/** Inode numbers of files: those of what was made anew are others, as long as the old ones are held open. */
const inodes = (root: string, names: readonly string[]) => names.map((name) => statSync(join(root, name)).ino);

test("a restore that was cut off goes on: what is in place is kept, and everything else made", async () => {
  const { root } = await restored(4 << 20);
  const names = ["etc/0", "etc/1", "etc/2", "etc/3", "etc/4", "large"];
  const before = inodes(root, names);
  const held = names.map((name) => openSync(join(root, name), "r"));
  rmSync(join(root, "etc/0"));
  truncateSync(join(root, "etc/1"), 100_000);
  writeFileSync(join(root, "etc/2"), new Uint8Array(131_072));
  chmodSync(join(root, "etc/3"), 0o7);
  utimesSync(join(root, "etc/4"), 1, 1);
  const large = openSync(join(root, "large"), "r+");
  writeSync(large, new Uint8Array(4096), 0, 4096, 5 << 20);
  const { said, findings } = await restored(4 << 20, {}, root);
  assert.equal(findings.problems, []);
  assert.equal(findings.differences, []);
  assert.equal(
    inodes(root, names).map((number, index) => number === before[index]),
    [false, false, false, true, true, true],
  );
  for (const fd of [...held, large]) closeSync(fd);
  // Two small files, and all of the large one but the piece that was written over.
  assert.ok(said.includes("6.3 MiB of the files' content were in place already"), said.join("\n"));
});

test("what stands in the way of a restore that goes on is taken away", async () => {
  const { root } = await restored(4 << 20);
  rmSync(join(root, "etc/0"));
  mkdirSync(join(root, "etc/0"));
  rmSync(join(root, "large"));
  symlinkSync("/etc/passwd", join(root, "large"));
  const { findings } = await restored(4 << 20, {}, root);
  assert.equal([findings.problems, findings.differences], [[], []]);
});

test.run();
