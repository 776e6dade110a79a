/** However many volumes a set has, and files in pieces, few of them are open at once. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CatalogWriter } from "../../../../src/archive/catalog/catalog-writer.ts";
import { FrameReader } from "../../../../src/archive/catalog/frame-reader.ts";
import type { FrameInfo } from "../../../../src/archive/entry.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ExtractRequest } from "../../../../src/archive/extract/extract-request.ts";
import { DirectorySink } from "../../../../src/archive/save/volume-sink.ts";
import { VolumeWriter } from "../../../../src/archive/save/volume-writer.ts";
import type { ArchiveSet } from "../../../../src/archive/set-files.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { zstdCodec } from "../../../../src/drivers/codec/zstd.ts";
import { craft } from "../crafted-set.ts";

const test = suite<{ base: string }>("open files");
test.before.each((context) => {
  context.base = mkdtempSync(join(tmpdir(), "mondo-open-"));
  for (const name of ["set", "target"]) mkdirSync(join(context.base, name));
});
test.after.each(({ base }) => rmSync(base, { recursive: true, force: true }));

/** Descriptors of this process below a path. */
function openBelow(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;
}

const part = (index: number, half: number) => Buffer.from(`${half}${String(index).padStart(9, "0")}`);

/** Files of 20 bytes, each in two pieces: the first on a medium with that of all others, the second on another one. */
async function halves(directory: string, count: number, pieces = 2): Promise<ArchiveSet> {
  const compressor = zstdCodec.compressor(1);
  const catalog = new CatalogWriter(directory);
  const volumes = new VolumeWriter(new DirectorySink(directory), zstdCodec, 1);
  const frames: FrameInfo[] = [];
  for (let half = 0; half < 2; half++) {
    const content = Buffer.concat(Array.from({ length: count }, (_, index) => part(index, half)));
    frames.push(await volumes.write(compressor.compress(content), content.length));
  }
  const at = (half: number) => frames[half] ?? { volume: 0, offset: 0, storedBytes: 0, tarBytes: 0 };
  for (let index = 0; index < count; index++) {
    catalog.frame(at(0));
    const { hash: _, dataOffset: __, ...entry } = craft(`f${index}`, "file", { size: 20, pieces: 2 });
    catalog.entry(entry);
    for (let half = 0; half < pieces; half++) {
      catalog.inFrame(at(half));
      catalog.piece({ dataOffset: index * 10, length: 10, hash: Bun.hash.xxHash64(part(index, half)) });
    }
  }
  const counts = { entries: count, frames: 2, contentBytes: count * 20 };
  const list = (await volumes.finish()).map((volume, index) => ({ ...volume, medium: index + 1 }));
  return { ...counts, volumes: list, catalog: catalog.finish(counts) };
}

for (const hideUnfinished of [false, true]) {
  test(`files that wait for another medium are closed, and opened again (hidden: ${hideUnfinished})`, async ({
    base,
  }) => {
    const directory = join(base, "set");
    const target = join(base, "target");
    const manifest = await halves(directory, 300);
    assert.is(manifest.volumes.length, 2);
    let most = 0;
    const progress = () => {
      most = Math.max(most, openBelow(`${target}/`));
    };
    const request: ExtractRequest = {
      ...{ directory, manifest, target, threads: 0, hideUnfinished },
      // Somebody takes one away, and puts another file in the place of another one.
      async needMedium({ medium }) {
        if (medium !== 2) return;
        const name = (index: number) => {
          const hidden = Bun.hash.xxHash64(`f${index}`).toString(16).padStart(16, "0");
          return join(target, hideUnfinished ? `.mondo-unfinished-${hidden}` : `f${index}`);
        };
        unlinkSync(name(7));
        unlinkSync(name(8));
        writeFileSync(name(8), "somebody's");
      },
    };
    const { problems } = await extractArchive(request, { ...silentReporter, progress });
    assert.ok(most >= 60 && most <= 66, `${most} open`);
    for (const index of [0, 1, 6, 9, 150, 299]) {
      assert.is(readFileSync(join(target, `f${index}`), "utf8"), `${part(index, 0)}${part(index, 1)}`);
    }
    const lost = problems.filter(({ reason }) => /not there any more/.test(reason)).map(({ path }) => path);
    assert.equal(lost, ["/f7", "/f8"]);
    if (!hideUnfinished) assert.is(readFileSync(join(target, "f8"), "utf8"), "somebody's");
    assert.is(openBelow(base), 0);
  });
}

test("files whose pieces are missing don't stay open either, and each is told", async ({ base }) => {
  const [directory, target] = [join(base, "set"), join(base, "target")];
  const manifest = await halves(directory, 1500, 1);
  const progress = () => assert.ok(openBelow(`${target}/`) <= 66);
  const { problems } = await extractArchive(
    { directory, manifest, target, threads: 0 },
    { ...silentReporter, progress },
  );
  assert.is(problems.filter(({ severity }) => severity === "lost").length, 1500);
  assert.match(problems[0]?.reason ?? "", /does not have all its pieces/);
  assert.is(openBelow(base), 0);
});

test("a reader of frames keeps few volumes open", async ({ base }) => {
  const directory = join(base, "set");
  const volumes = new VolumeWriter(new DirectorySink(directory), zstdCodec, 1);
  const compressor = zstdCodec.compressor(1);
  const frames: FrameInfo[] = [];
  for (let index = 0; index < 100; index++) frames.push(await volumes.write(compressor.compress(part(index, 1)), 10));
  const places = (await volumes.finish()).map(({ name, sizeBytes }) => ({
    path: join(directory, name),
    offset: 0,
    sizeBytes,
  }));
  assert.is(places.length, 100);
  const reader = new FrameReader(places, "zstd");
  for (const index of [...frames.keys(), 0, 99, 50]) {
    const frame = frames[index];
    if (frame) assert.is(Buffer.from(reader.read(frame)).toString(), `${part(index, 1)}`);
    assert.ok(openBelow(directory) <= 16);
  }
  reader.close();
  assert.is(openBelow(directory), 0);
});

test.run();
