/**
 * Devices that are saved block by block: real NTFS and file systems that nobody knows, stored, put back, compared, and
 * by stock tools.
 */
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { scanImages } from "../../src/backup/scan-images.ts";
import { silentReporter } from "../../src/base/report.ts";
import { recogniseForeign } from "../../src/drivers/foreign/recognise-foreign.ts";
import { ntfsUsedClusters } from "../../src/formats/fs/ntfs-boot-sector.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Image } from "../../src/layout/types.ts";
import { applyEffect } from "../../src/run/apply-effect.ts";
import { scratch, sh } from "../support/loop-disk.ts";
import { mutatorOf } from "../support/mutate.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const MIB = 1 << 20;
const host = linuxHost();

const imageOf = (path: string, sizeBytes: number): Image => ({
  ...{ kind: "image", id: "image:x", on: "part:x", path, what: "what is on it", sizeBytes },
  ...{ entry: "mondo-images/x.img", storedBytes: sizeBytes, gaps: "zeros" },
});

/** Content that can't be compressed, the same each time. */
function noise(path: string, bytes: number, seed: number): string {
  writeFileSync(path, mutatorOf(seed).noise(bytes));
  return path;
}

/** A disk that was used before. */
function usedDisk(path: string, bytes: number): void {
  const fd = openSync(path, "w");
  const block = new Uint8Array(MIB).fill(0xa5);
  for (let at = 0; at < bytes; at += block.length) writeSync(fd, block, 0, Math.min(block.length, bytes - at), at);
  closeSync(fd);
}

interface Saved {
  readonly image: Image;
  /** The device that it was put back onto. */
  readonly target: string;
  /** What the comparison of target and set says. */
  readonly compare: () => Promise<string[]>;
  /** A file that tar made of it. */
  readonly byTar: string;
}

/** Saves a device with a file beside it, and puts it back onto one that is larger and was used. */
async function saveAndRestore(directory: string, device: string, sizeBytes: number): Promise<Saved> {
  const { layout, sources } = await scanImages(
    host,
    { version: 1, nodes: [imageOf(device, sizeBytes)] },
    1_700_000_000,
    silentReporter,
  );
  const [image] = layout.nodes as Image[];
  if (!image) throw new Error("no image");
  const [root, restored, target] = [`${directory}/root`, `${directory}/restored`, `${directory}/target`];
  for (const path of [root, restored, `${directory}/tar`]) mkdirSync(path);
  writeFileSync(`${root}/zz-file`, "a file");
  const set = await saveSet(root, `${directory}/set`, { images: sources });
  assert.equal(set.manifest.problems, []);
  usedDisk(target, sizeBytes + MIB);
  const context = { host, root: restored, unpack: async () => undefined, log: () => undefined };
  if (image.gaps === "zeros") await applyEffect(context, { do: "zero", path: target, sizeBytes });
  const devices = [{ entry: image.entry, device: target, gaps: image.gaps }];
  const files = { directory: set.directory, manifest: set.manifest, devices };
  const { problems } = await extractArchive({ ...files, target: restored, threads: 2 }, silentReporter);
  assert.equal(problems, []);
  assert.equal(host.list(restored), ["zz-file"], "the image is no file there");
  sh(["sh", "-c", `cd ${directory}/tar && cat ../set/volume-*.tar.zst | zstd -dc | tar -x -p`]);
  const catalog = () => openCatalog(`${set.directory}/catalog.mcat.zst`);
  return {
    ...{ image, target, byTar: `${directory}/tar/${image.entry}` },
    compare: async () => {
      const request = { catalog: catalog(), root: restored, content: true, devices, threads: 1 };
      return (await compareTree(request, silentReporter)).map(({ path, what }) => `${path} ${what}`);
    },
  };
}

const hasNtfs = host.which("mkntfs") !== undefined;
const NTFS_BYTES = 40 * MIB;

/** An NTFS of which a third is in use, and more was: what was deleted is still on the disk. */
function makeNtfs(directory: string): string {
  const device = `${directory}/ntfs`;
  writeFileSync(device, "");
  truncateSync(device, NTFS_BYTES);
  sh(["mkntfs", "-F", "-Q", "-q", "-L", "Windows", device]);
  for (const seed of [1, 2, 3]) {
    sh(["ntfscp", "-f", device, noise(`${directory}/file${seed}`, seed * MIB, seed), `file${seed}`]);
  }
  // Leftovers where nothing is in use.
  const view = openSync(device, "r+");
  const used = ntfsUsedClusters((at, length) => host.readAt(device, at, length), NTFS_BYTES) ?? [];
  const gap = ((used.at(-2) ?? 0) - 1024) * 4096;
  writeSync(view, mutatorOf(9).noise(MIB), 0, MIB, gap);
  closeSync(view);
  return device;
}

if (hasNtfs) {
  test("an image of a clean NTFS holds its clusters in use, and comes back onto a used, larger disk", async () => {
    const place = scratch();
    try {
      const device = makeNtfs(place.path);
      const { image, target, compare, byTar } = await saveAndRestore(place.path, device, NTFS_BYTES);
      assert.is(image.gaps, "unused");
      assert.ok(image.storedBytes > 6 * MIB && image.storedBytes < 20 * MIB, `${image.storedBytes} bytes`);
      assert.equal(await compare(), []);
      for (const path of [target, byTar]) {
        sh(["ntfsinfo", "-m", path]);
        for (const seed of [1, 2, 3]) {
          sh(["sh", "-c", `ntfscat ${path} file${seed} | cmp - ${place.path}/file${seed}`]);
        }
      }
      // One byte of a file, and the comparison says so.
      const content = readFileSync(target);
      const at = content.indexOf(readFileSync(`${place.path}/file2`).subarray(0, 64));
      content[at] = (content[at] ?? 0) ^ 1;
      writeFileSync(target, content);
      assert.equal(await compare(), ["/mondo-images/x.img content"]);
    } finally {
      place.remove();
    }
  });

  test("an image of an NTFS that is marked as dirty holds all that is not zeros", async () => {
    const place = scratch();
    try {
      const device = makeNtfs(place.path);
      sh(["ntfsfix", device]); // which marks it, so that Windows looks at it
      const { image, target, compare } = await saveAndRestore(place.path, device, NTFS_BYTES);
      assert.is(image.gaps, "zeros");
      assert.equal(await compare(), []);
      assert.ok(readFileSync(device).equals(readFileSync(target).subarray(0, NTFS_BYTES)));
    } finally {
      place.remove();
    }
  });

  test("ntfsUsedClusters() of damaged volumes says nothing or something, and ends", () => {
    const place = scratch();
    try {
      const whole = new Uint8Array(readFileSync(makeNtfs(place.path)));
      const mutator = mutatorOf(4711);
      const table = new DataView(whole.buffer).getUint32(48, true) * 4096;
      for (let round = 0; round < 300; round++) {
        const at = [0, table, table + 2048, table + 6144][round % 4] ?? 0;
        const piece = mutator.mutated(whole.subarray(at, at + 1024));
        const read = (offset: number, length: number) => {
          const bytes = whole.slice(offset, offset + length);
          if (offset <= at && at < offset + length) bytes.set(piece.subarray(0, length - (at - offset)), at - offset);
          return bytes;
        };
        const used = ntfsUsedClusters(read, NTFS_BYTES);
        if (used) assert.is(used.length % 2, 0);
      }
    } finally {
      place.remove();
    }
  });
}

const unknown: readonly {
  readonly name: string;
  readonly make: readonly string[];
  readonly what: string | undefined;
}[] = [
  { name: "NILFS2", make: ["mkfs.nilfs2", "-q", "-f", "-B", "256"], what: "a NILFS2 file system" },
  { name: "Minix, which nothing here knows", make: ["mkfs.minix", "-3"], what: undefined },
];

for (const { name, make, what } of unknown.filter((one) => host.which(one.make[0] ?? "") !== undefined)) {
  test(`an image of ${name} holds what is not zeros, and is the same to the last byte`, async () => {
    const place = scratch();
    try {
      const [device, bytes] = [`${place.path}/device`, 50 * MIB + 512];
      writeFileSync(device, "");
      truncateSync(device, bytes);
      sh([...make, device]);
      const view = openSync(device, "r+");
      writeSync(view, mutatorOf(3).noise(2 * MIB), 0, 2 * MIB, 31 * MIB + 512);
      writeSync(view, new Uint8Array([1]), 0, 1, bytes - 1);
      closeSync(view);
      const read = (at: number, length: number) => host.readAt(device, at, length);
      assert.is(recogniseForeign(read, bytes)?.what, what);
      const { image, target, compare, byTar } = await saveAndRestore(place.path, device, bytes);
      assert.is(image.gaps, "zeros");
      assert.ok(image.storedBytes > 2 * MIB && image.storedBytes < 8 * MIB, `${image.storedBytes} bytes`);
      assert.equal(await compare(), []);
      const source = readFileSync(device);
      assert.ok(source.equals(readFileSync(target).subarray(0, bytes)));
      assert.ok(source.equals(readFileSync(byTar)));
      const changed = openSync(target, "r+");
      writeSync(changed, new Uint8Array([1]), 0, 1, 40 * MIB);
      closeSync(changed);
      assert.equal(await compare(), ["/mondo-images/x.img content"]);
    } finally {
      place.remove();
    }
  });
}

test.run();
