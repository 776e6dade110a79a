/**
 * JavaScriptCore compiles hot code a second time for top speed (FTL), separately in every Worker. For an archive, where
 * the kernel and the codec do the work, that costs more than it saves: restoring 1 GB in 62,000 files, 0.9 of 4.0 s
 * (Bun 1.4.5). The engine reads its options only from the environment, when it starts.
 */

import { FFIType, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { commit } from "../base/program-version.ts";
import { library } from "./library.ts";

/** Environment of a process that works on archives. */
export const ARCHIVE_ENVIRONMENT = { BUN_JSC_useFTLJIT: "0" } as const;

/** NULL-terminated addresses of strings that each end in NUL. */
function addresses(strings: Uint8Array): BigUint64Array {
  const found: number[] = [];
  for (let at = 0; at < strings.length; at = strings.indexOf(0, at) + 1) found.push(ptr(strings, at));
  return BigUint64Array.from([...found, 0], BigInt);
}

/**
 * Executes this program again in place, with ARCHIVE_ENVIRONMENT and the same arguments and open files. Returns when
 * that environment is set already, or can't be.
 */
export function restartForArchives(): void {
  const added = Object.entries(ARCHIVE_ENVIRONMENT).filter(([name]) => process.env[name] === undefined);
  if (added.length === 0 || commit === "source") return;
  try {
    const words = readFileSync("/proc/self/cmdline");
    const variables = added.map(([name, value]) => `${name}=${value}\0`).join("");
    const environment = Buffer.concat([readFileSync("/proc/self/environ"), Buffer.from(variables)]);
    const { pointer, i32 } = FFIType;
    const symbols = library("libc.so.6", { execve: { args: [pointer, pointer, pointer], returns: i32 } });
    symbols.execve(Buffer.from("/proc/self/exe\0"), addresses(words), addresses(environment));
  } catch {
    // Slower, nothing worse.
  }
}
