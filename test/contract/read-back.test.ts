/**
 * Content that is compared beside an extraction comes from the disk: what has changed there behind the back of the page
 * cache, which still holds what was written, is found.
 */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../src/archive/catalog/catalog.ts";
import { ContentFollower } from "../../src/archive/compare/content-follower.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { toByteString } from "../../src/base/bytes.ts";
import { silentReporter } from "../../src/base/report.ts";
import { closeFd, isInMemory, openAt } from "../../src/host/fs-calls.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const place = scratch();
test.after(place.remove);

const MIB = 1 << 20;
const noise = (bytes: number) =>
  Buffer.concat(Array.from({ length: bytes / 65_536 }, () => crypto.getRandomValues(new Uint8Array(65_536))));

/** Changes the bytes of a marker wherever a file holds it; how often it does. */
function flip(image: string, marker: Buffer): number {
  const fd = openSync(image, "r+");
  const size = statSync(image).size;
  const buffer = Buffer.alloc(MIB + marker.length);
  let count = 0;
  for (let at = 0; at < size; at += MIB) {
    const found = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, at)).indexOf(marker);
    if (found < 0 || found >= MIB) continue;
    writeSync(fd, Buffer.alloc(16, 0x55), 0, 16, at + found);
    count++;
  }
  closeSync(fd);
  return count;
}

const cached = (path: string, at: number) => {
  const fd = openAt(-100, toByteString(path), 0);
  const is = isInMemory(fd, at);
  closeFd(fd);
  return is;
};

for (const type of ["ext4", "xfs", "btrfs"]) {
  needing(test, canLoop())(`what a disk with ${type} has lost is found, though memory still holds it`, async () => {
    const [tree, set, root] = ["tree", "set", "root"].map((name) => join(place.path, `${type}-${name}`));
    for (const directory of [tree, root]) mkdirSync(directory ?? "");
    const [small, large] = [noise(131_072), noise(12 * MIB)];
    const markers = [small.subarray(70_000, 70_032), large.subarray(7 * MIB + 5000, 7 * MIB + 5032)];
    writeFileSync(join(tree ?? "", "small"), small);
    writeFileSync(join(tree ?? "", "large"), large);
    writeFileSync(join(tree ?? "", "whole"), noise(131_072));
    const { manifest, directory } = await saveSet(tree ?? "", set ?? "");
    const image = place.image(`${type}.img`, 320 << 20);
    const loop = attachLoop(image);
    const target = root ?? "";
    try {
      sh([`mkfs.${type}`, "-q", loop.path]);
      sh(["mount", loop.path, target]);
      await extractArchive({ directory, manifest, target, threads: 0 }, silentReporter);
      sh(["sync", "-f", target]);
      for (const marker of markers) assert.is(flip(image, marker), 1);
      // Whoever reads now gets what was written.
      assert.ok(readFileSync(join(target, "small")).equals(small));
      assert.ok(readFileSync(join(target, "large")).equals(large));
      assert.is(cached(join(target, "small"), 70_000), true);
      const { contentBytes, catalog } = manifest;
      const follower = new ContentFollower({
        ...{ catalog: openCatalog(`${directory}/${catalog.name}`), root: target, mounts: [target], devices: [] },
        ...{ threads: 1, contentBytes },
      });
      const { differences, inMemory, bytes } = await follower.finish(silentReporter);
      await follower.close();
      assert.equal(differences.map(({ path, what }) => `${path} ${what}`).sort(), ["/large content", "/small content"]);
      assert.is(inMemory, 0);
      assert.is(bytes, contentBytes);
    } finally {
      sh(["umount", target]);
      loop.detach();
    }
  });
}

test.run();
