import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FtpConnection, type FtpLogin, FtpLost } from "../../../../src/shares/ftp/ftp-connection.ts";
import { FtpSession } from "../../../../src/shares/ftp/ftp-session.ts";
import { ftpShare } from "../../../../src/shares/ftp/ftp-share.ts";
import { FtpStore } from "../../../../src/shares/ftp/ftp-store.ts";
import type { StoreWish } from "../../../../src/shares/share-driver.ts";
import { fakeHost } from "../../../support/fake-host.ts";
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
  for (const [why, override] of [
    [
      /has 7 bytes of/,
      (word: string, path: string) => (word === "SIZE" && /partial$/.test(path) ? "213 7" : undefined),
    ],
    [/was closed/, (word: string) => (word === "STOR" ? "drop" : undefined)],
    [/says: 426 broken off/, (word: string) => (word === "STOR" ? "426 broken off" : undefined)],
  ] as const) {
    await withStore(override, async (store, server) => {
      const { message, hint } = await failureOf(store.put("x", small));
      assert.match(message, /^nas: x could not be sent in 12 tries: /);
      assert.match(message, why);
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

test("a data port that nobody reaches is told as that", async () => {
  await withStore(
    (word) => (word === "EPSV" ? "229 Entering (|||1|)" : undefined),
    async (store) => {
      const { message, hint } = await failureOf(store.with({ patienceMs: 0 }).put("x", small));
      assert.match(message, /^the FTP server nas answers, but not at port 1, where it wants to have the data: /);
      assert.match(hint ?? "", /^Open its passive ports in the firewalls/);
      const often = await failureOf(store.put("x", small));
      assert.match(often.message, /in 12 tries: the FTP server nas answers, but not at port 1/);
      assert.match(often.hint ?? "", /^Open its passive ports/);
    },
  );
});

test("patience is lengthened by time in which something moved, and by no other", async () => {
  await withStore(
    () => undefined,
    async (_, __, ___, { session }) => {
      let tries = 0;
      const work = async (connection: FtpConnection): Promise<void> => {
        tries += 1;
        await Bun.sleep(30);
        if (tries <= 4) connection.moved();
        throw new FtpLost("broken");
      };
      const { message } = await failureOf(session.with({ patienceMs: 60 }).use(work));
      assert.is(message, "the FTP server does not come back: broken");
      assert.ok(tries > 4 && tries < 10, `${tries}`);
    },
  );
});

test("a transfer of which the server takes nothing ends with the run that is aborted", async () => {
  await withStore(
    () => undefined,
    async (store, server) => {
      server.isStalled = true;
      const controller = new AbortController();
      const sent = store.with({ patienceMs: 60_000, signal: controller.signal });
      const running = failureOf(sent.put("x", { bytes: new Uint8Array(64 << 20) }));
      setTimeout(() => controller.abort(new Error("^C")), 300);
      const still = Bun.sleep(20_000).then(() => new Error("it is still sent"));
      assert.is((await Promise.race([running, still])).message, "^C");
    },
  );
});

test("a server that is full for a moment is no wrong password, when that was good before", async () => {
  let full = 0;
  const override: FtpOverride = (word, _, count) => {
    if (word === "STOR" && count === 1) return "drop";
    if (word !== "USER" || full <= 0) return undefined;
    full -= 1;
    return "530 Too many connections";
  };
  await withStore(override, async (store, server, log) => {
    await store.isEmpty();
    full = 2;
    await store.with({ patienceMs: 60_000 }).put("x", small);
    assert.ok(server.files.has("/b/x"));
    assert.match(log.join("\n"), /nas lets nobody more in: 530 Too many connections; trying again/);
  });
  await withStore(
    (word) => (word === "USER" ? "530 Login incorrect" : undefined),
    async (store) => assert.match((await failureOf(store.isEmpty())).message, /does not let joe in with that password/),
  );
});

test("tryOut() leaves no connection, and takes a server that lets one remove nothing", async () => {
  for (const [reply, expected] of [
    [undefined, []],
    ["550 Permission denied", ["ftp://joe@nas/b/.mondo.write-test"]],
  ] as const) {
    await withStore(
      (word) => (word === "DELE" ? reply : undefined),
      async (store, server) => {
        const warned: string[] = [];
        await store.tryOut((text) => warned.push(text));
        const names = warned.map((text) => /\S*\.mondo\.write-test(?=\.\S+ stays)/.exec(text)?.[0]);
        assert.equal(names, expected);
        for (let left = 100; server.connections > 0 && left > 0; left -= 1) await Bun.sleep(20);
        assert.is(server.connections, 0);
      },
    );
  }
});

test("a file that can't be read here is told as that, and read in small parts", async () => {
  let longest = 0;
  let isGood = false;
  const readAt = (_: string, at: number, length: number) => {
    longest = Math.max(longest, length);
    if (!isGood && at > 100_000) throw new Error("EIO: the disk");
    return new Uint8Array(length);
  };
  await withStore(
    () => undefined,
    async (_, server, __, { host, login, session }) => {
      const place = { isEncrypted: false, server: "nas", user: "joe", path: "/b" };
      const store = FtpStore.at({ ...host, readAt }, login, session, place);
      const body = { file: "/catalog", sizeBytes: 300_000 };
      assert.is((await failureOf(store.put("x", body))).message, "EIO: the disk");
      assert.equal([server.files.has("/b/x"), longest], [false, 65_536]);
      isGood = true;
      await store.put("x", body);
      assert.is(server.files.get("/b/x")?.byteLength, 300_000);
    },
  );
});

test("what the try before left is removed, for servers that replace nothing", async () => {
  await withStore(
    (word, _, count) => (word === "STOR" && count === 1 ? "426 broken off" : undefined),
    async (store, server) => {
      await store.put("x", small);
      const words = server.commands.map((line) => line.split(" ")[0]).filter((word) => /STOR|DELE/.test(word ?? ""));
      assert.equal(words, ["STOR", "DELE", "STOR"]);
    },
  );
});

test("who is nobody to the server is named nowhere: whoever reads it again is asked for no password", async () => {
  const server = new FtpDouble();
  const host = { ...fakeHost(), nowMs: () => Date.now(), sleep: async () => {} };
  const person = { secret: () => Promise.reject(new Error("nobody is here")) } as unknown as StoreWish["person"];
  try {
    const wish = { host, person, ownConfiguration: true, log: () => {}, patienceMs: 2000 };
    const open = await ftpShare.parse(`ftp://127.0.0.1:${server.port}/`)?.openStore?.(wish);
    assert.ok(await open?.store.isEmpty());
    assert.is(open?.share.text, `ftp://127.0.0.1:${server.port}/`);
    assert.equal([open?.store.name, open?.credentials], [`ftp://127.0.0.1:${server.port}/`, undefined]);
    assert.ok(server.commands.includes("USER anonymous"));
    open?.close?.();
  } finally {
    server.stop();
  }
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
