import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DestinationWish } from "../../../src/backup/destination/destination.ts";
import { storeDestination, volumeBytesFor } from "../../../src/backup/destination/store-destination.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { GIB, MIB, TIB } from "../../../src/base/units.ts";
import type { Host } from "../../../src/host/host.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import { S3Store } from "../../../src/shares/s3/s3-store.ts";
import { PART_BYTES } from "../../../src/shares/s3/s3-upload.ts";
import type { ObjectStore } from "../../../src/shares/store/object-store.ts";
import { fakeHost } from "../../support/fake-host.ts";
import { type BucketLab, CLIENT_SECRET, withBucket } from "../../support/s3-bucket.ts";

const host = linuxHost();
/** A machine: what it keeps in a file. */
const machine = () => fakeHost();

const storeIn = (lab: BucketLab) => new S3Store(lab.client(), host);

/** What a run of a machine called web1 opens, as many seconds after the first one. */
const open = (lab: BucketLab, host: Host, seconds = 0, signal = new AbortController().signal, name = "web1") =>
  storeDestination(
    { ...host, nowMs: () => Date.now(), sleep: async () => {} },
    {
      job: {
        ...{ created: 1_780_000_000 + seconds, source: { host: { name } }, contentBytes: 1 },
        request: { setName: "full", diffLevel: 0, medium: { kind: "store", store: storeIn(lab) } },
      },
      signal,
    } as unknown as DestinationWish,
    silentReporter,
  );

const DIRECTORY = "sets/web1/full/2026-05-28T20-26-40/mondo";

test("volumes go into a directory of the run, below the machine's name", async () => {
  await withBucket({}, async (lab) => {
    const { sink } = await open(lab, machine());
    for (const name of ["volume-0001.tar.zst", "volume-0002.tar.zst"]) {
      await sink?.begin(name);
      await sink?.write(new Uint8Array(PART_BYTES + 1));
      assert.is(await sink?.end(), 1);
    }
    assert.equal(lab.server.keysIn("vault"), [`${DIRECTORY}/volume-0001.tar.zst`, `${DIRECTORY}/volume-0002.tar.zst`]);
  });
});

test("a run that fails takes its volumes away, where its key may", async () => {
  await withBucket({}, async (lab) => {
    const controller = new AbortController();
    const { sink } = await open(lab, machine(), 0, controller.signal);
    await sink?.begin("volume-0001.tar.zst");
    await sink?.write(new Uint8Array(PART_BYTES + 1));
    await sink?.end();
    await sink?.begin("volume-0002.tar.zst");
    await sink?.write(new Uint8Array(PART_BYTES + 1));
    controller.abort();
    await sink?.discard();
    assert.equal([lab.server.keysIn("vault"), lab.server.uploads.size], [[], 0]);
  });
});

test("what this machine's killed runs have begun is removed, and no other's", async () => {
  await withBucket({}, async (lab) => {
    const [first, second] = [machine(), machine()];
    for (const [seconds, host] of [first, second].entries()) {
      const { sink } = await open(lab, host, seconds);
      await sink?.begin("volume-0001.tar.zst");
      await sink?.write(new Uint8Array(PART_BYTES + 1));
      await sink?.end();
      await sink?.begin("volume-0002.tar.zst");
      await sink?.write(new Uint8Array(PART_BYTES + 1));
    }
    assert.is(lab.server.uploads.size, 2);
    await open(lab, first, 2);
    const [left] = [...lab.server.uploads.values()].map(({ key }) => key);
    const theirs = DIRECTORY.replace("26-40", "26-41");
    assert.is(left, `vault/${theirs}/volume-0002.tar.zst`);
    assert.equal(lab.server.keysIn("vault"), [`${theirs}/volume-0001.tar.zst`]);
  });
});

test("a whole set of a run that was killed at its last step stays, and no second one goes into its directory", async () => {
  await withBucket({}, async (lab) => {
    const host = machine();
    await open(lab, host);
    lab.server.place("vault", `${DIRECTORY}/manifest.json`, new Blob(["{}"]));
    const said = await open(lab, host).then(String, (error: Error) => error.message);
    assert.match(said, /sets\/web1\/full\/2026-05-28T20-26-40 exists already$/);
    assert.equal(lab.server.keysIn("vault"), [`${DIRECTORY}/manifest.json`]);
  });
});

test("tryOut() finds out whether the key may write, and leaves nothing", async () => {
  const warned: string[] = [];
  const tryOut = (lab: BucketLab) => storeIn(lab).tryOut((text) => warned.push(text));
  await withBucket({}, async (lab) => {
    await tryOut(lab);
    assert.equal([lab.server.keysIn("vault"), lab.server.uploads.size, warned], [[], 0, []]);
  });
  const keys = { CLIENT: { secret: CLIENT_SECRET, may: ["list", "read"] as const } };
  await withBucket({ keys }, async (lab) => {
    const said = await tryOut(lab).then(String, (error: Error) => error.message);
    assert.match(said, /^the access key CLIENT may not write sets\/\.mondo\.write-test in vault on 127/);
  });
});

test("a machine's name is never a way out of the prefix", async () => {
  for (const [name, directory] of [
    ["..", "__"],
    ["a/../b", "a_.._b"],
  ] as const) {
    await withBucket({}, async (lab) => {
      const { sink } = await open(lab, machine(), 0, undefined, name);
      await sink?.begin("v");
      await sink?.end();
      assert.equal(lab.server.keysIn("vault"), [`${DIRECTORY.replace("web1", directory)}/v`]);
    });
  }
});

test("volumes of a large backup are longer, and one that is too large is refused before it begins", () => {
  const store = { name: "ftp://nas/b", volumeBytes: 32 * MIB, mostVolumeBytes: 128 * MIB } as unknown as ObjectStore;
  assert.is(volumeBytesFor(store, GIB), 32 * MIB);
  const large = 4 * TIB;
  assert.ok(large / volumeBytesFor(store, large) <= 50_000);
  assert.throws(() => volumeBytesFor(store, 20 * TIB), /^.*20\.0 TiB are more than goes to ftp:\/\/nas\/b /);
  assert.is(volumeBytesFor({ ...store, mostVolumeBytes: undefined } as unknown as ObjectStore, GIB), 32 * MIB);
});

test.run();
