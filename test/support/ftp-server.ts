/**
 * A program for namespaces of its own (mounts, processes): bun test/support/ftp-server.ts BASE ROOT [tls]. Becomes a
 * real FTP server of joe's directory ROOT, whose password is `a b%c`; everything else of it lies below BASE. With `tls`
 * it has the certificate BASE/server.pem.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./shell.ts";

/** Who may log in. */
export const FTP_USER = { name: "joe", password: "a b%c", id: 4321 } as const;

const plain = (base: string) => `listen=YES
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
chroot_local_user=YES
allow_writeable_chroot=YES
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
local_umask=077
pam_service_name=mondo-ftp
secure_chroot_dir=${join(base, "empty")}
xferlog_enable=NO
`;
const tls = (base: string) => `${plain(base)}ssl_enable=YES
rsa_cert_file=${join(base, "server.pem")}
rsa_private_key_file=${join(base, "server.key")}
force_local_logins_ssl=YES
force_local_data_ssl=YES
require_ssl_reuse=YES
`;

/** The user is known in this mount namespace alone. */
async function addUser(base: string, root: string): Promise<void> {
  const { name, password, id } = FTP_USER;
  const hash = (await run(["openssl", "passwd", "-6", password])).trim();
  for (const [file, line] of [
    ["passwd", `${name}:x:${id}:${id}::${root}:/bin/sh`],
    ["shadow", `${name}:${hash}:19000:0:99999:7:::`],
  ] as const) {
    const changed = join(base, file);
    copyFileSync(`/etc/${file}`, changed);
    writeFileSync(changed, `${readFileSync(`/etc/${file}`, "utf8")}${line}\n`);
    chmodSync(changed, 0o600 + (file === "passwd" ? 0o44 : 0));
    await run(["mount", "--bind", changed, `/etc/${file}`]);
  }
  const services = join(base, "pam.d");
  const pam = "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n";
  mkdirSync(services, { recursive: true });
  await run(["cp", "-a", "/etc/pam.d/.", services]);
  writeFileSync(join(services, "mondo-ftp"), pam);
  await run(["mount", "--bind", services, "/etc/pam.d"]);
}

/** Makes the user and the configurations BASE/plain, BASE/tls and BASE/slow, which `vsftpd` is started with. */
async function prepare(base: string, root: string): Promise<void> {
  for (const directory of [root, join(base, "empty")]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(base, "plain"), plain(base));
  writeFileSync(join(base, "slow"), `${plain(base)}local_max_rate=8000000\n`);
  writeFileSync(join(base, "tls"), tls(base));
  await addUser(base, root);
}

/**
 * For namespaces of its own (network, mounts, processes): the same server on this machine, for a file system of 96 MiB,
 * BASE/root; `vsftpd BASE/plain &` starts it again. The certificate is trusted where TRUST is in the environment.
 */
export async function startFtpServer(base: string, configuration: "plain" | "tls" | "slow"): Promise<void> {
  const root = join(base, "root");
  mkdirSync(root, { recursive: true });
  await run(["ip", "link", "set", "lo", "up"]);
  await run(["mount", "-t", "tmpfs", "none", "/run"]);
  await run(["mount", "-t", "tmpfs", "-o", `size=96M,uid=${FTP_USER.id},gid=${FTP_USER.id},mode=755`, "none", root]);
  await prepare(base, root);
  const pem = join(base, "server.pem");
  if (process.env.TRUST) await run(["mount", "--bind", pem, "/etc/ssl/certs/ca-certificates.crt"]);
  Bun.spawn(["vsftpd", join(base, configuration)], { stdio: ["ignore", "ignore", "ignore"] });
  const wait = "for n in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/21) 2>/dev/null && exit; sleep 0.1; done";
  await run(["bash", "-c", wait]);
}

if (import.meta.main) {
  const [base = "", root = "", kind = "plain"] = process.argv.slice(2);
  await prepare(base, root);
  const server = Bun.spawn(["vsftpd", join(base, kind)], { stdio: ["ignore", "inherit", "inherit"] });
  process.exit(await server.exited);
}
