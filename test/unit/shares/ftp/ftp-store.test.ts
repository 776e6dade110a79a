import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FtpLogin } from "../../../../src/shares/ftp/ftp-connection.ts";
import { FtpSession } from "../../../../src/shares/ftp/ftp-session.ts";
import { FtpStore } from "../../../../src/shares/ftp/ftp-store.ts";
import { FtpDouble, type FtpOverride } from "../../../support/ftp-double.ts";

const content = new Uint8Array(3_000_000).map((_, at) => (at >> 10) ^ at);
const small = { bytes: new Uint8Array([1, 2, 3]) };

/** What a store is made of. */
interface StoreParts {
  readonly host: Parameters<typeof FtpStore.at>[0];
  readonly login: FtpLogin;
  readonly session: FtpSession;
}

/** A store in `/b` of a server, and what it says. */
async function withStore(
  override: FtpOverride,
  work: (store: FtpStore, server: FtpDouble, log: string[], parts: StoreParts) => Promise<void>,
): Promise<void> {
  const server = new FtpDouble(override);
  server.directories.add("/b");
  const log: string[] = [];
  const host = {
    sleep: async () => {},
    nowMs: () => Date.now(),
    readAt: () => new Uint8Array(0),
    tryReadText: () => "",
  };
  const who = { isEncrypted: false, server: "nas", address: "127.0.0.1", user: "joe", password: "secret" };
  const login: FtpLogin = { ...who, port: server.port };
  const session = new FtpSession(login, { host, patienceMs: 2000, log: (text) => log.push(text) });
  const place = { isEncrypted: false, server: "nas", user: "joe", path: "/b" };
  try {
    await work(FtpStore.at(host, login, session, place), server, log, { host, login, session });
  } finally {
    session.close();
    server.stop();
  }
}

const failureOf = (work: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> =>
  work.then(
    () => new Error("it did not fail"),
    (error: Error) => error,
  );

test("a file has another name until it is whole, and directories are made for it", async () => {
  const names: string[][] = [];
  const look: FtpOverride = (word) => {
    if (word === "RNFR") names.push([...server.files.keys()]);
    return undefined;
  };
  let server = new FtpDouble();
  server.stop();
  await withStore(look, async (store, double) => {
    server = double;
    await store.below("/web1/full").put("mondo/volume", { bytes: content });
    assert.equal(names, [["/b/web1/full/mondo/volume.partial"]]);
    assert.is(Buffer.compare(double.files.get("/b/web1/full/mondo/volume") ?? new Uint8Array(0), content), 0);
    assert.equal(await store.list(), [{ path: "web1/full/mondo/volume", sizeBytes: content.byteLength }]);
    assert.ok(await store.below("/web2").isEmpty());
    await store.below("/web1").remove("full/mondo/volume");
    await store.below("/web1").remove("full/mondo/volume");
    await store.below("/web1").dropDirectories();
    assert.equal([[...double.directories], double.files.size], [["/", "/b"], 0]);
  });
});

test("a server that drops the connection gets the file again; one whose answer was lost does not", async () => {
  await withStore(
    (word, _, count) => (word === "STOR" && count === 1 ? "drop" : undefined),
    async (store, server) => {
      await store.put("x", { bytes: content });
      assert.is(server.files.get("/b/x")?.byteLength, content.byteLength);
    },
  );
  let server: FtpDouble | undefined;
  const afterRename: FtpOverride = (word, path) => {
    if (word !== "RNTO" || !server || server.files.has(path)) return undefined;
    server.files.set(path, server.files.get(`${path}.partial`) ?? small.bytes);
    server.files.delete(`${path}.partial`);
    return "drop";
  };
  await withStore(afterRename, async (store, double) => {
    server = double;
    await store.put("x", { bytes: content });
    assert.is(double.commands.filter((line) => line.startsWith("STOR")).length, 1);
    assert.is(double.files.get("/b/x")?.byteLength, content.byteLength);
  });
});

test("a server that claims another length, or breaks off each time, is given up after some tries", async () => {
  for (const override of [
    (word: string, path: string) => (word === "SIZE" && path.endsWith(".partial") ? "213 7" : undefined),
    (word: string) => (word === "STOR" ? "drop" : undefined),
    (word: string) => (word === "STOR" ? "426 broken off" : undefined),
  ]) {
    await withStore(override, async (store, server) => {
      const { message, hint } = await failureOf(store.put("x", small));
      assert.match(message, /^nas: x could not be sent in 12 tries$/);
      assert.match(hint ?? "", /Look at the FTP server/);
      assert.not.ok(server.files.has("/b/x"));
    });
  }
});

for (const [reply, code, hint] of [
  ["452 Insufficient storage space", "no-space", /Make room there/],
  ["552 Exceeded storage allocation", "no-space", /Make room there/],
  ["550 Disk quota exceeded", "no-space", /Make room there/],
  ["553 File name not allowed", "system", /Let this user write there/],
  ["550 Permission denied", "system", /Let this user write there/],
  ["500 What?", "system", /Look whether its disk/],
] as const) {
  test(`a server that answers ${reply} is told as what it is, at once`, async () => {
    await withStore(
      (word) => (word === "STOR" ? reply : undefined),
      async (store, server) => {
        const failure = await failureOf(store.put("x", small));
        assert.match(failure.message, new RegExp(`^nas, as joe: write /b/x: the server says: ${reply.slice(0, 3)} `));
        assert.equal([failure.code, hint.test(failure.hint ?? "")], [code, true]);
        assert.is(server.commands.filter((line) => line.startsWith("STOR")).length, 1);
      },
    );
  });
}

test("a listing that nobody can be sure of is not guessed at: each name is asked for", async () => {
  await withStore(
    () => undefined,
    async (store, server) => {
      server.owner = "Domain Users";
      await store.put("d/a b", small);
      await store.put("-R", small);
      const listed = [...(await store.list())].sort((a, b) => a.path.localeCompare(b.path));
      assert.equal(listed, [
        { path: "-R", sizeBytes: 3 },
        { path: "d/a b", sizeBytes: 3 },
      ]);
      assert.ok(server.commands.some((line) => line.startsWith("NLST")));
    },
  );
});

test("a directory that is refused is not taken for an empty one", async () => {
  for (const [word, reply] of [
    ["CWD", "550 Permission denied"],
    ["CWD", "450 Busy"],
    ["LIST", "550 Permission denied"],
    ["LIST", "550 What?"],
  ] as const) {
    let isRefused = false;
    await withStore(
      (one, path) => (isRefused && one === word && (word === "LIST" || path.startsWith("/b/d")) ? reply : undefined),
      async (store) => {
        await store.put("d/mondo/manifest.json", small);
        isRefused = true;
        for (const work of [store.below("/d").list(), store.below("/d").isEmpty()]) {
          assert.match(
            (await failureOf(work)).message,
            new RegExp(`/b/d: the server says: ${reply}`.replace("?", ".")),
          );
        }
      },
    );
  }
  let [refused, said] = ["", ""];
  const override: FtpOverride = (word, path) => (`${word} ${path}` === refused ? said : undefined);
  await withStore(override, async (store) => {
    await store.put("d/mondo/manifest.json", small);
    [refused, said] = ["CWD /b/d/mondo", "550 Failed to change directory."];
    assert.match((await failureOf(store.below("/d").list())).message, /list \/b\/d\/mondo: the server says: 550/);
    [refused, said] = ["CWD /b/d", "550 Failed to change directory."];
    assert.equal(await store.below("/d").list(), []);
    [refused, said] = ["LIST ", "550 No files found."];
    assert.equal(await store.below("/d").list(), []);
  });
});

test("a file that could not be removed is not gone because its size is not told", async () => {
  await withStore(
    (word) => ({ DELE: "550 Delete operation failed.", SIZE: "550 Could not get file size." })[word],
    async (store, server) => {
      server.files.set("/b/x", small.bytes);
      assert.match((await failureOf(store.remove("x"))).message, /remove \/b\/x: the server says: 550 Delete/);
      await store.remove("y");
      await store.remove("nowhere/y");
    },
  );
});

test("putNew() replaces nothing, and at() knows only places below its own", async () => {
  await withStore(
    () => undefined,
    async (store) => {
      await store.putNew("m", small.bytes);
      assert.match((await failureOf(store.putNew("m", small.bytes))).message, /\/b\/m exists already/);
      assert.is(store.at("ftp://joe@nas/b/web1/x")?.name, "ftp://joe@nas/b/web1/x");
      for (const other of [
        "ftp://joe@nas/b",
        "ftp://joe@nas/bb/x",
        "ftp://eve@nas/b/x",
        "ftps://joe@nas/b/x",
        "nas:/b",
      ]) {
        assert.is(store.at(other), undefined, other);
      }
    },
  );
});

test("at() knows its own places of a server with a port, whose user came from elsewhere", async () => {
  await withStore(
    () => undefined,
    async (_, __, ___, { host, login, session }) => {
      const place = { isEncrypted: false, server: "nas", port: 2121, path: "/b", user: "joe" };
      const store = FtpStore.at(host, login, session, place);
      const { name } = store.below("/web1/x");
      assert.is(name, "ftp://joe@nas:2121/b/web1/x");
      assert.is(store.at(name)?.name, name);
      assert.is(store.at("ftp://joe@nas/b/web1/x"), undefined);
      const usual = FtpStore.at(host, login, session, { ...place, port: 21 });
      assert.is(usual.at("ftp://joe@NAS/b/web1/x")?.name, "ftp://joe@nas:21/b/web1/x");
    },
  );
});

test("an aborted run stops at once, and its password is in no message", async () => {
  await withStore(
    (word) => (word === "STOR" ? "" : undefined),
    async (store, _, log) => {
      const controller = new AbortController();
      const running = store.with({ patienceMs: 60_000, signal: controller.signal }).put("x", small);
      setTimeout(() => controller.abort(new Error("^C")), 50);
      assert.is((await failureOf(running)).message, "^C");
      assert.not.match(log.join("\n"), /secret/);
    },
  );
});

test.run();
