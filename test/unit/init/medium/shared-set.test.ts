import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linuxHost } from "../../../../src/host/linux.ts";
import { openSharedSet } from "../../../../src/init/medium/shared-set.ts";
import { EMPTY_SET, emptyManifest } from "../../../support/empty-manifest.ts";

const test = suite("sets on a share");
const share = mkdtempSync(join(tmpdir(), "mondo-share-"));
test.after(() => rmSync(share, { recursive: true, force: true }));

/** Sets in plain directories, one name the beginning of the other. */
for (const [directory, name] of [
  ["web1", "one"],
  ["web1-2/mondo", "two"],
  ["web", "short"],
] as const) {
  mkdirSync(join(share, directory), { recursive: true });
  writeFileSync(join(share, directory, "manifest.json"), emptyManifest(name));
}
writeFileSync(join(share, "db-1.iso.new"), "");
writeFileSync(join(share, "db-2.iso"), "");

const open = (prefix: string | undefined, more: { set?: string; image?: string } = {}, directory = share) =>
  openSharedSet(linuxHost(), directory, "nas:/b", {
    prefix,
    set: more.set,
    ...(more.image ? { image: more.image } : {}),
  });

test("openSharedSet() takes the whole prefix, not the beginning of one", () => {
  assert.is(open("web1").manifest.host.name, "one");
  assert.is(open("web1-2").manifest.host.name, "two");
  assert.is(open("web1-2").name, "nas:/b/web1-2/mondo");
  assert.is(open("web").manifest.host.name, "short");
  assert.throws(() => open("we"), /^nas:\/b has no we-1\.iso: there are db-2\.iso$/);
});

test("openSharedSet() takes the directory itself when it holds a set, and remembers what lies beside", () => {
  const medium = open(undefined, {}, join(share, "web1-2"));
  assert.is(medium.manifest.host.name, "two");
  assert.is(medium.beside, join(share, "web1-2"));
  assert.is(medium.reopen?.().manifest.set, EMPTY_SET);
});

test("openSharedSet() takes no unfinished image, and no second one for a first", () => {
  assert.throws(() => open("db"), /^nas:\/b has no db-1\.iso: there are db-2\.iso$/);
  assert.throws(() => open(undefined), /holds no set \(neither PREFIX-1\.iso nor manifest\.json\)/);
});

test("openSharedSet() says that an image which was named is not there, whatever else is", () => {
  assert.throws(() => open("web1", { image: "x-1.iso" }), /^nas:\/b has no x-1\.iso/);
});

test("openSharedSet() refuses another set than the wanted one", () => {
  assert.throws(() => open("web1", { set: "0" }), /nas:\/b\/web1 holds another set \(.* of one\), not 0/);
  assert.is(open("web1", { set: EMPTY_SET }).manifest.host.name, "one");
});

test.run();
