import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasDavServer } from "../support/dav-server.ts";
import { needing } from "../support/needing.ts";
import { storeContract } from "../support/store-contract.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on a real WebDAV server");
const lab = new StoreLab("dav");
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
const START = "rm -f $BASE/apache.pid; exec apache2 -f $BASE/digest -k start";

storeContract(test, {
  ...{ lab, canRun, place: PLAIN, home: "root", leastVolumes: 6, secret: /a b%c|a%20b/, comparesDigests: false },
  madeIn: /^made dav:\/\/joe@127\.0\.0\.1\/h\/p\/DATE$/m,
  breaks: {
    // One that is stopped takes no more of a body than the kernel does.
    step: `2:pkill -STOP apache2; (sleep 2; pkill -KILL apache2; sleep 1; ${START}) </dev/null >/dev/null 2>&1 &`,
    says: /^log: write .*\/volume-0003\.tar\.zst: .*; trying again$/m,
  },
  full: {
    step: "2:head -c 58000000 /dev/zero >$BASE/root/fill",
    says: /^refused: 127\.0\.0\.1 has no room to write .*volume-.* \(507\) \(no-space\) Make room there/m,
  },
  killed: { leaves: /volume-0001\.tar\.zst$/m },
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
