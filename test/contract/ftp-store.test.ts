import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on a real FTP server");
const lab = new StoreLab("ftp");
const { base } = lab;
const canRun = process.getuid?.() === 0 && Bun.which("vsftpd") !== null;

test.before(async () => {
  await lab.makeTree(24_000_000);
  await lab.makeCertificate();
});
test.after(() => lab.remove());

/** What the steps say: see store-run.ts. */
function steps(url: string, env: Record<string, string>, ...words: readonly string[]): Promise<string> {
  return lab.steps(url, env, words);
}

const PLAIN = "ftp://joe@127.0.0.1/";
const NAMES = 'cd $BASE/root; find h/p -mindepth 1 -printf "%P\\n" | sed "s/T[0-9-]*/T/" | sort';
const SET = ["", "/boot", "/boot/initrd.img", "/boot/vmlinuz", "/mondo", "/mondo/HOWTO.txt", "/mondo/boot.sha256"];

/** The names of a whole set in such a listing. */
function requireOneSet(said: string): void {
  const day = /^(\d{4}-\d\d-\d\d)T$/m.exec(said)?.[1];
  const volumes = Array.from({ length: 6 }, (_, at) => `/mondo/volume-000${at + 1}.tar.zst`);
  const names = [...SET, "/mondo/catalog.mcat.zst", "/mondo/manifest.json", ...volumes, "/rescue.iso"];
  const listed = said.split("\n").filter((line) => line.startsWith(`${day}T`) && !line.includes("volume-0007"));
  assert.equal(
    listed,
    names.map((name) => `${day}T${name}`),
  );
}

needing(test, canRun)("a set is written, read through, and goes when a newer one takes its place", async () => {
  const said = await steps(PLAIN, {}, "archive", "verify", "archive", "prune", NAMES, "cat /var/lib/mondo/*");
  assert.match(said, /^made ftp:\/\/joe@127\.0\.0\.1\/h\/p\/DATE\nverified: whole\nmade ftp/);
  requireOneSet(said);
  assert.not.match(said, /a b%c|a%20b/);
});

needing(test, canRun)("the same by TLS, of a server whose authority this machine alone trusts", async () => {
  const said = await steps("ftps://joe@localhost/", { SERVER: "tls", TRUST: "1" }, "archive", "verify");
  assert.match(said, /^made ftps:\/\/joe@localhost\/h\/p\/DATE\nverified: whole\n/);
});

needing(test, canRun)(
  "a server that is killed in mid-volume and comes back costs that volume a second try",
  async () => {
    const kill = `2:pkill -9 vsftpd; (sleep 1; exec vsftpd ${base}/plain) </dev/null >/dev/null 2>&1 & echo killed`;
    const said = await steps(PLAIN, { SERVER: "slow" }, kill, "verify", NAMES);
    assert.match(said, /killed\n[\s\S]*trying again\nmade [^\n]*\nverified: whole\n/);
    requireOneSet(said);
  },
);

needing(test, canRun)("a disk that gets full is named; the new set goes, and the one before stays whole", async () => {
  const fill = `2:head -c 58000000 /dev/zero >${base}/root/fill`;
  const said = await steps(PLAIN, {}, "archive", fill, `at last:${NAMES}`);
  assert.match(
    said,
    /^refused: 127\.0\.0\.1, as joe: write .*volume-.*: the server says: 451 .* Look whether its disk/m,
  );
  requireOneSet(said);
});

needing(test, canRun)("what a killed run has begun, the next one removes, and nothing else", async () => {
  const said = await steps(PLAIN, { SERVER: "slow" }, "killed", NAMES, "archive", "echo now", NAMES, "verify");
  const [before = "", after = ""] = said.split("\nnow\n");
  assert.match(before, /^killed by SIGKILL\n[\s\S]*volume-0002\.tar\.zst\.partial$/m);
  assert.match(before, /^log: removed ftp:.*, which an earlier run had begun$/m);
  requireOneSet(after);
  assert.match(after, /^verified: whole$/m);
});

needing(test, canRun)(
  "what is wrong with login, directory, rights or trust is told in a sentence at once",
  async () => {
    const told = await Promise.all([
      steps(PLAIN, { PASSWORD: "wrong1" }, "archive"),
      steps(`${PLAIN}nowhere`, {}, "archive"),
      steps("ftp://joe:wrong1@127.0.0.1/", {}, "archive"),
      steps("ftps://joe@localhost/", { SERVER: "tls" }, "archive"),
      steps("ftp://joe@127.0.0.1:2/", { PATIENCE: "1000" }, "archive"),
    ]);
    for (const [index, expected] of [
      /^refused: the FTP server 127\.0\.0\.1 does not let joe in with that password \(530 /m,
      /^refused: 127\.0\.0\.1 has no directory \/nowhere, or not for joe/m,
      /^refused: ftp:\/\/joe@127\.0\.0\.1\/: a password in the place can be seen by others/m,
      /^refused: the certificate of localhost:21 is signed by the server itself/m,
      /^refused: 127\.0\.0\.1: the FTP server does not come back: .*refused/im,
    ].entries()) {
      assert.match(told[index] ?? "", expected);
      assert.not.match(told[index] ?? "", /wrong1|a b%c|a%20b/);
    }
    const denied = await steps(`${PLAIN}a`, {}, "mkdir $BASE/root/a; chmod 555 $BASE/root/a", "archive");
    assert.match(
      denied,
      /^refused: 127\.0\.0\.1, as joe: write \/a\/\.mondo\.write-test.*: 553 .* Let this user write there/m,
    );
  },
);

test.run();
