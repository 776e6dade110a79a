/**
 * A program for namespaces of its own: bun test/support/ftp-run.ts BASE URL COMMAND. Runs COMMAND in a directory of
 * joe's on the server of `startFtpServer`.
 */
import { linuxHost } from "../../src/host/linux.ts";
import type { SharePerson } from "../../src/shares/share-driver.ts";
import { parseShare } from "../../src/shares/share-words.ts";
import { startFtpServer } from "./ftp-server.ts";

const [base = "", url = "", command = ""] = process.argv.slice(2);
const host = linuxHost();
const root = `${base}/root`;

await startFtpServer(base, url.startsWith("ftps:") ? "tls" : "plain");

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
