/** The status page as browsers see it: curl, OpenSSL, and lynx where there is one. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { randomOf, serveHttps } from "../../src/host/serve-https.ts";
import { newIdentity } from "../../src/status/open-status-page.ts";
import { statusAnswers } from "../../src/status/status-answers.ts";
import { newStatusBoard } from "../../src/status/status-board.ts";

async function run(argv: readonly string[], input?: string): Promise<string> {
  const child = Bun.spawn([...argv], { stdin: new Blob([input ?? ""]), stdout: "pipe", stderr: "pipe" });
  const text = await new Response(child.stdout).text();
  await child.exited;
  return text;
}

function serve() {
  const board = newStatusBoard(Date.now, () => ["/dev/sda  20.0 GiB"]);
  const codes: string[] = [];
  const { firstCode, answer } = statusAnswers({
    ...{ facts: board.facts, nowMs: Date.now, random: randomOf },
    showCode: (code) => void codes.push(code),
  });
  codes.push(firstCode);
  board.begin("Restore of web1");
  const server = serveHttps(
    { port: 0, address: "127.0.0.1", ...newIdentity(["127.0.0.1", "::1"], Date.now()) },
    answer,
  );
  return { server, codes, url: `https://127.0.0.1:${server.port}/` };
}

test("the certificate is what OpenSSL takes for one of this address, and its fingerprint is the one that is shown", async () => {
  const { server, url } = serve();
  const place = mkdtempSync(join(tmpdir(), "mondo-status-"));
  try {
    const at = `127.0.0.1:${server.port}`;
    const shown = await run(["openssl", "s_client", "-connect", at, "-showcerts"]);
    const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(shown)?.[0] ?? "";
    const file = join(place, "cert.pem");
    writeFileSync(file, `${pem}\n`);
    const text = await run(["openssl", "x509", "-in", file, "-noout", "-text", "-fingerprint", "-sha256"]);
    assert.match(text, /Version: 3/);
    assert.match(text, /IP Address:127\.0\.0\.1/);
    assert.match(text, /CA:FALSE/);
    assert.match(text, /IP Address:0:0:0:0:0:0:0:1/);
    assert.ok(text.includes(server.fingerprint));
    assert.match(
      await run(["openssl", "verify", "-CAfile", file, "-check_ss_sig", "-verify_ip", "127.0.0.1", file]),
      /OK/,
    );
    // curl believes it, and no other address.
    assert.match(await run(["curl", "-s", "--cacert", file, url]), /Code from the console/);
    const other = await run([
      "curl",
      "-s",
      "-w",
      "%{http_code}",
      "--cacert",
      file,
      url.replace("127.0.0.1", "localhost"),
    ]);
    assert.is(other, "000");
  } finally {
    server.stop();
    rmSync(place, { recursive: true });
  }
});

test("only who gives the code sees the status, and nothing else is answered", async () => {
  const { server, codes, url } = serve();
  const place = mkdtempSync(join(tmpdir(), "mondo-status-"));
  const jar = join(place, "jar");
  const curl = (...words: string[]) => run(["curl", "-sk", "-b", jar, "-c", jar, ...words, url]);
  try {
    assert.not.match(await curl(), /web1/);
    assert.match(await curl("-d", "code=00"), /not the code on the console/);
    await Bun.sleep(1100);
    assert.match(await curl("-L", "-d", `code=${codes[0]}`), /Restore of web1/);
    assert.match(await curl(), /Restore of web1/);
    assert.not.match(await run(["curl", "-sk", url]), /web1/, "another browser is asked");
    assert.is(codes.length, 2, "and has a code of its own");
    assert.match(await curl("-i", "-X", "PUT", "-d", "x"), /^HTTP\/1\.1 405/);
    assert.match(await run(["curl", "-ski", `${url}../../etc/passwd`]), /^HTTP\/1\.1 404/);
    // Announced, not sent: the reset of a connection with unread bytes may overtake the answer.
    assert.match(await curl("-i", "-m", "9", "-H", "Content-Length: 1000000", "-d", "code=0"), /^HTTP\/1\.1 413/);
    assert.match(await curl("-i"), /content-security-policy: default-src 'none'/i);
  } finally {
    server.stop();
    rmSync(place, { recursive: true });
  }
});

test.run();
