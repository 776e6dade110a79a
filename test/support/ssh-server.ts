import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./shell.ts";

/** Takes a part of what comes; then the connection is killed, when and as long as a file says so. */
const breakingCat = (flag: string) => `#!/bin/sh
if [ -e ${flag} ]; then
  rm ${flag}
  head -c 1000000
  /usr/bin/pkill -KILL -u 4321 sshd
fi
exec /usr/bin/busybox cat
`;

/** Who logs in: joe, with a shell. */
const JOE = 4321;

type Tools = "plain" | "busybox" | "breaking";

/** Makes keys and BASE/sshd_config; BASE/key lets joe in. */
async function prepare(base: string, tools: Tools): Promise<void> {
  const at = (name: string) => join(base, name);
  mkdirSync(at("root"), { recursive: true });
  for (const key of ["host", "key", "other"]) {
    await run(["bash", "-c", `[ -e ${at(key)} ] || ssh-keygen -q -t ed25519 -N '' -f ${at(key)}`]);
  }
  mkdirSync(at("tools"), { recursive: true });
  if (tools !== "plain") await run(["busybox", "--install", "-s", at("tools")]);
  if (tools === "breaking") {
    rmSync(at("tools/cat"));
    writeFileSync(at("tools/cat"), breakingCat(at("root/break")), { mode: 0o755 });
  }
  writeFileSync(
    at("sshd_config"),
    [
      ...["ListenAddress 127.0.0.1", `HostKey ${at("host")}`, `AuthorizedKeysFile ${at("key.pub")}`, "StrictModes no"],
      ...["UsePAM no", "PasswordAuthentication no", "PidFile none", "MaxStartups 100"],
      ...(tools !== "plain" ? [`SetEnv PATH=${at("tools")}`] : []),
    ].join("\n"),
  );
}

/** In a namespace of mounts: what sshd needs, and its user. */
async function addUser(base: string): Promise<void> {
  const at = (name: string) => join(base, name);
  await run(["mount", "-t", "tmpfs", "none", "/run"]);
  mkdirSync("/run/sshd");
  for (const [file, line] of [
    ["passwd", `joe:x:${JOE}:${JOE}::${at("root")}:/bin/sh`],
    ["shadow", "joe:*:19000:0:99999:7:::"],
  ] as const) {
    copyFileSync(`/etc/${file}`, at(file));
    writeFileSync(at(file), `${readFileSync(`/etc/${file}`, "utf8")}${line}\n`);
    chmodSync(at(file), file === "passwd" ? 0o644 : 0o600);
    await run(["mount", "--bind", at(file), `/etc/${file}`]);
  }
}

/**
 * For namespaces of its own (network, mounts, processes): an SSH server on this machine that offers no SFTP, with a
 * user joe whose shell is /bin/sh, and whose home is BASE/root, a file system of 96 MiB. BASE/key lets him in. With
 * `busybox` his tools are those of a small device; with `breaking` a connection breaks in the middle of a file, too,
 * once BASE/root/break is there.
 */
export async function startSshServer(base: string, tools: Tools): Promise<void> {
  await prepare(base, tools);
  await run(["ip", "link", "set", "lo", "up"]);
  await addUser(base);
  const root = join(base, "root");
  await run(["mount", "-t", "tmpfs", "-o", `size=96M,uid=${JOE},gid=${JOE},mode=755`, "none", root]);
  await run(["/usr/sbin/sshd", "-f", join(base, "sshd_config")]);
}

/** The same for a directory BASE/root, whatever fits there, until it is killed: bun test/support/ssh-server.ts BASE */
if (import.meta.main) {
  const [base = ""] = process.argv.slice(2);
  await prepare(base, "plain");
  chownSync(join(base, "root"), JOE, JOE);
  await addUser(base);
  const server = Bun.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", join(base, "sshd_config")], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exit(await server.exited);
}
