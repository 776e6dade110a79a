import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { encodeManifest } from "../../../../src/archive/set/manifest.ts";
import { openSet } from "../../../../src/archive/set/open-set.ts";
import { verifySet } from "../../../../src/archive/verify/verify-set.ts";
import { displayBytes } from "../../../../src/base/bytes.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";

const test = suite("verifySet()");
const base = mkdtempSync(join(tmpdir(), "mondo-verify-"));
const whole = join(base, "set");
test.after(() => rmSync(base, { recursive: true, force: true }));

test.before(async () => {
  mkdirSync(join(base, "tree"));
  mkdirSync(whole);
  for (let i = 10; i < 90; i++)
    writeFileSync(join(base, `tree/file${i}`), crypto.getRandomValues(new Uint8Array(60_000)));
  const chunk = () => crypto.getRandomValues(new Uint8Array(65_536));
  writeFileSync(join(base, "tree/large"), Buffer.concat(Array.from({ length: 160 }, chunk)));
  const scope = { include: ["/"], exclude: [], mounts: ["/"] };
  const request = { root: join(base, "tree"), scope, directory: whole, level: 1, threads: 0, volumeBytes: 5 << 20 };
  const { problems: _, ...written } = await writeArchive(request, silentReporter);
  const manifest = encodeManifest({
    ...{ format: "mondo-set", version: 1, set: crypto.randomUUID(), created: 1, prefix: "p" },
    tool: { version: "1", commit: "c" },
    host: { name: "h", os: "o", kernel: "k", arch: "a" },
    layout: { version: 1, nodes: [] },
    ...written,
    volumes: [...written.volumes],
    problems: [],
    options: { restoreByDefault: false, eject: true, excluded: [] },
  });
  writeFileSync(join(whole, "manifest.json"), manifest);
});

/** What is found wrong with a copy of the set that `change` has damaged. */
async function findingsOf(change: (directory: string) => void) {
  const directory = mkdtempSync(join(base, "copy-"));
  cpSync(whole, directory, { recursive: true });
  change(directory);
  const findings = await verifySet(linuxHost(), openSet(linuxHost(), directory), 0, silentReporter);
  rmSync(directory, { recursive: true });
  return findings;
}

test("of a set without its medium nothing boots; only one of an old version may have lost what did", async () => {
  const now = await findingsOf(() => {});
  assert.equal(now.uncovered, ["nothing that boots belongs to it: it is a set alone, without its medium"]);
  const older = await findingsOf((directory) => {
    const path = join(directory, "manifest.json");
    const { digest: _, ...rest } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify(rest));
  });
  assert.equal(older.uncovered, [
    "what boots on it is not covered: the version that made it wrote no digests of that",
    "manifest.json is not covered: it has no digest of its own",
  ]);
});

/** Files whose content lies in a volume. */
function filesIn(volume: number): string[] {
  const found = new Set<string>();
  let [at, large] = [-1, ""];
  for (const record of openCatalog(join(whole, "catalog.mcat.zst")).records()) {
    if (record.type === "frame") at = record.frame.volume;
    else if (record.type === "piece" && at === volume) found.add(large);
    else if (record.type === "entry") large = "/large";
  }
  let names: string[] = [];
  let current = -1;
  const entries = openCatalog(join(whole, "catalog.mcat.zst")).entries();
  for (const record of openCatalog(join(whole, "catalog.mcat.zst")).records()) {
    if (record.type === "frame") current = record.frame.volume;
    if (record.type !== "entry") continue;
    const entry = entries.next().value;
    if (entry && entry.kind === "file" && !entry.pieces && current === volume)
      names.push(`/${displayBytes(entry.path)}`);
  }
  names = [...names, ...found];
  return names.sort();
}

test("finds nothing wrong with a sound set, and counts its entries", async () => {
  const findings = await findingsOf(() => {});
  assert.equal([findings.defects, findings.damaged, findings.entries], [[], [], 82]);
});

test("names exactly what lies on a missing volume", async () => {
  const { defects, damaged } = await findingsOf((directory) => rmSync(join(directory, "volume-0001.tar.zst")));
  assert.match(defects[0] ?? "", /volume-0001\.tar\.zst is missing$/);
  assert.match(damaged[0]?.reason ?? "", /the volume is missing/);
  assert.equal(damaged.map(({ path }) => path).sort(), filesIn(0));
});

test("names what lies behind the cut of a truncated volume, and nothing before it", async () => {
  const cut = (directory: string) => truncateSync(join(directory, "volume-0001.tar.zst"), 4 << 20);
  const { defects, damaged } = await findingsOf(cut);
  assert.match(defects[0] ?? "", /volume-0001\.tar\.zst is 4194304 bytes long instead of \d+/);
  const lost = damaged.map(({ path }) => path);
  assert.ok(lost.length < filesIn(0).length);
  assert.ok(lost.every((path) => filesIn(0).includes(path) || path === "/large"));
});

test("tells a damaged catalog, and checks what can be read of it", async () => {
  const { defects } = await findingsOf((directory) => {
    const path = join(directory, "catalog.mcat.zst");
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  });
  assert.match(defects[0] ?? "", /catalog\.mcat\.zst does not have the checksum/);
  assert.is(defects[1], "a part of the catalog is damaged: 82 entries are not known");
});

test.run();
