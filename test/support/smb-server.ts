import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NfsServer } from "./nfs-server.ts";
import { run } from "./shell.ts";

/** Who may read the share. */
export const SMB_USER = { name: "root", password: "a,b c=d" } as const;

/** smb.conf(5) of a server that keeps all of its own in `state` and gives `shared` as the share `backup`. */
export const smbConfiguration = (state: string, shared: string): string => `[global]
workgroup = TEST
server role = standalone server
map to guest = never
${["private", "state", "cache", "lock", "pid"].map((what) => `${what} directory = ${state}`).join("\n")}
ncalrpc dir = ${state}/rpc
passdb backend = smbpasswd
smb passwd file = ${state}/smbpasswd
disable spoolss = yes
load printers = no
[backup]
path = ${shared}
read only = no
`;

/**
 * A real Samba in the namespace of another server, with `shared` as the share `backup`; its first process ends all of
 * it.
 */
export async function startSmb(beside: NfsServer, directory: string, shared: string): Promise<ChildProcess> {
  const file = join(directory, "smb.conf");
  const state = join(directory, "smb");
  mkdirSync(join(state, "rpc"), { recursive: true });
  writeFileSync(file, smbConfiguration(state, shared));
  const twice = `${SMB_USER.password}\n${SMB_USER.password}\n`;
  await run(["smbpasswd", "-c", file, "-L", "-s", "-a", SMB_USER.name], { input: twice });
  const inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return beside.startInside([...inside, "smbd", "-F", "--no-process-group", "-s", file], join(directory, "smbd.log"));
}
