import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasDavServer } from "../support/dav-server.ts";
import { needing } from "../support/needing.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on a real WebDAV server");
const lab = new StoreLab("dav");
const { base } = lab;
const canRun = process.getuid?.() === 0 && hasDavServer();

test.before(async () => {
  await lab.makeTree(24_000_000);
  await lab.makeCertificate();
});
test.after(() => lab.remove());

/** What the steps say: see store-run.ts. */
function steps(url: string, env: Record<string, string>, ...words: readonly string[]): Promise<string> {
  return lab.steps(url, env, words);
}

const PLAIN = "dav://joe@127.0.0.1/";
const NAMES = 'cd $BASE/root; find h/p -type f -printf "%P\\n" | sed "s/T[0-9-]*/T/" | sort';
const HEAD = ["boot/initrd.img", "boot/vmlinuz", "mondo/HOWTO.txt", "mondo/boot.sha256", "mondo/catalog.mcat.zst"];

/** The names of a whole set in such a listing, and no others. */
function requireOneSet(said: string): void {
  const names = said.split("\n").flatMap((line) => /^\d{4}-\d\d-\d\dT\/(.*)$/.exec(line)?.[1] ?? []);
  const isVolume = (name: string) => /^mondo\/volume-000\d\.tar\.zst$/.test(name);
  assert.equal(
    names.filter((name) => !isVolume(name)),
    [...HEAD, "mondo/manifest.json", "rescue.iso"],
  );
  assert.ok(names.filter(isVolume).length >= 6);
}

needing(test, canRun)("a set is written, read through, and goes when a newer one takes its place: Digest", async () => {
  const said = await steps(PLAIN, {}, "archive", "verify", "archive", "prune", NAMES, "cat /var/lib/mondo/*");
  assert.match(said, /^made dav:\/\/joe@127\.0\.0\.1\/h\/p\/DATE\nverified: whole\nmade dav/);
  requireOneSet(said);
  assert.not.match(said, /a b%c|a%20b/);
});

needing(test, canRun)(
  "the same by Basic, and by TLS of a server whose authority this machine alone trusts",
  async () => {
    const basic = await steps(PLAIN, { SERVER: "basic" }, "archive", "verify");
    assert.match(basic, /^made dav:\/\/joe@127\.0\.0\.1\/h\/p\/DATE\nverified: whole\n/);
    const tls = await steps("davs://joe@localhost/", { SERVER: "tls", TRUST: "1" }, "archive", "verify");
    assert.match(tls, /^made davs:\/\/joe@localhost\/h\/p\/DATE\nverified: whole\n/);
  },
);

needing(test, canRun)("a server that dies in mid-volume and comes back costs that volume a second try", async () => {
  // One that is stopped takes no more of a body than the kernel does.
  const start = `rm -f ${base}/apache.pid; exec apache2 -f ${base}/digest -k start`;
  const kill = `pkill -STOP apache2; (sleep 2; pkill -KILL apache2; sleep 1; ${start}) </dev/null >/dev/null 2>&1 &`;
  const said = await steps(PLAIN, {}, `2:${kill}`, "verify", NAMES);
  assert.match(said, /^log: write .*\/volume-0003\.tar\.zst: .*; trying again$/m);
  assert.match(said, /^made [^\n]*\nverified: whole\n/m);
  requireOneSet(said);
});

needing(test, canRun)("a disk that gets full is named; the new set goes, and the one before stays whole", async () => {
  const fill = `2:head -c 58000000 /dev/zero >${base}/root/fill`;
  const said = await steps(PLAIN, {}, "archive", fill, `at last:${NAMES}`);
  assert.match(said, /^refused: 127\.0\.0\.1 has no room to write .*volume-.* \(507\) \(no-space\) Make room there/m);
  requireOneSet(said);
});

needing(test, canRun)("what a killed run has begun, the next one removes, and nothing else", async () => {
  const said = await steps(PLAIN, {}, "killed", NAMES, "archive", "echo now", NAMES, "verify");
  const [before = "", after = ""] = said.split("\nnow\n");
  assert.match(before, /^killed by SIGKILL\n[\s\S]*volume-0001\.tar\.zst$/m);
  assert.match(before, /^log: removed dav:.*, which an earlier run had begun$/m);
  requireOneSet(after);
  assert.match(after, /^verified: whole$/m);
});

needing(test, canRun)(
  "what is wrong with login, directory, rights or trust is told in a sentence at once",
  async () => {
    const told = await Promise.all([
      steps(PLAIN, { PASSWORD: "wrong1" }, "archive"),
      steps("dav://127.0.0.1/", {}, "archive"),
      steps(`${PLAIN}nowhere`, {}, "archive"),
      steps("dav://joe:wrong1@127.0.0.1/", {}, "archive"),
      steps("dav://joe@127.0.0.1:2/", { PATIENCE: "1000" }, "archive"),
    ]);
    for (const [index, expected] of [
      /^refused: the WebDAV server 127\.0\.0\.1 does not let joe in with that password/m,
      /^refused: the WebDAV server 127\.0\.0\.1 lets nobody in without a name and a password/m,
      /^refused: dav:\/\/joe@127\.0\.0\.1\/nowhere is no directory on the server/m,
      /^refused: dav:\/\/joe@127\.0\.0\.1\/: a password in the place can be seen by others/m,
      /^refused: 127\.0\.0\.1:2 can't be brought to look at \/: .*refused/im,
    ].entries()) {
      assert.match(told[index] ?? "", expected);
      assert.not.match(told[index] ?? "", /wrong1|a b%c|a%20b/);
    }
    const untrusted = await steps("davs://joe@localhost/", { SERVER: "tls" }, "archive");
    assert.match(untrusted, /^refused: the certificate of localhost is signed by the server itself/m);
    const denied = await steps(`${PLAIN}a`, {}, "mkdir $BASE/root/a; chmod 555 $BASE/root/a", "archive");
    assert.match(
      denied,
      /^refused: 127\.0\.0\.1 can't be brought to write \/a\/.*answers 500 .* whether the user that it/m,
    );
  },
);

test.run();
