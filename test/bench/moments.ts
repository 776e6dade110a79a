import { readFileSync } from "node:fs";
import type { Machine } from "../support/qemu.ts";

/** When a guest said something: seconds since its power-on, and processor seconds of its emulator until then. */
export interface Moment {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Clock ticks a second in /proc. Source: proc(5), sysconf(_SC_CLK_TCK). */
const TICKS = 100;

/** User and system time of a process; 0 when it is gone. */
export function cpuSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
}

/** Waits for what a guest says, in this order, and notes when it does. `began`: `performance.now()` at power-on. */
export async function moments<Name extends string>(
  vm: Machine,
  began: number,
  marks: Readonly<Record<Name, RegExp>>,
  timeoutMs: number,
): Promise<Readonly<Record<Name, Moment>>> {
  const seen: [string, Moment][] = [];
  for (const [name, pattern] of Object.entries<RegExp>(marks)) {
    await vm.expect(pattern, timeoutMs);
    seen.push([name, { seconds: (performance.now() - began) / 1000, cpuSeconds: cpuSecondsOf(vm.pid) }]);
  }
  return Object.fromEntries(seen) as Record<Name, Moment>;
}
