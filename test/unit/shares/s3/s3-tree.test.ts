import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { Secret } from "../../../../src/base/secret.ts";
import { S3Tree } from "../../../../src/shares/s3/s3-tree.ts";
import { type BucketLab, CLIENT, hasty, withBucket } from "../../../support/s3-bucket.ts";
import type { S3Options } from "../../../support/s3-server.ts";

const KEY = CLIENT;

interface Opened extends Pick<BucketLab, "server" | "log"> {
  open(text?: string, keys?: typeof KEY): Promise<S3Tree>;
}

/** A server with a bucket `vault`, for as long as the work takes. */
const withServer = (options: Partial<S3Options>, work: (opened: Opened) => Promise<void>): Promise<void> =>
  withBucket(options, ({ server, log, client }) => {
    const wire = { host: hasty, log: (line: string) => void log.push(line) };
    const open = (text?: string, keys = KEY) => {
      const known = client(text, keys);
      return S3Tree.open(known, known.with({ patienceMs: 200 }), wire);
    };
    return work({ server, log, open });
  });

const failure = (work: Promise<unknown>): Promise<MondoError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => (error instanceof MondoError ? error : Promise.reject(error)),
  );

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("S3Tree shows what lies below a prefix as directories and files, and reads ranges of them", async () => {
  await withServer({ mostKeys: 2 }, async ({ server, open }) => {
    const names = ["a b.txt", "é+&%.txt", "web1/manifest.json", "web1/volume-0001.tar.zst", "web2/x/y"];
    for (const name of names) server.place("vault", `sets/${name}`, new Blob([`content of ${name}`]));
    server.place("vault", "other", new Blob(["no"]));
    const tree = await open();
    assert.equal(await tree.list(""), ["a b.txt", "web1", "web2", "é+&%.txt"]);
    assert.is((await tree.stat("web1"))?.isDirectory, true);
    assert.is((await tree.stat("web1/manifest.json"))?.sizeBytes, "content of web1/manifest.json".length);
    assert.is(await tree.stat("web1/none"), undefined);
    assert.is(text(await tree.read("é+&%.txt", 11, 100)), "é+&%.txt");
    assert.is(text(await tree.read("a b.txt", 0, 7)), "content");
    server.place("vault", "sets/empty", new Blob([]));
    assert.is((await tree.read("empty", 0, 10)).byteLength, 0);
  });
});

test("S3Tree leaves out keys that would lead elsewhere", async () => {
  await withServer({}, async ({ server, open, log }) => {
    for (const key of ["sets/../up", "sets//double", "sets/./here", "sets/ok", `sets/${"n".repeat(256)}`, "sets/"]) {
      server.place("vault", key, new Blob(["x"]));
    }
    const tree = await open();
    assert.equal(await tree.list(""), ["ok"]);
    assert.is(log.filter((line) => line.includes("no file can be called so")).length, 4);
  });
});

test("S3Tree goes on where an answer broke off, and where the server says to slow down", async () => {
  const content = new Uint8Array(5 << 20).map((_, at) => at * 7);
  let number = 0;
  const fault = () => {
    number += 1;
    if (number % 3 === 0) return "cut" as const;
    return number % 4 === 0 ? new Response("<Error><Code>SlowDown</Code></Error>", { status: 503 }) : undefined;
  };
  await withServer({ fault }, async ({ server, open }) => {
    server.place("vault", "sets/v", new Blob([content]));
    const tree = await open();
    assert.equal(Buffer.compare(await tree.read("v", 0, content.byteLength), content), 0);
  });
});

test("S3Tree says in one sentence what is wrong with key, clock, bucket, region and prefix", async () => {
  const hour = 3_600_000;
  const cases: readonly [RegExp, Partial<S3Options>, string, typeof KEY][] = [
    [/does not know the access key NOBODY$/, {}, "vault/sets", { ...KEY, id: "NOBODY" }],
    [/^the secret key is not that of CLIENT, says 127/, {}, "vault/sets", { ...KEY, secret: Secret.ofText("wrong") }],
    [/^this machine's clock is wrong: it says 20/, { nowMs: () => Date.now() - hour }, "vault/sets", KEY],
    [/has no bucket nowhere$/, {}, "nowhere/sets", KEY],
    [/^the bucket vault lies in the region eu-1, not in us-east-1$/, { region: "eu-1" }, "vault/sets", KEY],
    [/^the bucket vault has nothing below none\/$/, {}, "vault/none", KEY],
    [/^the access key CLIENT may not list what is below sets\/ in vault/, { keys: {} }, "vault/sets", KEY],
  ];
  for (const [expected, options, place, keys] of cases) {
    const denied = options.keys ? { keys: { CLIENT: { secret: "s3cr+et/", may: [] } } } : {};
    await withServer({ ...options, ...denied }, async ({ server, open }) => {
      server.place("vault", "sets/x", new Blob(["x"]));
      const error = await failure(open(place, keys));
      assert.match(error.message, expected);
      assert.ok(error.hint);
      assert.not.match(error.message + error.hint, /s3cr/);
    });
  }
});

test("S3Tree gives a server up that only ever fails, and one that answers nonsense, while it opens", async () => {
  const answers: readonly [RegExp, () => Response][] = [
    [/can't be brought to list what is below sets\/: the server answers 500$/, () => new Response("", { status: 500 })],
    [/but not with what was asked for$/, () => new Response("<html>hello</html>")],
    [/but not with what was asked for$/, () => new Response("<!DOCTYPE x [<!ENTITY a 'b'>]><ListBucketResult/>")],
    [/it answers 418/, () => new Response("tea", { status: 418 })],
  ];
  for (const [expected, fault] of answers) {
    await withServer({ fault }, async ({ open }) => {
      assert.match((await failure(open())).message, expected);
    });
  }
});

test("S3Tree notices an object that is replaced while it is read, and a server that gives other parts", async () => {
  await withServer({}, async ({ server, open }) => {
    server.place("vault", "sets/v", new Blob([new Uint8Array(30 << 20)]), "one");
    const tree = await open();
    await tree.read("v", 0, 1);
    server.place("vault", "sets/v", new Blob([new Uint8Array(30 << 20)]), "two");
    assert.match((await failure(tree.read("v", 29 << 20, 1))).message, /was replaced on the server while it was read$/);
  });
});

test("S3Tree stops reading a listing that never ends", async () => {
  let page = 0;
  const fault = () => {
    page += 1;
    const names = Array.from(
      { length: 1000 },
      (_, at) => `<Contents><Key>sets/${page}-${at}</Key><Size>1</Size></Contents>`,
    );
    return new Response(
      `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${page}</NextContinuationToken>${names.join("")}</ListBucketResult>`,
    );
  };
  await withServer({ fault }, async ({ open }) => {
    const tree = await open();
    assert.match((await failure(tree.list(""))).message, /lists more than 100000 names below sets\/$/);
  });
});

test.run();
