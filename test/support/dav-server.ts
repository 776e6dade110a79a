import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./shell.ts";

const MODULES = "/usr/lib/apache2/modules";
const NAMES = [
  ...["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest"],
  ...["dav", "dav_fs", "ssl", "socache_shmcb"],
];

/** Whether there is one here. */
export const hasDavServer = (): boolean => Bun.which("apache2") !== null && existsSync(`${MODULES}/mod_dav_fs.so`);

const configurationOf = (base: string, kind: "basic" | "digest" | "tls") => `
ServerRoot ${base}
ServerName localhost
PidFile ${base}/apache.pid
ErrorLog ${base}/apache.log
User www-data
Group www-data
${NAMES.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
Listen 127.0.0.1:${kind === "tls" ? 443 : 80}
${kind === "tls" ? `SSLEngine on\nSSLCertificateFile ${base}/server.pem\nSSLCertificateKeyFile ${base}/server.key` : ""}
DocumentRoot ${base}/root
DavLockDB ${base}/locks/db
<Location />
  Dav On
  AuthName store
  AuthType ${kind === "basic" ? "Basic" : "Digest"}
  AuthUserFile ${base}/users-${kind === "basic" ? "basic" : "digest"}
  Require valid-user
</Location>
`;

/** The one who may log in, as a file for --credentials has it. */
export const DAV_LOGIN = "username=joe\npassword=a b%c\n";

/** The user of Debian's Apache. */
const WWW_DATA = 33;

/** Makes the configurations BASE/basic, BASE/digest and BASE/tls, which `apache2 -f` is started with. */
async function prepare(base: string): Promise<void> {
  const at = (name: string) => join(base, name);
  for (const directory of [at("root"), at("locks")]) mkdirSync(directory, { recursive: true });
  for (const name of ["basic", "digest", "tls"] as const) writeFileSync(at(name), configurationOf(base, name));
  const hash = (await run(["openssl", "passwd", "-apr1", "a b%c"])).trim();
  writeFileSync(at("users-basic"), `joe:${hash}\n`);
  writeFileSync(at("users-digest"), `joe:store:${createHash("md5").update("joe:store:a b%c").digest("hex")}\n`);
}

/**
 * For namespaces of its own (network, mounts, processes): a real WebDAV server on this machine, with a user joe whose
 * password is `a b%c`, on a file system of 96 MiB, BASE/root. `apache2 -f BASE/KIND -k start` starts it again. By TLS
 * it has the certificate BASE/server.pem for localhost, which is trusted where TRUST is in the environment.
 */
export async function startDavServer(base: string, kind: "basic" | "digest" | "tls"): Promise<void> {
  const at = (name: string) => join(base, name);
  await prepare(base);
  await run(["ip", "link", "set", "lo", "up"]);
  await run(["mount", "-t", "tmpfs", "none", "/run"]);
  for (const [name, size] of [
    ["root", "96M"],
    ["locks", "1M"],
  ] as const) {
    await run([
      "mount",
      "-t",
      "tmpfs",
      "-o",
      `size=${size},uid=${WWW_DATA},gid=${WWW_DATA},mode=755`,
      "none",
      at(name),
    ]);
  }
  if (process.env.TRUST) await run(["mount", "--bind", at("server.pem"), "/etc/ssl/certs/ca-certificates.crt"]);
  await run(["apache2", "-f", at(kind), "-k", "start"]);
}

/** The same for a directory BASE/root, whatever fits there, until it is killed: bun test/support/dav-server.ts BASE */
if (import.meta.main) {
  const [base = ""] = process.argv.slice(2);
  await prepare(base);
  for (const name of ["root", "locks"]) chownSync(join(base, name), WWW_DATA, WWW_DATA);
  await run(["mount", "-t", "tmpfs", "none", "/run"]);
  const server = Bun.spawn(["apache2", "-f", join(base, "digest"), "-D", "FOREGROUND"], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exit(await server.exited);
}
