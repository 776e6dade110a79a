import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { storeContract } from "../support/store-contract.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on a real FTP server");
const lab = new StoreLab("ftp");
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

storeContract(test, {
  ...{ lab, canRun, place: PLAIN, home: "root", leastVolumes: 6, secret: /a b%c|a%20b/, comparesDigests: false },
  madeIn: /^made ftp:\/\/joe@127\.0\.0\.1\/h\/p\/DATE$/m,
  breaks: {
    env: { SERVER: "slow" },
    step: "2:pkill -9 vsftpd; (sleep 1; exec vsftpd $BASE/plain) </dev/null >/dev/null 2>&1 & echo killed",
    says: /^killed\n[\s\S]*trying again$/m,
  },
  full: {
    step: "2:head -c 58000000 /dev/zero >$BASE/root/fill",
    says: /^refused: 127\.0\.0\.1, as joe: write .*volume-.*: the server says: 451 .* Look whether its disk/m,
  },
  killed: { env: { SERVER: "slow" }, leaves: /volume-000[12]\.tar\.zst\.partial$/m },
});

needing(test, canRun)("the same by TLS, of a server whose authority this machine alone trusts", async () => {
  const said = await steps("ftps://joe@localhost/", { SERVER: "tls", TRUST: "1" }, "archive", "verify");
  assert.match(said, /^made ftps:\/\/joe@localhost\/h\/p\/DATE\nverified: whole\n/);
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
