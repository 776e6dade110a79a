import { lookup } from "node:dns/promises";
import { architecture } from "../base/architecture.ts";
import { commit } from "../base/program-version.ts";

/** The command line that starts this program with arguments: the executable or, unbuilt, the runtime and `main.ts`. */
export function selfCommand(words: readonly string[]): string[] {
  return commit === "source"
    ? [process.execPath, `${import.meta.dirname}/../main.ts`, ...words]
    : [process.execPath, ...words];
}

/**
 * The first address of a host name by the C library (/etc/hosts, /etc/resolv.conf), preferring one family. Throws its
 * error.
 */
export async function lookUpHost(name: string, wanted: 4 | 6): Promise<string> {
  const all = await lookup(name, { all: true });
  return (all.find(({ family }) => family === wanted) ?? all[0])?.address ?? "";
}

/**
 * Files that this process and its children make from now on are their owner's alone, whatever umask they began with.
 */
export const keepNewFilesPrivate = (): void => void process.umask(0o077);

/** Id of this process; 1 is the first process of a system. */
export const processId = (): number => process.pid;

/** The processor as uname(1) names it. */
export const machineName = (): string => architecture.machine;

/** The executable of this program; when it runs unbuilt, the runtime's. */
export const selfPath = (): string => process.execPath;
