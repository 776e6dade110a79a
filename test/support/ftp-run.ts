/**
 * A program for namespaces of its own (network, mounts, processes): bun test/support/ftp-run.ts BASE URL COMMAND.
 * Runs COMMAND in a directory of a real FTP server on this machine: joe's, whose password is `a b%c`, on a
 * file system of 96 MiB. BASE/plain and BASE/tls are its configurations; `vsftpd BASE/plain &` starts it again. It has
 * the certificate BASE/server.pem for localhost, which is trusted where TRUST is in the environment.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { linuxHost } from "../../src/host/linux.ts";
import type { SharePerson } from "../../src/shares/share-driver.ts";
import { parseShare } from "../../src/shares/share-words.ts";
import { prepareFtp } from "./ftp-server.ts";
import { run } from "./shell.ts";

const [base = "", url = "", command = ""] = process.argv.slice(2);
const at = (name: string) => join(base, name);
const host = linuxHost();
const root = at("root");

mkdirSync(root, { recursive: true });
await run(["ip", "link", "set", "lo", "up"]);
await run(["mount", "-t", "tmpfs", "none", "/run"]);
await run(["mount", "-t", "tmpfs", "-o", "size=96M,uid=4321,gid=4321,mode=755", "none", root]);
await prepareFtp(base, root);
if (process.env.TRUST) await run(["mount", "--bind", at("server.pem"), "/etc/ssl/certs/ca-certificates.crt"]);
Bun.spawn(["vsftpd", url.startsWith("ftps:") ? at("tls") : at("plain")], { stdio: ["ignore", "ignore", "ignore"] });
await run([
  "bash",
  "-c",
  "for n in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/21) 2>/dev/null && exit; sleep 0.1; done",
]);

const nobody = () => Promise.reject(new Error("nobody is here"));
const person: SharePerson = { confirm: async () => false, line: nobody, secret: nobody, tell: () => {} };
try {
  const mounted = await parseShare(url)?.mount({
    ...{ host, modules: { require: async () => {} }, target: "/run/mondo-share", person, tries: 3 },
    ...{ access: "read", patienceMs: 20_000, ownConfiguration: true },
    expected: "manifest.json",
  });
  const { stdout, stderr, code } = await host.run({
    argv: ["bash", "-c", command],
    cwd: "/run/mondo-share",
    env: { BASE: base, ROOT: root },
    accept: "any",
  });
  process.stdout.write(`${stdout}${stderr}status ${code}\n`);
  await mounted?.unmount();
} catch (error) {
  process.stdout.write(`refused: ${error instanceof Error ? error.message : error}\n`);
}
process.stdout.write(host.tryReadText("/run/mondo/remote.log") ?? "");
process.exit(0);
