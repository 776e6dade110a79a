import { test } from "uvu";
import * as assert from "uvu/assert";
import { httpExchange } from "../../../../src/host/http-exchange.ts";
import { DavClient } from "../../../../src/shares/dav/dav-client.ts";
import { DavStore } from "../../../../src/shares/dav/dav-store.ts";
import { DavTree } from "../../../../src/shares/dav/dav-tree.ts";
import { authorizationOf, DavDouble, type DavOverride } from "../../../support/dav-double.ts";

const content = new Uint8Array(3_000_000).map((_, at) => (at >> 10) ^ at);
const small = { bytes: new Uint8Array([1, 2, 3]) };
const host = { sleep: async () => {}, nowMs: () => Date.now(), tryReadText: () => "" };

interface Lab {
  readonly store: DavStore;
  readonly client: DavClient;
  readonly server: DavDouble;
  readonly log: string[];
}

/** A store in `/b c` of a server, and what it says. */
async function withStore(override: DavOverride, work: (lab: Lab) => Promise<void>): Promise<void> {
  const server = new DavDouble(override);
  server.directories.add("/b c/");
  const log: string[] = [];
  const wire = { host, exchange: httpExchange, patienceMs: 2000, log: (text: string) => void log.push(text) };
  const client = new DavClient({ origin: server.origin, login: { user: "joe", password: "secret" } }, wire);
  const place = { scheme: "dav", server: "nas", user: "joe", path: "/b c" };
  try {
    await work({ store: DavStore.at(host, client, place), client, server, log });
  } finally {
    await server.stop();
  }
}

const nothing: DavOverride = () => undefined;
const reply = (status: number, headers: Record<string, string> = {}) => new Response(null, { status, headers });
const failureOf = (work: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> =>
  work.then(
    () => new Error("it did not fail"),
    (error: Error) => error,
  );

test("a file has another name until it is whole, and directories are made for it", async () => {
  await withStore(nothing, async ({ store, server }) => {
    await store.below("/web1/full").put("mondo/volume", { bytes: content });
    const told = server.requests.filter((one) => /^(PUT|MOVE|MKCOL)/.test(one));
    const directory = "/b c/web1/full/mondo";
    assert.equal(told, [
      ...["/b c/web1/", "/b c/web1/full/", "/b c/web1/full/mondo/"].map((path) => `MKCOL ${path}`),
      ...[`PUT ${directory}/volume.partial`, `MOVE ${directory}/volume.partial`],
    ]);
    assert.is(Buffer.compare(server.files.get(`${directory}/volume`) ?? new Uint8Array(0), content), 0);
    assert.equal(await store.list(), [{ path: "web1/full/mondo/volume", sizeBytes: content.byteLength }]);
    assert.ok(await store.below("/web2").isEmpty());
    await store.below("/web1").dropDirectories();
    assert.is(server.files.size, 1, "what is not empty stays");
    await store.below("/web1").remove("full/mondo/volume");
    await store.below("/web1").remove("full/mondo/volume");
    await store.below("/web1").dropDirectories();
    assert.equal([[...server.directories], server.files.size], [["/", "/b c/"], 0]);
  });
});

test("an answer that may pass is waited for: locked, overburdened", async () => {
  await withStore(
    ({ method }, _, count) => (method === "PUT" && count < 3 ? reply(count === 1 ? 423 : 503) : undefined),
    async ({ store, server, log }) => {
      await store.put("x", small);
      assert.is(server.files.get("/b c/x")?.byteLength, 3);
      assert.equal(
        log.map((line) => line.replace(/.*: /, "")),
        ["the server answers 423; trying again", "the server answers 503; trying again"],
      );
    },
  );
});

test("a file whose name was given, but whose answer was lost, is taken for what it is", async () => {
  let server: DavDouble | undefined;
  const lose: DavOverride = ({ method }, path) => {
    const bytes = server?.files.get(path);
    if (method !== "MOVE" || !server || !bytes) return undefined;
    server.files.delete(path);
    server.files.set(path.replace(".partial", ""), bytes);
    return reply(504);
  };
  await withStore(lose, async (lab) => {
    server = lab.server;
    await lab.store.put("x", small);
    assert.is(lab.server.files.get("/b c/x")?.byteLength, 3);
  });
});

test("a server behind something that encrypts for it gets the path where it knows no URL", async () => {
  await withStore(
    ({ method, headers }) =>
      method === "MOVE" && headers.get("destination")?.startsWith("http") ? reply(502) : undefined,
    async ({ store, server }) => {
      await store.put("x", small);
      assert.is(server.files.get("/b c/x")?.byteLength, 3);
    },
  );
});

test("a server that keeps less than it took is given up after some tries", async () => {
  let server: DavDouble | undefined;
  const half: DavOverride = ({ method }, path) => {
    if (method !== "PUT") return undefined;
    server?.files.set(path, new Uint8Array(1));
    return reply(201);
  };
  await withStore(half, async (lab) => {
    server = lab.server;
    const { message } = await failureOf(lab.store.put("x", small));
    assert.match(message, /^\/b c\/x has 3 bytes, but the server has 1 of them$/);
    assert.not.ok(lab.server.files.has("/b c/x"));
  });
});

for (const [status, code, said] of [
  [403, "system", /^joe may not write \/b c\/x on 127.* \(403\)$/],
  [405, "system", /speaks no WebDAV there, or nobody may write$/],
  [413, "system", /takes no file of that length \(413\)/],
  [507, "no-space", /has no room to write \/b c\/x \(507\)$/],
  [302, "system", /can't write \/b c\/x: it answers 302$/],
] as const) {
  test(`a server that answers ${status} is told as what it is, at once`, async () => {
    const elsewhere = { location: "http://127.0.0.1:1/" };
    await withStore(
      ({ method }) => (method === "PUT" ? reply(status, elsewhere) : undefined),
      async ({ store, server }) => {
        const failure = await failureOf(store.put("x", small));
        assert.match(failure.message, said);
        assert.is(failure.code, code);
        assert.is(server.requests.filter((one) => one.startsWith("PUT")).length, 1);
      },
    );
  });
}

test("putNew() replaces nothing, whoever was faster; at() knows only places below its own", async () => {
  let isLate = false;
  await withStore(
    ({ method }, path) => (isLate && method === "PROPFIND" && path === "/b c/n" ? reply(404) : undefined),
    async ({ store, server }) => {
      await store.putNew("m", small.bytes);
      assert.match((await failureOf(store.putNew("m", small.bytes))).message, /\/b%20c\/m exists already/);
      server.files.set("/b c/n", new Uint8Array(9));
      isLate = true;
      assert.match((await failureOf(store.putNew("n", small.bytes))).message, /n\.partial is gone|exists already/);
      assert.is(server.files.get("/b c/n")?.byteLength, 9);
      assert.is(store.at("dav://joe@nas/b%20c/web1/x")?.name, "dav://joe@nas/b%20c/web1/x");
      for (const other of [
        "dav://joe@nas/b%20c",
        "dav://eve@nas/b%20c/x",
        "davs://joe@nas/b%20c/x",
        "ftp://joe@nas/b/x",
      ]) {
        assert.is(store.at(other), undefined, other);
      }
    },
  );
});

test("a digest is answered with a number for each use, and again when the server has a new one", async () => {
  const seen: string[] = [];
  const digest: DavOverride = (request) => {
    const given = authorizationOf(request)?.values;
    const nonce = seen.length < 3 ? "one" : "two";
    if (given?.get("nonce") !== nonce) {
      const challenge = `Digest realm="store", nonce="${nonce}", qop="auth,auth-int", algorithm=SHA-256, Basic realm="x"`;
      return reply(401, { "www-authenticate": challenge });
    }
    seen.push(`${given.get("nonce")} ${given.get("nc")} ${given.get("uri")} ${given.get("algorithm")}`);
    return reply(404);
  };
  await withStore(digest, async ({ store }) => {
    for (let number = 0; number < 4; number += 1) await store.remove("x");
    const about = "/b%20c/x SHA-256";
    assert.equal(seen, [...[1, 2, 3].map((number) => `one 0000000${number} ${about}`), `two 00000001 ${about}`]);
  });
});

test("a password that is not the right one is tried once, and is in no message", async () => {
  await withStore(
    () => reply(401, { "www-authenticate": 'Basic realm="store"' }),
    async ({ store, server, log }) => {
      const { message, hint } = await failureOf(store.tryOut(() => {}));
      assert.match(message, /^the WebDAV server 127.* does not let joe in with that password$/);
      assert.is(server.requests.length, 2);
      assert.not.match(`${message}${hint}${log.join("")}`, /secret/);
    },
  );
});

test("tryOut() takes a server that lets one remove nothing, and says so", async () => {
  await withStore(
    ({ method }) => (method === "DELETE" ? reply(403) : undefined),
    async ({ store, server }) => {
      const warned: string[] = [];
      await store.tryOut((text) => warned.push(text));
      assert.is(warned.length, 1);
      assert.match(warned[0] ?? "", /\.mondo\.write-test\.\S+ stays, and so will what a run that fails has written$/);
      assert.is(server.files.size, 1);
    },
  );
});

test("DavTree reads ranges, and goes on where an answer broke off", async () => {
  await withStore(
    ({ method, headers }, _, count) =>
      method === "GET" && count === 2
        ? new Response(content.slice(0, 1000), {
            status: 206,
            headers: {
              "content-range": `bytes 0-1048575/${content.byteLength}`,
              etag: `"${content.byteLength}"`,
              x: headers.get("range") ?? "",
            },
          })
        : undefined,
    async ({ store, client }) => {
      await store.put("d/x y", { bytes: content });
      const tree = new DavTree(client, "/b c", { host, log: () => {} });
      assert.equal(
        [await tree.list(""), await tree.list("d"), await tree.stat("nothing")],
        [["d"], ["x y"], undefined],
      );
      assert.is((await tree.stat("d/x y"))?.sizeBytes, content.byteLength);
      const bytes = await tree.read("d/x y", 1_000_000, 500_000);
      assert.is(Buffer.compare(bytes, content.subarray(1_000_000, 1_500_000)), 0);
    },
  );
});

test("a server that is silent is given up when the patience is over, however long each silence lasts", async () => {
  let now = 0;
  let tries = 0;
  const silent = {
    host: {
      nowMs: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    },
    exchange: async () => {
      tries += 1;
      now += 30_000;
      throw new Error("no answer in 30 s");
    },
    patienceMs: 60_000,
    log: () => {},
  };
  const client = new DavClient({ origin: "http://nas", login: undefined }, silent);
  const error = await failureOf(client.ask({ method: "PROPFIND", path: "/", what: "list /", body: small }));
  assert.match(error.message, /^nas can't be brought to list \/: no answer in 30 s/);
  assert.is(tries, 2);
});

test.run();
