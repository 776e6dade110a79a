import { test } from "uvu";
import * as assert from "uvu/assert";
import type { S3Client } from "../../../../src/shares/s3/s3-client.ts";
import { PART_BYTES, putNew, removeObject, S3Upload } from "../../../../src/shares/s3/s3-upload.ts";
import { CLIENT_SECRET, withBucket } from "../../../support/s3-bucket.ts";
import type { S3Options, S3Server } from "../../../support/s3-server.ts";

const KEY = "sets/volume";
/** Two parts and a bit, neither like the other. */
const content = new Uint8Array(2 * PART_BYTES + 12_345).map((_, at) => (at >> 12) ^ at);

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );

/** Writes it in pieces that fit no part, from memory that is used again at once. */
async function upload(client: S3Client, key = KEY): Promise<S3Upload> {
  const made = new S3Upload(client, key);
  const piece = new Uint8Array(3_000_001);
  for (let at = 0; at < content.byteLength; at += piece.byteLength) {
    const part = content.subarray(at, at + piece.byteLength);
    piece.set(part);
    await made.write(piece.subarray(0, part.byteLength));
    piece.fill(0);
  }
  await made.end();
  return made;
}

async function requireContent(server: S3Server): Promise<void> {
  const bytes = new Uint8Array((await server.versionsOf("vault", KEY)[0]?.body.arrayBuffer()) ?? []);
  assert.is(Buffer.compare(bytes, content), 0);
  assert.is(server.versionsOf("vault", KEY).length, 1);
  assert.is(server.uploads.size, 0);
}

const isPart = ({ url, method }: Request) => method === "PUT" && url.includes("partNumber=");
const isComplete = ({ url, method }: Request) => method === "POST" && url.includes("uploadId=");
const error = (code: string, status: number) => new Response(`<Error><Code>${code}</Code></Error>`, { status });

/** Each fault once, at the second request of its kind. */
function once(kind: (request: Request) => boolean, fault: () => Response | "cut" | "lost"): S3Options["fault"] {
  let left = 1;
  return (request) => (kind(request) && left-- > 0 ? fault() : undefined);
}

const faults: Readonly<Record<string, S3Options["fault"]>> = {
  "nothing goes wrong": undefined,
  "a part is answered with 503": once(isPart, () => error("SlowDown", 503)),
  "a part is damaged on its way": once(isPart, () => error("BadDigest", 400)),
  "the answer to a part is lost": once(isPart, () => "lost"),
  "the upload is not put together though the status is 200": once(isComplete, () => error("InternalError", 200)),
  "the answer that it was put together is lost": once(isComplete, () => "lost"),
  "the answer that it was put together is cut": once(isComplete, () => "cut"),
  "the answer that it was begun is lost": once(
    ({ url }) => url.endsWith("?uploads="),
    () => error("InternalError", 500),
  ),
};
for (const [name, fault] of Object.entries(faults)) {
  test(`S3Upload writes an object in parts when ${name}`, async () => {
    await withBucket({ ...(fault ? { fault } : {}) }, async ({ server, client }) => {
      await upload(client());
      await requireContent(server);
    });
  });
}

test("S3Upload keeps several parts under way, and no more than it has memory for", async () => {
  let [now, most] = [0, 0];
  const fault: S3Options["fault"] = async (request) => {
    if (!isPart(request)) return undefined;
    most = Math.max(most, ++now);
    await Bun.sleep(50);
    now -= 1;
    return undefined;
  };
  await withBucket({ fault }, async ({ server, client }) => {
    const made = new S3Upload(client(), KEY);
    await made.write(new Uint8Array(6 * PART_BYTES));
    await made.end();
    assert.is(server.versionsOf("vault", KEY)[0]?.body.size, made.sizeBytes);
    assert.ok(most >= 3 && most <= 4, `${most} parts at a time`);
  });
});

test("S3Upload is waited for while the server is away, and ends when its time is over", async () => {
  let refusals = 0;
  const fault: S3Options["fault"] = () => (refusals-- > 0 ? error("ServiceUnavailable", 503) : undefined);
  await withBucket({ fault }, async ({ server, client }) => {
    const slow = { nowMs: () => Date.now(), sleep: () => Bun.sleep(20) };
    const made = new S3Upload(client(undefined, undefined, { host: slow }), KEY);
    await made.write(content.subarray(0, PART_BYTES));
    refusals = 5;
    await made.write(content.subarray(PART_BYTES));
    await made.end();
    await requireContent(server);
    refusals = Number.POSITIVE_INFINITY;
    const hasty = client(undefined, undefined, { patienceMs: 100 });
    assert.match(await messageOf(upload(hasty, "sets/other")), /can't be brought to write sets\/other: .* 503$/);
  });
});

test("S3Upload and putNew() never replace what another machine wrote", async () => {
  await withBucket({}, async ({ server, client }) => {
    for (const key of [KEY, "sets/manifest.json"]) server.place("vault", key, new Blob(["theirs"]));
    assert.match(await messageOf(upload(client())), /^vault holds a sets\/volume already, which is not replaced$/);
    const own = new TextEncoder().encode("ours");
    assert.match(await messageOf(putNew(client(), "sets/manifest.json", own)), /is not replaced$/);
    assert.is(await server.versionsOf("vault", "sets/manifest.json")[0]?.body.text(), "theirs");
    // Its own, whose answer was lost, is no other's.
    await putNew(client(), "sets/manifest.json", new TextEncoder().encode("theirs"));
  });
});

test("putNew() does without conditions where the server knows none", async () => {
  const fault: S3Options["fault"] = ({ method, headers }) =>
    method !== "GET" && headers.has("if-none-match") ? error("NotImplemented", 501) : undefined;
  await withBucket({ fault }, async ({ server, client }) => {
    await upload(client());
    await requireContent(server);
    assert.match(await messageOf(putNew(client(), KEY, new Uint8Array(3))), /is not replaced$/);
  });
});

test("S3Upload that is aborted leaves nothing, and one that the server has dropped is said to be gone", async () => {
  await withBucket({}, async ({ server, client }) => {
    const made = new S3Upload(client(), KEY);
    await made.write(content);
    await made.abort();
    assert.is(server.uploads.size, 0);
    const dropped = new S3Upload(client(), KEY);
    await dropped.write(content.subarray(0, 2 * PART_BYTES));
    await Bun.sleep(50);
    server.uploads.clear();
    assert.match(await messageOf(dropped.end()), /is gone (from the server )?before it was complete$/);
    assert.equal(server.keysIn("vault"), []);
  });
});

/** What docs/object-store.md gives a machine's key: it writes what is new, and reads. */
const GUARDED: Partial<S3Options> = {
  lockDays: 30,
  keys: { CLIENT: { secret: CLIENT_SECRET, may: ["list", "read", "write", "abort"], onlyNew: true } },
};

test("an attacker with the key of a machine can neither remove nor replace a set in a locked bucket", async () => {
  await withBucket(GUARDED, async ({ server, client }) => {
    await upload(client());
    const attacker = client();
    assert.match(await messageOf(removeObject(attacker, KEY)), /^the access key CLIENT may not remove sets\/volume/);
    const version = server.versionsOf("vault", KEY)[0]?.id ?? "";
    const forGood = { method: "DELETE", key: KEY, query: { versionId: version }, what: "remove it for good" } as const;
    assert.match(await messageOf(attacker.ask(forGood)), /may not remove it for good/);
    const over = { method: "PUT", key: KEY, body: new Uint8Array(3), what: "write over it" } as const;
    assert.match(await messageOf(attacker.ask(over)), /may not write over it/);
    assert.match(await messageOf(putNew(attacker, KEY, new Uint8Array(3))), /is not replaced$/);
    const begun = { method: "POST", key: KEY, query: { uploads: "" }, what: "begin to write over it" } as const;
    assert.match(await messageOf(attacker.ask(begun)), /it did not fail|may not begin/);
    assert.match(await messageOf(upload(attacker)), /is not replaced$/);
    server.uploads.clear();
    await requireContent(server);
  });
});

test("even a key that may delete cannot remove locked versions for good", async () => {
  await withBucket({ lockDays: 30 }, async ({ server, client }) => {
    await upload(client());
    const version = server.versionsOf("vault", KEY)[0]?.id ?? "";
    await removeObject(client(), KEY);
    const forGood = { method: "DELETE", key: KEY, query: { versionId: version }, what: "remove it for good" } as const;
    assert.match(await messageOf(client().ask(forGood)), /may not remove it for good/);
    // Hidden, but whoever may list versions has it.
    await requireContent(server);
  });
});

test.run();
