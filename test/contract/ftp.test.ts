import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { bash, run } from "../support/shell.ts";

const test = suite("a real FTP server");
const base = mkdtempSync(join(tmpdir(), "mondo-ftp-"));
const program = join(import.meta.dirname, "../support/ftp-run.ts");
const canRun = process.getuid?.() === 0 && Bun.which("vsftpd") !== null;

test.before(async () => {
  await bash(`cd ${base}; chmod 755 .
openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.pem -days 9 -subj /CN=localhost \\
  -addext subjectAltName=DNS:localhost 2>/dev/null
head -c 24000000 /dev/urandom >source`);
});
test.after(() => rmSync(base, { recursive: true, force: true }));

/** What a command in a directory of the server says; and what the log says. */
function inside(url: string, command: string, trust = false): Promise<string> {
  const argv = ["unshare", "-mnp", "--fork", "--mount-proc", "--propagation", "private", process.execPath, program];
  return run([...argv, base, url, command], { timeoutMs: 120_000, env: trust ? { TRUST: "1" } : {} });
}

const PLAIN = "ftp://joe:a%20b%25c@127.0.0.1/";
const TLS = "ftps://joe:a%20b%25c@localhost/";
const READ = `cp $BASE/source $ROOT/x; mkdir -p $ROOT/a/b; echo y >"$ROOT/a/b/-R ü"; echo z >$ROOT/.hidden
cmp x $BASE/source && echo same; dd if=x bs=1000 skip=7000 count=3 status=none | cmp - <(dd if=$BASE/source bs=1000 skip=7000 count=3 status=none) && echo part
ls -A; ls a/b; cat a/b/-R*; cat nothing; echo no >new || echo read-only`;
const CAME = /^same\npart\n\.hidden\na\nx\n-R ü\ny\nread-only\n[\s\S]*No such file[\s\S]*status 0$/m;

needing(test, canRun)("what is there is read, whole and in parts", async () => {
  assert.match(await inside(PLAIN, READ), CAME);
});

needing(test, canRun)("the same by TLS, of a server that wants to see one session for both connections", async () => {
  assert.match(await inside(TLS, READ, true), CAME);
});

needing(test, canRun)(
  "who is not let in, or not trusted, is told why in a sentence, without the password",
  async () => {
    const told = [
      await inside("ftp://joe:wrong1@127.0.0.1/", "true"),
      await inside(TLS, "true"),
      await inside("ftps://joe:a%20b%25c@127.0.0.1/", "true", true),
      await inside("ftp://joe:a%20b%25c@127.0.0.1/nowhere", "true"),
      await inside("ftp://joe:a%20b%25c@127.0.0.1:2/", "true"),
    ];
    for (const [index, expected] of [
      /^refused: the FTP server 127\.0\.0\.1 does not let joe in with that password \(530 /,
      /^refused: the certificate of localhost:21 is signed by the server itself/,
      /^refused: the certificate of 127\.0\.0\.1:21 is for another name/,
      /^refused: 127\.0\.0\.1 has no directory \/nowhere, or not for joe/,
      /^refused: the FTP server does not come back: .*refused/i,
    ].entries()) {
      assert.match(told[index] ?? "", expected);
      assert.not.match(told[index] ?? "", /wrong1|a b%c|a%20b/);
    }
  },
);

needing(test, canRun)("a server that is killed and comes back costs no byte", async () => {
  const read = await inside(
    PLAIN,
    `cp $BASE/source $ROOT/x
(sleep 1; pkill -9 vsftpd; sleep 2; cd /; exec /usr/sbin/vsftpd $BASE/plain) </dev/null >/dev/null 2>&1 &
for part in $(seq 0 11); do dd if=x bs=2000000 skip=$part count=1 status=none; sleep 0.3; done | cmp - $BASE/source && echo same`,
  );
  assert.match(read, /^same\nstatus 0$/m);
  assert.match(read, /trying again/);
});

test.run();
