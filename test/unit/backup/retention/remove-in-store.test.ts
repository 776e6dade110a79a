import { test } from "uvu";
import * as assert from "uvu/assert";
import { removeInStore } from "../../../../src/backup/retention/remove-in-store.ts";
import type { PlacedSet } from "../../../../src/backup/retention/sets-at.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import type { S3Client } from "../../../../src/shares/s3/s3-client.ts";
import { S3Store } from "../../../../src/shares/s3/s3-store.ts";
import { putNew } from "../../../../src/shares/s3/s3-upload.ts";
import { CLIENT_SECRET, withBucket } from "../../../support/s3-bucket.ts";

const storeOf = (client: S3Client) => new S3Store(client, { readAt: () => new Uint8Array(0) });
const placed = (place: string) => ({ place }) as PlacedSet;
const keys = ["sets/web1/p/d1/mondo/manifest.json", "sets/web1/p/d1/boot/vmlinuz", "sets/web1/p/d1/mondo/volume"];
const others = ["sets/web1/p/d10/mondo/manifest.json", "sets/web2/p/d1/mondo/manifest.json"];

test("removeInStore() takes a set with all its objects, and none that only begins like it", async () => {
  await withBucket({}, async ({ client, server }) => {
    for (const key of [...keys, ...others]) await putNew(client(), key, new Uint8Array(3));
    await removeInStore(storeOf(client()), "/mnt/s3")(placed("/mnt/s3/web1/p/d1"));
    assert.equal(server.keysIn("vault"), others);
    await removeInStore(storeOf(client("vault")), "/mnt/s3")(placed("/mnt/s3/sets/web2/p/d1"));
    assert.equal(server.keysIn("vault"), others.slice(0, 1));
  });
});

test("removeInStore() takes the manifest first: what a key may not remove is no set halfway", async () => {
  const may = ["list", "write"] as const;
  await withBucket({ keys: { CLIENT: { secret: CLIENT_SECRET, may } } }, async ({ client, server }) => {
    for (const key of keys) await putNew(client(), key, new Uint8Array(3));
    const failure = await removeInStore(
      storeOf(client()),
      "/m",
    )(placed("/m/web1/p/d1")).catch((error: unknown) => error);
    assert.instance(failure, MondoError);
    assert.match((failure as MondoError).message, /manifest\.json/);
    assert.is(server.keysIn("vault").length, 3);
  });
});

test("removeInStore() touches nothing outside the mounted place, nor the place itself", async () => {
  await withBucket({}, async ({ client, server }) => {
    for (const key of keys) await putNew(client(), key, new Uint8Array(3));
    for (const place of ["/m", "/m/", "/other/web1/p/d1", "/mm/web1/p/d1"]) {
      const failure = await removeInStore(storeOf(client()), "/m")(placed(place)).catch((error: unknown) => error);
      assert.instance(failure, MondoError, place);
    }
    assert.is(server.keysIn("vault").length, 3);
  });
});

test.run();
