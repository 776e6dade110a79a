/** Files are unpacked and compared, whether content is read back beside the extraction or after it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
async function restored(memoryKib: number, more: Partial<RestoreContext> = {}) {
  const root = mkdtempSync(join(base, "root-"));
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
  await unpackAndCompare(context, root, [], findings);
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

test.run();
