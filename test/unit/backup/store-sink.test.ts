import { test } from "uvu";
import * as assert from "uvu/assert";
import { clearKilled } from "../../../src/backup/destination/clear-killed.ts";
import { StoreSink } from "../../../src/backup/destination/store-sink.ts";
import { noteUnfinished, unfinishedPlaces } from "../../../src/backup/destination/unfinished-places.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { remoteError } from "../../../src/shares/remote/remote-tree.ts";
import type { ObjectStore } from "../../../src/shares/store/object-store.ts";
import { fakeHost } from "../../support/fake-host.ts";

const MANIFEST = "mondo/manifest.json";

/** A store in memory, what it was asked to remove, and when it is away. */
function memoryStore(paths: readonly string[], isAway: () => boolean = () => false) {
  const objects = new Set(paths);
  const removed: string[] = [];
  const store = {
    ...{ name: "ftp://nas/web1/d", at: () => store, settled: async () => {} },
    ...{ begin: () => ({ write: async () => {}, end: async () => {}, abort: async () => {} }) },
    ...{ dropUnfinished: async () => {}, dropDirectories: async () => {} },
    list: async () => [...objects].map((path) => ({ path, sizeBytes: 1 })),
    remove: async (path: string) => {
      removed.push(path);
      if (isAway()) throw remoteError("away", "nobody answers");
      objects.delete(path);
    },
  } as unknown as ObjectStore;
  return { store, objects, removed };
}

/** Discards a set; what was said of it. */
async function discarded({ store }: ReturnType<typeof memoryStore>): Promise<string[]> {
  const said: string[] = [];
  await new StoreSink(store, store, { log: (text) => said.push(text), gone: () => said.push("gone") }).discard();
  return said;
}

test("discard() takes a manifest that is there already, and it first", async () => {
  const memory = memoryStore(["mondo/volume-0001.tar.zst", MANIFEST, "rescue.iso"]);
  assert.equal(await discarded(memory), ["gone"]);
  assert.equal([memory.removed[0], memory.objects.size], [MANIFEST, 0]);
});

test("discard() asks a server that is away once, and does not say that anything is gone", async () => {
  const memory = memoryStore(["mondo/v1", "mondo/v2", "mondo/v3"], () => true);
  assert.equal(await discarded(memory), ["nobody answers"]);
  assert.equal(memory.removed, ["mondo/v1"]);
});

test("discard() does not believe a store that still lists what it removed", async () => {
  const memory = memoryStore(["mondo/v1"]);
  memory.objects.delete = () => true;
  assert.match((await discarded(memory)).join(), /^ftp:\/\/nas\/web1\/d\/mondo\/v1 is there still/);
});

test("clearKilled() forgets a place that is cleared, and none whose server went away", async () => {
  const host = fakeHost();
  noteUnfinished(host, "ftp://nas/web1/d");
  let isAway = true;
  const { store, objects } = memoryStore(["mondo/v1"], () => isAway);
  await clearKilled(host, store, silentReporter);
  assert.equal([unfinishedPlaces(host), objects.size], [["ftp://nas/web1/d"], 1]);
  isAway = false;
  await clearKilled(host, store, silentReporter);
  assert.equal([unfinishedPlaces(host), objects.size], [[], 0]);
});

test.run();
