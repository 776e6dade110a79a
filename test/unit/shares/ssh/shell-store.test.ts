import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runPiped } from "../../../../src/host/run-piped.ts";
import { commandOf, type RunThere, ShellClient } from "../../../../src/shares/ssh/shell-client.ts";
import { ShellStore } from "../../../../src/shares/ssh/shell-store.ts";
import { ShellTree } from "../../../../src/shares/ssh/shell-tree.ts";

const env = { PATH: process.env.PATH ?? "" };
/** The login shell of a server that is this machine. */
const here: RunThere = (command, input) => runPiped(["sh", "-c", command], env, input);
const content = new Uint8Array(20_000_000).map((_, at) => (at >> 8) ^ at);
const small = { bytes: new Uint8Array([1, 2, 3]) };

interface Lab {
  readonly root: string;
  readonly store: ShellStore;
  readonly client: ShellClient;
  readonly log: string[];
}

/** A store in a directory whose name no shell likes. */
async function withStore(run: RunThere, work: (lab: Lab) => Promise<void>): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "mondo-shell-"));
  const root = join(base, "-it's $HOME;`x`\\");
  mkdirSync(root);
  const log: string[] = [];
  const host = { sleep: async () => {}, nowMs: () => Date.now(), tryReadText: () => "" };
  const client = new ShellClient("nas", { host, run, patienceMs: 2000, log: (text) => void log.push(text) });
  try {
    await work({ root, client, log, store: ShellStore.at(host, client, { user: "joe", server: "nas", path: root }) });
  } finally {
    rmSync(base, { recursive: true });
  }
}

const failureOf = (work: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> =>
  work.then(
    () => new Error("it did not fail"),
    (error: Error) => error,
  );

test("tryOut() takes a server that lets one remove nothing, and says so", async () => {
  const refuses = "umask 077; rm() { echo rm: Operation not permitted >&2; return 1; };";
  const keeping: RunThere = (command, input) => here(command.replace("umask 077;", refuses), input);
  await withStore(keeping, async ({ store, root }) => {
    const warned: string[] = [];
    await store.tryOut((text) => warned.push(text));
    assert.is(warned.length, 1);
    assert.match(warned[0] ?? "", /\.mondo\.write-test\.\S+ stays, and so will/);
    assert.is(readdirSync(root).length, 1);
  });
});

test("files are written, listed, read in parts and removed by a shell, whatever they are called", async () => {
  await withStore(here, async ({ root, store, client }) => {
    await store.tryOut(() => {});
    assert.equal(readdirSync(root), []);
    const below = store.below("/web1");
    await below.put("a b/'$x", { bytes: content });
    writeFileSync(join(root, "file"), content.subarray(0, 9));
    await below.put("copy", { file: join(root, "file"), sizeBytes: 9 });
    const listed = [...(await store.list())].sort((one, other) => one.path.localeCompare(other.path));
    assert.equal(listed, [
      { path: "file", sizeBytes: 9 },
      { path: "web1/a b/'$x", sizeBytes: content.byteLength },
      { path: "web1/copy", sizeBytes: 9 },
    ]);
    const tree = new ShellTree(client, root, () => Date.now());
    assert.equal(
      [await tree.list(""), await tree.list("web1"), await tree.list("web2")],
      [["file", "web1"], ["a b", "copy"], []],
    );
    assert.equal([(await tree.stat("web1"))?.isDirectory, await tree.stat("web1/x")], [true, undefined]);
    const [from, to] = [7_900_000, 9_000_000];
    const part = await tree.read("web1/a b/'$x", from, to - from);
    assert.is(Buffer.compare(part, content.subarray(from, to)), 0);
    await below.remove("copy");
    await below.remove("copy");
    await below.dropDirectories();
    assert.equal(readdirSync(join(root, "web1")), ["a b"], "what is not empty stays");
    await below.remove("a b/'$x");
    await below.dropDirectories();
    assert.equal(readdirSync(root), ["file"]);
  });
});

test("listings are read whatever the server's environment says of dates, sizes and quotes", async () => {
  const styles = { TIME_STYLE: "long-iso", BLOCK_SIZE: "1K", LS_BLOCK_SIZE: "1K", QUOTING_STYLE: "c" };
  const styled: RunThere = (command, input) => runPiped(["sh", "-c", command], { ...env, ...styles }, input);
  await withStore(styled, async ({ root, store, client }) => {
    writeFileSync(join(root, "a b"), content.subarray(0, 5000));
    symlinkSync("a b", join(root, "link"));
    assert.equal(await store.list(), [{ path: "a b", sizeBytes: 5000 }]);
    const tree = new ShellTree(client, root, () => Date.now());
    assert.equal([await tree.list(""), (await tree.stat("a b"))?.sizeBytes], [["a b"], 5000]);
  });
});

test("a listing that is not understood is refused, never taken for an empty one", async () => {
  const line = "-rw-r--r-- 1 0 0 9 2026-11-30 18:30 x";
  const run: RunThere = async () => ({ code: 0, stdout: Buffer.from(`total 8\n${line}\n`), stderr: "" });
  await withStore(run, async ({ store, client }) => {
    const tree = new ShellTree(client, "/b", () => Date.now());
    for (const work of [store.list(), store.isEmpty(), tree.list(""), tree.stat("x")]) {
      const { message, code } = await failureOf(work);
      assert.ok(message.endsWith(` in a way that mondo does not understand: "${line}"`), message);
      assert.is(code, "refused");
    }
  });
});

test("what breaks off in the middle of a file is noticed by its length, and sent again", async () => {
  let number = 0;
  const breaking: RunThere = (command, input) => {
    number += 1;
    const isFirst = number === 1 && input.input instanceof Uint8Array;
    return here(command, isFirst ? { input: content.subarray(0, 1000) } : input);
  };
  await withStore(breaking, async ({ root, store, log }) => {
    await store.put("x", { bytes: content });
    assert.is(Buffer.compare(readFileSync(join(root, "x")), content), 0);
    assert.match(log.join("\n"), /^write .*\/x: the connection was closed; trying again$/);
  });
});

test("a connection that stays broken is given up when the patience is over", async () => {
  const broken: RunThere = async () => ({ code: 255, stdout: new Uint8Array(0), stderr: "Connection reset by peer" });
  let ms = 0;
  const nowMs = () => ms;
  const sleep = async (pauseMs: number) => {
    ms += pauseMs;
  };
  const gone = { nowMs, sleep };
  const client = new ShellClient("nas", { host: gone, run: broken, patienceMs: 60_000, log: () => {} });
  const { message } = await failureOf(client.run({ text: "true", words: [], what: "write x" }));
  assert.is(message, "nas can't be brought to write x: Connection reset by peer");
});

test("a server whose disk does not answer is given up when the patience is over", async () => {
  let ms = 0;
  const silences: (number | undefined)[] = [];
  const hanging: RunThere = async (_, { silenceMs }) => {
    silences.push(silenceMs);
    ms += silenceMs ?? 0;
    return { code: 128, stdout: new Uint8Array(0), stderr: "", isSilent: true };
  };
  const host = { nowMs: () => ms, sleep: async () => {} };
  const client = new ShellClient("nas", { host, run: hanging, patienceMs: 150_000, log: () => {} });
  const script = { text: "cat", words: [], what: "write x", input: new Uint8Array(64), inputBytes: 64 };
  const { message } = await failureOf(client.run(script));
  assert.is(message, "nas can't be brought to write x: nothing came from there for 60 seconds");
  assert.equal(silences, [60_002, 60_002, 60_002]);
});

test("a program that says nothing is killed, one that goes on is not", async () => {
  const silent = await runPiped(["sleep", "3600"], env, { silenceMs: 20 });
  assert.equal([silent.code, silent.isSilent], [128, true]);
  const said = await runPiped(["sh", "-c", "echo x; exec cat"], env, { input: small.bytes, silenceMs: 3_600_000 });
  assert.equal([said.code, said.stdout.byteLength, said.isSilent], [0, 5, false]);
});

test("whoever waits for ever gets what a server gives that comes back after hours", async () => {
  let number = 0;
  const away: RunThere = async () => {
    number += 1;
    return { code: number < 1000 ? 255 : 0, stdout: new Uint8Array(0), stderr: "Connection refused" };
  };
  const host = { nowMs: () => 0, sleep: async () => {} };
  const wire = { host, run: away, patienceMs: Number.POSITIVE_INFINITY, log: () => {} };
  await new ShellClient("nas", wire).run({ text: "true", words: [], what: "read x" });
  assert.is(number, 1000);
});

test("putNew() replaces nothing, and at() knows only places below its own", async () => {
  await withStore(here, async ({ root, store }) => {
    await store.putNew("m", small.bytes);
    assert.match((await failureOf(store.putNew("m", new Uint8Array(9)))).message, /\/m exists already/);
    assert.equal([readdirSync(root), readFileSync(join(root, "m")).byteLength], [["m"], 3]);
  });
  const client = new ShellClient("nas", {} as ConstructorParameters<typeof ShellClient>[1]);
  const store = ShellStore.at({ tryReadText: () => "" }, client, { user: "joe", server: "nas", path: "/b" });
  assert.is(store.at("ssh://joe@nas/b/web1")?.name, "ssh://joe@nas/b/web1");
  for (const other of ["ssh://joe@nas/b", "ssh://eve@nas/b/x", "ssh://joe@nas:2/b/x", "sftp://joe@nas/b/x"]) {
    assert.is(store.at(other), undefined, other);
  }
});

test("putNew() whose answer is lost is done when it is asked for again", async () => {
  let number = 0;
  const deaf: RunThere = async (command, input) => {
    const answer = await here(command, input);
    number += 1;
    return number === 1 ? { ...answer, code: 255, stderr: "Connection reset by peer" } : answer;
  };
  await withStore(deaf, async ({ root, store }) => {
    await store.putNew("m", small.bytes);
    assert.equal([number, readdirSync(root), readFileSync(join(root, "m")).byteLength], [2, ["m"], 3]);
  });
});

test("putNew() leaves what another machine has written at the last moment", async () => {
  const taken = 'umask 077; ln() { printf 12345 >"$3"; command ln "$@"; };';
  const late: RunThere = (command, input) =>
    here(
      command.replace("umask 077;", () => taken),
      input,
    );
  await withStore(late, async ({ root, store }) => {
    assert.match((await failureOf(store.putNew("m", small.bytes))).message, /\/m exists already/);
    assert.equal([readdirSync(root), readFileSync(join(root, "m"), "utf8")], [["m"], "12345"]);
  });
});

test("putNew() gives names where a file system has no links", async () => {
  const linkless: RunThere = (command, input) =>
    here(command.replace("umask 077;", "umask 077; ln() { return 1; };"), input);
  await withStore(linkless, async ({ root, store }) => {
    await store.putNew("m", small.bytes);
    assert.match((await failureOf(store.putNew("m", new Uint8Array(9)))).message, /\/m exists already/);
    assert.equal([readdirSync(root), readFileSync(join(root, "m")).byteLength], [["m"], 3]);
  });
});

for (const [stderr, code, hint] of [
  ["cat: write error: No space left on device", "no-space", /Make room there/],
  ["cat: write error: Disk quota exceeded", "no-space", /Make room there/],
  ["sh: cannot create /x: Read-only file system", "system", /Mount it there/],
  ["sh: wc: not found", "system", /a shell with mkdir, cat/],
  ["This account is currently not available.", "system", /Try it by hand with ssh/],
] as const) {
  test(`a server that says "${stderr}" is told as what it is, at once`, async () => {
    const run: RunThere = async () => ({ code: 1, stdout: new Uint8Array(0), stderr });
    await withStore(run, async ({ store, log }) => {
      const failure = await failureOf(store.put("x", small));
      assert.match(failure.message, /^nas can't write .*\/x: /);
      assert.equal([failure.code, hint.test(failure.hint ?? ""), log], [code, true, []]);
    });
  });
}

test("commandOf() gives a word as it is to shells of any kind", async () => {
  const words = ["it's", "$HOME", "a\\nb", "-n", "", "`x`"];
  const { stdout } = await here(commandOf({ text: 'printf "<%s>" "$@"', words }), {});
  assert.is(Buffer.from(stdout).toString(), words.map((word) => `<${word}>`).join(""));
});

test.run();
