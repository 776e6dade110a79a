/** Where volumes go: a sink takes its time, spans media, fails. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DirectorySink, type VolumeSink } from "../../../../src/archive/save/volume-sink.ts";
import { VolumeWriter } from "../../../../src/archive/save/volume-writer.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { zstdCodec } from "../../../../src/drivers/codec/zstd.ts";

/** Takes everything a little later, and puts two volumes onto each medium. */
class SlowSink implements VolumeSink {
  readonly calls: string[] = [];
  readonly volumes: Uint8Array[] = [];
  busy = 0;
  overlapped = false;

  readonly #failAt: string | undefined;

  constructor(failAt?: string) {
    this.#failAt = failAt;
  }

  begin(name: string): Promise<void> {
    this.volumes.push(new Uint8Array());
    return this.#later(`begin ${name}`);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#later("write");
    // Only now is the memory looked at: it must still be what was given.
    this.volumes.push(Buffer.concat([this.volumes.pop() ?? new Uint8Array(), bytes]));
  }

  async end(): Promise<number> {
    await this.#later("end");
    return Math.ceil(this.volumes.length / 2);
  }

  discard(): Promise<void> {
    return this.#later("discard");
  }

  async #later(what: string): Promise<void> {
    if (this.calls.at(-1) !== what) this.calls.push(what);
    if (what === this.#failAt) throw new MondoError("no-space", "the tape is full");
    this.overlapped ||= this.busy > 0;
    this.busy++;
    await Bun.sleep(2);
    this.busy--;
  }
}

function inTree(work: (tree: string, set: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "mondo-sink-"));
  const [tree, set] = [mkdtempSync(join(directory, "tree-")), mkdtempSync(join(directory, "set-"))];
  for (let at = 0; at < 6; at++) writeFileSync(join(tree, `f${at}`), crypto.getRandomValues(new Uint8Array(65536)));
  for (let at = 0; at < 5; at++) {
    const large = new Uint8Array(9 << 20);
    for (let from = 0; from < large.length; from += 65536) crypto.getRandomValues(large.subarray(from, from + 65536));
    writeFileSync(join(tree, `large${at}`), large);
  }
  return work(tree, set).finally(() => rmSync(directory, { recursive: true }));
}

const scope = { include: ["/"], exclude: [], mounts: [] };

test("writeArchive() into a slow sink waits for it, and gives the bytes that a directory gets", () =>
  inTree(async (tree, set) => {
    const request = { root: tree, scope, level: 1, threads: 2, volumeBytes: 12 << 20 };
    const plain = await writeArchive({ ...request, directory: set }, silentReporter);
    const sink = new SlowSink();
    const other = mkdtempSync(`${set}-`);
    const slow = await writeArchive({ ...request, directory: other, sink }, silentReporter);
    assert.is(sink.overlapped, false);
    assert.ok(plain.volumes.length > 3);
    assert.equal(
      slow.volumes.map(({ name, sha256 }) => [name, sha256]),
      plain.volumes.map(({ name, sha256 }) => [name, sha256]),
    );
    assert.equal(
      sink.volumes.map((bytes) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex")),
      plain.volumes.map(({ sha256 }) => sha256),
    );
    assert.equal(
      slow.volumes.map(({ medium = 1 }) => medium),
      slow.volumes.map((_, at) => Math.ceil((at + 1) / 2)),
    );
    assert.equal(readdirSync(other), [slow.catalog.name]);
    rmSync(other, { recursive: true });
  }));

for (const failAt of ["begin volume-0002.tar.zst", "write", "end"]) {
  test(`writeArchive() into a sink that fails at "${failAt}" says so, and gives up what it wrote`, () =>
    inTree(async (tree, set) => {
      const sink = new SlowSink(failAt);
      const request = { root: tree, scope, level: 1, threads: 2, volumeBytes: 12 << 20, directory: set, sink };
      try {
        await writeArchive(request, silentReporter);
        assert.unreachable();
      } catch (error) {
        assert.is(error instanceof MondoError && error.message, "the tape is full");
      }
      assert.is(sink.calls.at(-1), "discard");
      assert.equal(readdirSync(set), []);
    }));
}

test("DirectorySink.discard() takes finished volumes with the one that was begun", async () => {
  const set = mkdtempSync(join(tmpdir(), "mondo-sink-"));
  const volumes = new VolumeWriter(new DirectorySink(set), zstdCodec, 1000);
  for (let at = 0; at < 3; at++) await volumes.write(crypto.getRandomValues(new Uint8Array(800)), 800);
  assert.is(readdirSync(set).length, 3);
  await volumes.discard();
  assert.equal(readdirSync(set), []);
  rmSync(set, { recursive: true });
});

test.run();
