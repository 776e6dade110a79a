import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readCatalog } from "../../../src/archive/catalog/catalog.ts";
import type { FrameInfo } from "../../../src/archive/entry.ts";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import type { ArchiveRequest } from "../../../src/archive/save/archive-request.ts";
import { writeArchive } from "../../../src/archive/save/write-archive.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { codecs } from "../../../src/drivers/codec/codecs.ts";
import { decodeSeekTable, seekTableLength } from "../../../src/formats/archive/zstd-seek-table.ts";
import { shell } from "./odd-tree.ts";

const TREE = `mkdir sub; head -c 8500000 /dev/urandom > noise; seq 100000 > numbers; ln numbers sub/again; : > empty
head -c 700000 /dev/urandom > sub/photo; for i in $(seq 200); do seq $i > sub/$i; done; ln -s numbers link`;
const scope = { include: ["/"], exclude: [], mounts: ["/"] };

async function withSet(
  more: Partial<ArchiveRequest>,
  work: (base: string, set: Awaited<ReturnType<typeof writeArchive>>) => Promise<void> | void,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "mondo-codec-"));
  const [root, directory] = [join(base, "tree"), join(base, "set")];
  for (const path of [root, directory, join(base, "back")]) mkdirSync(path);
  try {
    shell(root, TREE);
    const request = { root, scope, directory, level: 3, threads: 0, volumeBytes: 4 << 20, ...more };
    await work(base, await writeArchive(request, silentReporter));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

for (const { type, command, ending } of codecs) {
  test(`a set of ${type} is restored by us, and by "${command}" and tar`, () =>
    withSet({ codec: type, threads: type === "xz" ? 2 : 0 }, async (base, manifest) => {
      assert.is(manifest.codec, type);
      assert.ok(manifest.volumes.length > 2);
      for (const { name } of manifest.volumes) assert.ok(name.endsWith(ending), name);
      const [directory, target] = [join(base, "set"), join(base, "back")];
      const result = await extractArchive({ directory, manifest, target, threads: 1 }, silentReporter);
      assert.equal(result.problems, []);
      shell(base, "diff -r --no-dereference tree back");
      shell(
        base,
        `rm -rf back; mkdir back; cat set/volume-* | ${command} | tar -xp -C back; diff -r --no-dereference tree back`,
      );
    }));
}

test("a volume of zstd ends in a seek table that names all its frames; zstd takes it and volumes keep their size", () =>
  withSet({}, (base, { volumes, catalog }) => {
    shell(base, "zstd -qt set/volume-*");
    const frames: FrameInfo[] = [];
    for (const record of readCatalog(join(base, "set", catalog.name))) {
      if (record.type === "frame") frames.push(record.frame);
    }
    volumes.forEach(({ name, sizeBytes }, volume) => {
      const bytes = readFileSync(join(base, "set", name));
      const length = seekTableLength(bytes.subarray(-9)) ?? 0;
      const table = decodeSeekTable(bytes.subarray(bytes.length - length));
      const here = frames.filter((frame) => frame.volume === volume);
      assert.equal(
        table,
        here.map(({ storedBytes, tarBytes }) => ({ storedBytes, contentBytes: tarBytes })),
      );
      assert.is(
        here.reduce((sum, { storedBytes }) => sum + storedBytes, length),
        sizeBytes,
      );
      assert.ok(sizeBytes <= 4 << 20 || here.length === 1, `${name} ${sizeBytes}`);
    });
  }));

test("media are stored: a set at level 9 is written as fast as they are read", () =>
  withSet({ level: 9, volumeBytes: 1 << 30 }, (_, { volumes }) => {
    const stored = volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    assert.ok(stored < 9_200_000 * 1.01 + 700_000, String(stored));
  }));

test.run();
