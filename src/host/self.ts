import { lookup } from "node:dns/promises";
import { commit } from "../base/program-version.ts";

/** How this program starts itself with words: the executable, or from source the runtime with `main.ts`. */
export function selfCommand(words: readonly string[]): string[] {
  return commit === "source"
    ? [process.execPath, `${import.meta.dirname}/../main.ts`, ...words]
    : [process.execPath, ...words];
}

/**
 * The first address of a host name, of the wanted family before the other, by the C library (/etc/hosts,
 * /etc/resolv.conf). Throws what it says.
 */
export async function lookUpHost(name: string, wanted: 4 | 6): Promise<string> {
  const all = await lookup(name, { all: true });
  return (all.find(({ family }) => family === wanted) ?? all[0])?.address ?? "";
}

/** Id of this process; 1 is the first of a system. */
export const processId = (): number => process.pid;

/** The processor as uname(1) names it. */
export function machineName(): string {
  const names: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
  return names[process.arch] ?? process.arch;
}

/** The executable of this program; from source, the runtime's. */
export const selfPath = (): string => process.execPath;
