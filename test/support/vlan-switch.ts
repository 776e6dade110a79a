import { mkdirSync, writeFileSync } from "node:fs";
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
 * A managed switch in a server's namespace, as a program of its own: it knows VLANs where the kernel beneath doesn't. Returns the directory of
 * its sockets; it ends with this process.
 */
export async function startVlanSwitch(server: NfsServer, options: VlanSwitchOptions): Promise<string> {
  const { directory, tap, vlan, trunks } = options;
  const ip = (...words: string[]) => run(["ip", "-n", server.namespace, ...words]);
  mkdirSync(directory, { recursive: true });
  const [sockets, commands] = [join(directory, "sockets"), join(directory, "switch.rc")];
  const ports = trunks.flatMap((port) => [`port/create ${port}`, `vlan/addport ${vlan} ${port}`]);
  writeFileSync(commands, [`vlan/create ${vlan}`, `port/setvlan 1 ${vlan}`, ...ports, ""].join("\n"));
  const argv = ["vde_switch", "--sock", sockets, "--tap", tap.name, "--rcfile", commands];
  await ip("tuntap", "add", tap.name, "mode", "tap");
  const management = ["--mgmt", join(directory, "management")];
  server.startInside([...argv, ...management], join(directory, "switch.log"));
  await ip("address", "add", `${tap.address}/24`, "dev", tap.name);
  await ip("link", "set", tap.name, "up");
  return sockets;
}
