import type { ChildProcess } from "node:child_process";
import { join } from "node:path";

import type { ScenarioContext } from "../vm/scenario.ts";
import { executable } from "./mondo.ts";
import { withServer } from "./network-lab.ts";
import type { NfsServer } from "./nfs-server.ts";
import type { Machine } from "./qemu.ts";
import { attempt, run } from "./shell.ts";

/** The bridge's end of a network with DHCP from `mondo pxe --serve`. */
export const BRIDGE = {
  name: "br0",
  address: "10.77.0.1",
  taps: ["tap0", "tap1"],
  range: "10.77.0.100,10.77.0.150",
} as const;

/** A tree made by the executable, below /tmp: the TFTP server has no rights and can't enter a closed directory. */
export async function makeTree({ directory }: ScenarioContext, words: readonly string[]): Promise<string> {
  const tree = join(directory, "tree");
  await run([executable, "pxe", "--out", tree, ...words]);
  return tree;
}

/** An NFS server with a bridge and its taps. */
export const withBridge = (
  context: ScenarioContext,
  images: Readonly<Record<string, string>>,
  work: (server: NfsServer) => Promise<void>,
) =>
  withServer(context, 4, images, async (server) => {
    await server.addBridge(BRIDGE.name, BRIDGE.address, BRIDGE.taps);
    await work(server);
  });

/** What serves until ^C, for as long as `work` takes; ^C must end it with status 0. */
export async function whileServing(child: ChildProcess, work: () => Promise<void>): Promise<void> {
  const stop = async () => {
    child.kill("SIGINT");
    for (let tries = 0; child.exitCode === null && tries < 100; tries += 1) await Bun.sleep(100);
    return child.exitCode;
  };
  try {
    await work();
    if (child.exitCode !== null) throw new Error(`mondo pxe --serve ended with ${child.exitCode}`);
  } catch (error) {
    await stop();
    throw error;
  }
  const status = await stop();
  if (status !== 0) throw new Error(`after ^C, mondo pxe --serve ended with ${status}`);
}

/** `mondo pxe --serve` as the DHCP server of a bridge, for as long as `work` takes. */
export function withServing(
  server: NfsServer,
  directory: string,
  tree: string,
  work: () => Promise<void>,
  more: readonly string[] = ["--range", BRIDGE.range],
): Promise<void> {
  const argv = [executable, "pxe", "--serve", "--out", tree, "--interface", BRIDGE.name, ...more];
  return whileServing(server.startInside(argv, join(directory, "serve.log")), work);
}

/** Types a label, and further words, at pxelinux's prompt. */
export async function typeLabel(vm: Machine, line: string): Promise<void> {
  await vm.expect(/boot: /, 180_000);
  await Bun.sleep(1000);
  vm.serial.send(`${line}\r`);
}

/** Where a DHCP server is, and what it lends. */
export interface ForeignDhcp {
  readonly bridge: string;
  readonly address: string;
  readonly range: string;
}

/** A DHCP server that knows nothing of ours, on another host of the bridge. */
export async function withForeignDhcp(
  server: NfsServer,
  log: string,
  work: () => Promise<void>,
  { bridge, address, range }: ForeignDhcp = { bridge: BRIDGE.name, address: "10.77.0.2", range: BRIDGE.range },
): Promise<void> {
  const { namespace } = server;
  const other = `${namespace}-dhcp`;
  const inside = ["ip", "-n", other];
  await attempt(["ip", "netns", "delete", other]);
  await run(["ip", "netns", "add", other]);
  try {
    await run(["ip", "-n", namespace, "link", "add", "leg0", "type", "veth", "peer", "name", "leg1", "netns", other]);
    await run(["ip", "-n", namespace, "link", "set", "leg0", "master", bridge, "up"]);
    await run([...inside, "address", "add", `${address}/24`, "dev", "leg1"]);
    await run([...inside, "link", "set", "leg1", "up"]);
    const options = ["--keep-in-foreground", "--port=0", "--interface=leg1", "--bind-interfaces", "--leasefile-ro"];
    const argv = ["dnsmasq", ...options, "--conf-file=/dev/null", `--dhcp-range=${range}`, "--user=root"];
    const child = server.startInside(["ip", "netns", "exec", other, ...argv], log);
    await work().finally(() => child.kill("SIGKILL"));
  } finally {
    await attempt(["ip", "netns", "delete", other]);
  }
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  " ": ["spc"],
  _: ["shift", "minus"],
  "=": ["equal"],
  ",": ["comma"],
};

/** Types a line on the keyboard. */
export async function typeOnKeyboard(vm: Machine, line: string): Promise<void> {
  for (const char of line) {
    const names = KEYS[char] ?? (/[A-Z]/.test(char) ? ["shift", char.toLowerCase()] : [char]);
    await vm.qmp.execute("send-key", { keys: names.map((data) => ({ type: "qcode", data })) });
    await Bun.sleep(150);
  }
  await vm.pressKeys("ret");
}
