import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { decodeCpio } from "../../src/formats/archive/cpio.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { addAllListed, readDeplists } from "../../src/image/additions.ts";
import { LibraryCloser } from "../../src/image/libraries.ts";
import { proveTools } from "../../src/image/prove.ts";
import { packGroup } from "../../src/image/segments.ts";
import { addSkeleton } from "../../src/image/skeleton.ts";
import { addTools } from "../../src/image/tools.ts";
import { Tree } from "../../src/image/tree.ts";

const host = linuxHost();
// Below /root: what others than root could change is refused.
const scratch = mkdtempSync("/root/mondo-additions-");
const cache = mkdtempSync(join(tmpdir(), "mondo-additions-"));
test.after(() => {
  for (const directory of [scratch, cache]) rmSync(directory, { recursive: true, force: true });
});

let lists = 0;
/** Adds what a list names to a tree with the skeleton and the tools of this system. */
function addAll(text: string, reporter: Reporter = silentReporter): Tree {
  lists += 1;
  const directory = join(scratch, `lists-${lists}`);
  mkdirSync(directory);
  writeFileSync(join(directory, "own.conf"), text);
  writeFileSync(join(directory, "own.conf.dpkg-old"), "/no/such/file\n");
  const tree = new Tree();
  addSkeleton(host, "", tree);
  const libraries = new LibraryCloser(host, "", tree);
  addTools(host, "", tree, libraries, [{ names: ["bash"], optional: false }]);
  addAllListed(host, "", tree, libraries, readDeplists(host, directory), reporter);
  tree.addMergedUsr();
  return tree;
}

/** What is in the only segment of an image: a frame of zstd, padded with zeros to four bytes. */
function entriesOf(packed: Uint8Array): ReturnType<typeof decodeCpio> {
  for (const padding of [0, 1, 2, 3]) {
    try {
      return decodeCpio(Bun.zstdDecompressSync(packed.slice(0, packed.byteLength - padding)));
    } catch (error) {
      if (padding === 3) throw error;
    }
  }
  return [];
}

const failureOf = (text: string): MondoError => {
  try {
    addAll(text);
  } catch (error) {
    return error as MondoError;
  }
  throw new Error("nothing was wrong");
};

test("the packed image has listed tools, files and directories at their paths, with libraries and interpreters", async () => {
  const own = join(scratch, "own");
  mkdirSync(join(own, "sub"), { recursive: true });
  copyFileSync("/usr/bin/xz", join(own, "sub/packer"));
  writeFileSync(join(own, "sub/script"), "#!/usr/bin/env dash\n", { mode: 0o755 });
  writeFileSync(join(own, "settings"), "a = 1\n", { mode: 0o600 });
  symlinkSync("settings", join(own, "sub/link"));
  symlinkSync(own, join(scratch, "elsewhere"));
  const told: string[] = [];
  const tree = addAll(`xz # a tool\n${join(scratch, "elsewhere")}/\n/etc/debian_version\n`, {
    ...silentReporter,
    info: (text) => void told.push(text),
  });
  const { packed } = await packGroup(host, cache, { name: "system", tree, level: 1, cached: false });
  const entries = entriesOf(packed);
  const at = (path: string) => entries.find((entry) => entry.path === path.slice(1));
  assert.is(at("/usr/bin/xz")?.kind, "file");
  assert.is(at("/etc/debian_version")?.kind, "file");
  assert.ok(entries.some(({ path }) => /\/liblzma\.so\.5$/.test(path)));
  assert.is(Buffer.from(at(`${own}/settings`)?.content ?? "").toString(), "a = 1\n");
  assert.is(at(`${own}/settings`)?.mode, 0o600);
  assert.is(Buffer.from(at(`${own}/sub/link`)?.content ?? "").toString(), "settings");
  assert.is(Buffer.from(at(join(scratch, "elsewhere"))?.content ?? "").toString(), own);
  assert.is(at("/usr/bin/dash")?.kind, "file");
  await proveTools(host, tree, ["/usr/bin/xz", `${own}/sub/packer`, "/usr/bin/dash"], cache);
  assert.match(
    told.join("\n"),
    /^Listed for the rescue system: \d+ files that it does not have by itself, [\d.]+ [KM]iB$/,
  );
});

test("all that is not there is named in one error, with where it was said", () => {
  const { code, message } = failureOf("no-such-tool\nbash\n/no/such/file\n");
  assert.is(code, "not-found");
  assert.match(message, /no-such-tool \(\S+\/own\.conf:1\), \/no\/such\/file \(\S+\/own\.conf:3\)$/);
});

test("secrets are refused, also inside a directory", () => {
  const directory = join(scratch, "keys");
  mkdirSync(directory);
  writeFileSync(
    join(directory, "server.pem"),
    "-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n",
  );
  const key = failureOf(`${directory}\n`);
  assert.is(key.code, "refused");
  assert.match(key.message, /keys\/server\.pem on the rescue image would be a private key/);
  const shadow = failureOf("/etc/shadow\n");
  assert.is(shadow.code, "refused");
  assert.match(shadow.message, /\/etc\/shadow on the rescue image would be/);
});

test("what the rescue system has by itself is not replaced", () => {
  const { code, message } = failureOf("bash\n/etc/passwd\n");
  assert.is(code, "refused");
  assert.match(message, /own\.conf:2: .*\/etc\/passwd of the rescue image/);
});

test("a script without its interpreter and a list that others can change are refused", () => {
  const script = join(scratch, "script");
  writeFileSync(script, "#!/opt/none/python9\n", { mode: 0o755 });
  assert.match(failureOf(`${script}\n`).message, /own\.conf:1: .*is a script for \/opt\/none\/python9/);
  const directory = join(scratch, "weak");
  mkdirSync(directory);
  writeFileSync(join(directory, "a.conf"), "bash\n");
  chmodSync(join(directory, "a.conf"), 0o666);
  assert.throws(() => readDeplists(host, directory), /others than root can change/);
  chmodSync(join(directory, "a.conf"), 0o644);
  chownSync(directory, 1, 0);
  assert.throws(() => readDeplists(host, directory), /others than root can change/);
});

test.run();
