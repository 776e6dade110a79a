import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/**
 * For namespaces of its own (network, mounts, processes): an SSH server on this machine that offers no SFTP, with a
 * user joe whose shell is /bin/sh, and whose home is BASE/root, a file system of 96 MiB. BASE/key lets him in. With
 * `busybox` his tools are those of a small device; with `breaking` a connection breaks in the middle of a file, too,
 * once BASE/root/break is there.
 */
export async function startSshServer(base: string, tools: "plain" | "busybox" | "breaking"): Promise<void> {
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
  await run(["ip", "link", "set", "lo", "up"]);
  await run(["mount", "-t", "tmpfs", "none", "/run"]);
  mkdirSync("/run/sshd");
  await run(["mount", "-t", "tmpfs", "-o", "size=96M,uid=4321,gid=4321,mode=755", "none", at("root")]);
  for (const [file, line] of [
    ["passwd", `joe:x:4321:4321::${at("root")}:/bin/sh`],
    ["shadow", "joe:*:19000:0:99999:7:::"],
  ] as const) {
    copyFileSync(`/etc/${file}`, at(file));
    writeFileSync(at(file), `${readFileSync(`/etc/${file}`, "utf8")}${line}\n`);
    chmodSync(at(file), file === "passwd" ? 0o644 : 0o600);
    await run(["mount", "--bind", at(file), `/etc/${file}`]);
  }
  await run(["/usr/sbin/sshd", "-f", at("sshd_config")]);
}
