import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./qemu.ts";

const script = readFileSync(join(import.meta.dirname, "../vm/guest/fingerprint.sh"), "utf8");

/**
 * What a running guest is made of, as sorted lines (see `guest/fingerprint.sh`); names are kept byte by byte as latin1.
 */
export async function fingerprint(machine: Machine): Promise<string[]> {
  const { bytes } = await machine.run(script, 300_000);
  return Buffer.from(bytes).toString("latin1").trimEnd().split("\n").sort();
}

/** Lines that one has and the other has not, `-` lost and `+` new, in path order; empty means the same machine. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const old = new Set(before);
  const now = new Set(after);
  const lost = before.filter((line) => !now.has(line)).map((line) => `- ${line}`);
  const found = after.filter((line) => !old.has(line)).map((line) => `+ ${line}`);
  return [...lost, ...found].sort((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1));
}
