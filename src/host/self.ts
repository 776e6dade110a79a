import { lookup } from "node:dns/promises";
import { existsSync, readFileSync } from "node:fs";
import { commit } from "../base/version.ts";

/** How this program starts itself with words: the executable, or from source the runtime with `main.ts`. */
export function selfCommand(words: readonly string[]): string[] {
  return commit === "source"
    ? [process.execPath, `${import.meta.dirname}/../main.ts`, ...words]
    : [process.execPath, ...words];
}

/** Whether there is any way by IPv4 beyond this machine. proc(5): a heading, then a line for each route. */
function hasIpv4(): boolean {
  const routes = "/proc/net/route";
  return existsSync(routes) && readFileSync(routes, "utf8").trim().split("\n").length > 1;
}

/**
 * The first address of a host name, IPv4 before IPv6 where this machine has IPv4, by the C library (/etc/hosts, /etc/resolv.conf). Throws what it
 * says.
 */
export async function lookUpHost(name: string): Promise<string> {
  const all = await lookup(name, { all: true });
  const wanted = hasIpv4() ? 4 : 6;
  return (all.find(({ family }) => family === wanted) ?? all[0])?.address ?? "";
}

/** The executable of this program; from source, the runtime's. */
export const selfPath = (): string => process.execPath;
