import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NfsServer } from "./nfs-server.ts";
import { run } from "./shell.ts";

export interface VlanSwitchOptions {
  readonly directory: string;
  /** On port 1, whose frames get the tag and lose it again: an access port. It is made, with this address of /24. */
  readonly tap: { readonly name: string; readonly address: string };
  readonly vlan: number;
  /** Ports for machines, whose frames carry the tag themselves: what is called a trunk. */
  readonly trunks: readonly number[];
}

/**
 * A managed switch in a server's namespace, for as long as `work` takes, which gets the directory of its sockets. It is
 * a program of its own: it knows VLANs where the kernel beneath doesn't.
 */
export async function withVlanSwitch(
  server: NfsServer,
  { directory, tap, vlan, trunks }: VlanSwitchOptions,
  work: (socket: string) => Promise<void>,
): Promise<void> {
  const ip = (...words: string[]) => run(["ip", "-n", server.namespace, ...words]);
  mkdirSync(directory, { recursive: true });
  const [socket, commands] = [join(directory, "sockets"), join(directory, "switch.rc")];
  const ports = trunks.flatMap((port) => [`port/create ${port}`, `vlan/addport ${vlan} ${port}`]);
  writeFileSync(commands, [`vlan/create ${vlan}`, `port/setvlan 1 ${vlan}`, ...ports, ""].join("\n"));
  await ip("tuntap", "add", tap.name, "mode", "tap");
  // It ends with its standard input.
  const script = `tail -f /dev/null | vde_switch --sock ${socket} --tap ${tap.name} --rcfile ${commands}`;
  const argv = ["unshare", "--pid", "--fork", "--kill-child", "bash", "-c", script];
  const child = server.startInside(argv, join(directory, "switch.log"));
  try {
    await ip("address", "add", `${tap.address}/24`, "dev", tap.name);
    await ip("link", "set", tap.name, "up");
    for (let tries = 0; !existsSync(join(socket, "ctl")) && tries < 100; tries += 1) await Bun.sleep(100);
    await work(socket);
  } finally {
    child.kill("SIGKILL");
  }
}
