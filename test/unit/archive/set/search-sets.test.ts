import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { datedName, datedSetsBelow, directoryNameOf } from "../../../../src/archive/set/dated-sets.ts";
import { searchSets } from "../../../../src/archive/set/search-sets.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { emptyManifest } from "../../../support/empty-manifest.ts";

const test = suite("sets anywhere in a file system");
const top = mkdtempSync(join(tmpdir(), "mondo-search-"));
test.after(() => rmSync(top, { recursive: true, force: true }));

function setAt(path: string, name: string): void {
  mkdirSync(join(top, path), { recursive: true });
  writeFileSync(join(top, path, "manifest.json"), emptyManifest(name));
}

setAt("srv/backup/web1/mondorescue/2026-11-30T08-15-00/mondo", "dated");
setAt("srv/backup/web1/mondorescue/2026-12-01T08-15-00.d1/mondo", "differential");
setAt("mondo", "at the top");
setAt("home/someone/copy", "copied");
setAt("usr/share/mondo", "of the system");
setAt(".mondo.scratch.00000000-00000000.x/mondo", "unfinished");
setAt("a/b/c/d/e/f/mondo", "too deep");
setAt("elsewhere/mondo", "linked");
writeFileSync(join(top, "home/someone/movie.iso"), "no image");
writeFileSync(join(top, "home/someone/broken-1.iso"), Buffer.alloc(40_000, 1));
mkdirSync(join(top, "bad/mondo"), { recursive: true });
writeFileSync(join(top, "bad/mondo/manifest.json"), "{");
symlinkSync(join(top, "elsewhere"), join(top, "home/link"));

const names = (place = top) => searchSets(linuxHost(), place).map(({ manifest }) => manifest.host.name);

test("searchSets() finds directories at the top and some levels below, not in the system's, nor through links", () => {
  assert.equal(names(join(top, "srv")).sort(), ["dated", "differential"]);
  assert.equal(names(join(top, "home")).sort(), ["copied"]);
  // A set at the top is all that a medium holds.
  assert.equal(names(), ["at the top"]);
  rmSync(join(top, "mondo"), { recursive: true });
  assert.equal(names().sort(), ["copied", "dated", "differential", "linked"]);
});

test("searchSets() takes no set behind a link named mondo, which may lead to another disk", () => {
  mkdirSync(join(top, "trap"));
  symlinkSync(join(top, "elsewhere/mondo"), join(top, "trap/mondo"));
  assert.equal(names(join(top, "trap")), []);
  rmSync(join(top, "trap"), { recursive: true });
});

test("searchSets() ends in time on a disk that answers slowly, with what it has found so far", () => {
  let now = 0;
  const host = linuxHost();
  const looked: string[] = [];
  const slow = {
    ...host,
    nowMs: () => now,
    list(path: string) {
      looked.push(path);
      now += 8000;
      return host.list(path);
    },
  };
  searchSets(slow, top);
  assert.ok(looked.length <= 3, String(looked.length));
});

test("datedSetsBelow() knows machine, prefix and level, and sorts by age", () => {
  const found = datedSetsBelow(linuxHost(), join(top, "srv/backup"));
  assert.equal(
    found.map(({ host, setName, date, level }) => [host, setName, date, level]),
    [
      ["web1", "mondorescue", "2026-11-30T08-15-00", 0],
      ["web1", "mondorescue", "2026-12-01T08-15-00", 1],
    ],
  );
});

test("datedName() and directoryNameOf() give names that any file system takes", () => {
  assert.is(datedName(1_796_026_500, 0), "2026-11-30T08-15-00");
  assert.is(datedName(1_796_026_500, 2), "2026-11-30T08-15-00.d2");
  assert.is(directoryNameOf("web 1/ä:b"), "web_1__:b".replace(":", "_"));
  assert.is(directoryNameOf(".."), "__");
});

test.run();
