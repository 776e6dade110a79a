import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { choose } from "../vm/rescue.vm.ts";
import type { ScenarioContext } from "../vm/scenario.ts";
import { NfsServer, type NfsServerOptions } from "./nfs-server.ts";
import type { Machine } from "./qemu.ts";
import { attempt } from "./shell.ts";

/** QEMU's user network: the server's end, and an address for a card. */
export const SERVER = "10.0.2.2";
export const STATIC = `10.0.2.20:255.255.255.0:10.0.2.255:${SERVER}`;

/** A program: the web server of a directory. */
export const webServer = fileURLToPath(new URL("./web-server.ts", import.meta.url));

/** A program: the object store of a directory. */
export const s3Server = fileURLToPath(new URL("./s3-server.ts", import.meta.url));

/** Before the argv of a server: its mounts and processes end with its first one. */
export const INSIDE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"] as const;

/** Waits until something listens on a port of the server's loopback. */
export async function listens({ namespace }: NfsServer, port: number): Promise<void> {
  const wait = `for n in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && exit; sleep 0.1; done; exit 1`;
  const { exitCode } = await attempt(["ip", "netns", "exec", namespace, "bash", "-c", wait]);
  if (exitCode !== 0) throw new Error(`nothing listens on port ${port}`);
}

/** A server that exports a directory with the images given, for as long as `work` takes. */
export async function withServer(
  { directory }: ScenarioContext,
  version: 3 | 4,
  images: Readonly<Record<string, string>>,
  work: (server: NfsServer) => Promise<void>,
  more: Partial<NfsServerOptions> = {},
): Promise<void> {
  const exported = join(directory, "export");
  mkdirSync(exported, { recursive: true });
  for (const [name, file] of Object.entries(images)) copyFileSync(file, join(exported, name));
  const server = await NfsServer.start({ directory: join(directory, "nfs"), exported, version, ...more });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

/** Types other values into the questions of the menu entry "edit"; an empty one keeps what is there. */
export async function edit(vm: Machine, nfsMount: string, prefix: string, ipconf = ""): Promise<void> {
  await choose(vm, "edit", /ipconf .*: /);
  await choose(vm, ipconf, /nfsmount .*: /);
  await choose(vm, nfsMount, /prefix .*: /);
  vm.serial.send(`${prefix}\r`);
}
