import { test } from "uvu";
import * as assert from "uvu/assert";
import { clearKilled } from "../../../src/backup/destination/clear-killed.ts";
import { encodeText } from "../../../src/base/bytes.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Host } from "../../../src/host/host.ts";
import type { S3Client, S3Request } from "../../../src/shares/s3/s3-client.ts";
import type { ResolvedS3 } from "../../../src/shares/s3/s3-place.ts";
import { S3Store } from "../../../src/shares/s3/s3-store.ts";

test("clearKilled() removes nothing but what lies below the place of its own run, whatever the server lists", async () => {
  const removed: (string | undefined)[] = [];
  const keys = ["b/web1/d1/mondo/volume-0001.tar.zst", "b/web1/d10/mondo/manifest.json", "b/web2/d1/x", "b/web1/d1"];
  const none = encodeText("<ListMultipartUploadsResult></ListMultipartUploadsResult>");
  const client = {
    at: (place: ResolvedS3) => ({ ...client, place }),
    place: { endpoint: "http://s3", region: "r", bucket: "vault", prefix: "b" },
    list: async () => {
      const left = keys.filter((key) => !removed.includes(key));
      return { objects: left.map((key) => ({ key, sizeBytes: 1 })), directories: [] };
    },
    ask: async ({ method, key }: S3Request, isGood?: (answer: object) => boolean) => {
      if (method === "DELETE") removed.push(key);
      else isGood?.({ bytes: none });
    },
  } as unknown as S3Client & { place: ResolvedS3 };
  let record = "s3+http://s3/vault/b/web1/d1\ns3+http://other/vault/b/web1/d1\n";
  const host = {
    tryReadText: () => record,
    makeDirectory: () => {},
    write: (_: string, text: string) => {
      record = text;
    },
  } as unknown as Host;
  await clearKilled(host, new S3Store(client, host), silentReporter);
  assert.equal(removed, [keys[0]]);
  assert.is(record, "s3+http://other/vault/b/web1/d1\n");
});

test.run();
