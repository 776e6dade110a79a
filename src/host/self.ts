import { lookup } from "node:dns/promises";
import { commit } from "../base/version.ts";

/** How this program starts itself with words: the executable, or from source the runtime with `main.ts`. */
export function selfCommand(words: readonly string[]): string[] {
  return commit === "source"
    ? [process.execPath, `${import.meta.dirname}/../main.ts`, ...words]
    : [process.execPath, ...words];
}

/** The first IPv4 address of a host name, by the C library (/etc/hosts, /etc/resolv.conf). Throws what it says. */
export async function lookUpHost(name: string): Promise<string> {
  return (await lookup(name, { family: 4 })).address;
}
