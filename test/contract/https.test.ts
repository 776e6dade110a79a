import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bash } from "../support/shell.ts";

const test = suite("web servers with certificates");
const work = mkdtempSync(join(tmpdir(), "mondo-https-"));
const at = (name: string) => join(work, name);
let server: ReturnType<typeof Bun.serve> | undefined;

/** An authority of our own, and a server's certificate for the name localhost. */
test.before(async () => {
  await bash(`cd ${work}
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 10 -subj /CN=own 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost 2>/dev/null
echo subjectAltName=DNS:localhost >names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 5 -extfile names -out server.pem 2>/dev/null`);
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: Bun.file(at("server.pem")), key: Bun.file(at("server.key")) },
    fetch: ({ url }) =>
      url.endsWith("/plain.iso")
        ? Response.redirect("http://localhost/m-1.iso")
        : new Response("hello", { status: 206, headers: { "content-range": "bytes 0-4/5" } }),
  });
});
test.after(async () => {
  await server?.stop(true);
  rmSync(work, { recursive: true, force: true });
});

const source = join(import.meta.dirname, "../../src");
const program = `
const { HttpFile } = await import("${source}/shares/http/http-file.ts");
const { fetchPart, fetchText } = await import("${source}/host/http.ts");
const { linuxHost } = await import("${source}/host/linux.ts");
const wire = { host: linuxHost(), fetchPart, fetchText, log() {} };
try {
  console.log((await HttpFile.open(wire, process.argv[1], 3)).sizeBytes);
} catch (error) {
  console.log(error.message);
}`;

/** What a process says that has the authorities of a file besides the public ones. */
async function read(name: string, authorities?: string, file = "m-1.iso"): Promise<string> {
  const child = Bun.spawn([process.execPath, "-e", program, `https://joe:secret@${name}:${server?.port}/${file}`], {
    env: { PATH: process.env.PATH ?? "", ...(authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorities }) },
    stdin: "ignore",
  });
  return (await new Response(child.stdout).text()).trim();
}

test("an authority that only the machine trusts vouches for its server", async () => {
  assert.is(await read("localhost", at("ca.pem")), "5");
});

test("a server of an unknown authority is refused in one sentence, without name and password", async () => {
  const said = await read("localhost");
  assert.match(
    said,
    /^the certificate of localhost:\d+ is signed by an authority that is not trusted here: https:\/\/localhost/,
  );
  assert.not.match(said, /secret/);
});

test("a server with a certificate that passes on to one without is refused", async () => {
  const said = await read("localhost", at("ca.pem"), "plain.iso");
  assert.match(said, /^https:\/\/localhost:\d+\/plain\.iso redirects to http:\/\/localhost\/m-1\.iso$/);
});

test("a certificate for another name is refused", async () => {
  assert.match(await read("127.0.0.1", at("ca.pem")), /^the certificate of 127\.0\.0\.1:\d+ is for another name: /);
});

test.run();
