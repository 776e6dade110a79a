/** Thirty nights in a real directory: each leaves a set, dated as of its night, and prunes what no rule keeps. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { datedName } from "../../src/archive/set/dated-sets.ts";
import type { OpenSet } from "../../src/archive/set/open-set.ts";
import { readManifest } from "../../src/archive/set/read-manifest.ts";
import { describeHost } from "../../src/backup/describe-host.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { executable, withOwnRun } from "../support/mondo.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const test = suite("nights with retention");
const work = mkdtempSync(join(tmpdir(), "mondo-nights-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

const [tree, out] = [join(work, "tree"), join(work, "out")];
const us = describeHost(linuxHost(), "/");
const prefix = "nightly";
const home = join(out, us.name, prefix);
const there = () => readdirSync(home).sort();

const FIRST = Date.UTC(2020, 10, 1, 2, 30) / 1000;
const NIGHTS = 30;
const isSunday = (seconds: number) => new Date(seconds * 1000).getUTCDay() === 0;

/** With the days of UTC. */
const alone = (...words: string[]) => withOwnRun("env", "TZ=UTC", executable, ...words);

/** A backup of that night: full on Sundays, else what differs from the last full one. */
async function backUp(created: number, full: OpenSet | undefined): Promise<OpenSet> {
  writeFileSync(join(tree, "log"), `night of ${created}\n`);
  writeFileSync(join(tree, `day-${created}`), "x".repeat(2000));
  const level = full ? 1 : 0;
  const directory = join(home, datedName(created, level));
  mkdirSync(directory);
  const about = { created, host: us, prefix: full ? `${prefix}-d1` : prefix };
  return await saveSet(tree, join(directory, "mondo"), { ...(full ? { parent: full } : {}), about, threads: 1 });
}

const manifests = () => there().map((name) => readManifest(linuxHost(), join(home, name, "mondo/manifest.json")));

test("each night the rules are kept, and whatever stays can be restored", async () => {
  for (const path of [tree, home]) mkdirSync(path, { recursive: true });
  writeFileSync(join(tree, "constant"), "as ever\n");
  let full: OpenSet | undefined;
  let last = 0;
  for (let night = 0; night < NIGHTS; night += 1) {
    last = FIRST + night * 86_400;
    const isFull = isSunday(last);
    const made = await backUp(last, isFull ? undefined : full);
    if (isFull) full = made;
    const before = there();
    const pruned = alone("sets", out, "--prune", "--keep-daily", "7", "--keep-weekly", "4");
    assert.is(pruned.status, 0, `night ${night}: ${pruned.out}${pruned.err}`);
    assert.ok(there().includes(datedName(last, isFull ? 0 : 1)));
    assert.ok(there().every((name) => before.includes(name)));
    const left = manifests();
    const ids = new Set(left.map(({ set }) => set));
    for (const { parents = [] } of left) for (const parent of parents) assert.ok(ids.has(parent.set), `night ${night}`);
  }
  // Weeks 46 to 48 end on Sundays, which are full; the last seven nights need that of the 22nd, too.
  assert.equal(
    there().map((name) => name.replace(/^2020-(\d\d-\d\d)T02-30-00/, "$1")),
    ["11-15", "11-22", "11-24.d1", "11-25.d1", "11-26.d1", "11-27.d1", "11-28.d1", "11-29", "11-30.d1"],
  );
  const listed = alone("sets", out, "--json");
  assert.is(listed.status, 0, listed.out);
  const lines = listed.out.trimEnd().split("\n");
  assert.equal(
    lines.map((line) => JSON.parse(line).whole),
    there().map(() => true),
  );
  const [oldest = ""] = there();
  assert.is(alone("verify", join(home, oldest)).status, 0);
  const target = mkdtempSync(join(work, "back-"));
  assert.is(alone("extract", join(home, there().at(-1) ?? ""), "/", "--to", target).status, 0);
  assert.equal(readdirSync(target).sort(), readdirSync(tree).sort());
  assert.is(readFileSync(join(target, "log"), "utf8"), `night of ${last}\n`);
});

test.run();
