import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../../src/archive/entry.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { OpenSet } from "../../../../src/archive/set/open-set.ts";
import { verifySet } from "../../../../src/archive/verify/verify-set.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { craft, craftSet } from "../crafted-set.ts";

const test = suite<{ work: string }>("hard links whose first name is not there");
test.before.each((context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-orphans-"));
  for (const name of ["set", "target"]) mkdirSync(join(context.work, name));
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

const ENTRIES: readonly Entry[] = [
  craft("there", "file"),
  craft("good", "hardlink", { to: "there" }),
  craft("lost", "hardlink", { to: "nowhere" }),
  craft("lost-too", "hardlink", { to: "nowhere" }),
  craft("itself", "hardlink", { to: "itself" }),
];

for (const [name, choice] of [
  ["all of a set", {}],
  ["what is chosen", { select: () => true }],
  ["links alone", { select: ({ path }: Pick<Entry, "path">) => path !== "there" }],
  ["what can be salvaged", { salvage: true }],
] as const) {
  test(`extracting ${name} tells each of them`, async ({ work }) => {
    const manifest = craftSet(join(work, "set"), ENTRIES);
    const request = { directory: join(work, "set"), manifest, target: join(work, "target"), threads: 0, ...choice };
    const { problems } = await extractArchive(request, silentReporter);
    assert.equal(problems.map(({ path, severity }) => `${path} ${severity}`).sort(), [
      "/itself lost",
      "/lost lost",
      "/lost-too lost",
    ]);
    assert.is(readFileSync(join(work, "target/good"), "utf8"), "crafted");
    for (const path of ["lost", "lost-too", "itself"]) assert.not.ok(existsSync(join(work, "target", path)));
  });
}

test("verifySet() names each of them", async ({ work }) => {
  const directory = join(work, "set");
  const manifest = craftSet(directory, ENTRIES);
  const locate = (name: string) => {
    const path = join(directory, name);
    return { path, offset: 0, sizeBytes: linuxHost().stat(path)?.sizeBytes ?? 0 };
  };
  const set = { ...{ name: directory, directory, manifest, locate, defects: [] }, media: [{ number: 1, place: "/" }] };
  const { damaged, defects } = await verifySet(linuxHost(), set as unknown as OpenSet, 0, silentReporter);
  assert.equal(defects, []);
  const reason = "its first link /nowhere is not in the backup";
  assert.equal(damaged, [
    { path: "/lost", reason },
    { path: "/lost-too", reason },
    { path: "/itself", reason: "its first link /itself is not in the backup" },
  ]);
});

test.run();
