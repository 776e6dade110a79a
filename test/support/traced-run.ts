import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A system call of a program, as strace saw it. */
export interface TracedCall {
  readonly name: string;
  /** Of a file that it works on, or its first path. */
  readonly path: string;
  /** The names among its arguments. */
  readonly names: readonly string[];
  /** Which one of its kind it is of its thread and for the files that were watched, from 1: as strace counts. */
  readonly number: number;
  /** What it returned. */
  readonly result: number;
  /** Its last argument: of pwrite64 the offset. */
  readonly last: number;
}

export interface TraceWish {
  readonly calls: readonly string[];
  /** Only calls on these files; all when absent. */
  readonly paths?: readonly string[];
  /** What is done to one of them: `fsync:signal=KILL:when=2`. */
  readonly inject?: string;
}

/** Whether programs can be traced here. */
export function canTrace(): boolean {
  return spawnSync("strace", ["-f", "-qq", "-o", "/dev/null", "true"]).status === 0;
}

/** Runs a program under strace. */
export function traced(argv: readonly string[], { calls, paths = [], inject }: TraceWish) {
  const directory = mkdtempSync(join(tmpdir(), "mondo-trace-"));
  const file = join(directory, "trace");
  const words = [
    // A signal comes late with it.
    ...(inject?.includes("signal=") ? [] : ["--seccomp-bpf"]),
    ...["-f", "-qq", "-y", "-s", "0", "-o", file, "-e", `trace=${calls.join(",")}`],
    ...paths.flatMap((path) => ["-P", path]),
    ...(inject === undefined ? [] : ["-e", `inject=${inject}`]),
  ];
  try {
    const { status, signal, stdout, stderr } = spawnSync("strace", [...words, "--", ...argv], { encoding: "utf8" });
    return { status, signal, stdout, stderr, calls: existsSync(file) ? callsIn(readFileSync(file, "utf8")) : [] };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function callsIn(trace: string): TracedCall[] {
  const counts = new Map<string, number>();
  return trace.split("\n").flatMap((line) => {
    const [, process = "", name, args, result] = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/.exec(line) ?? [];
    if (name === undefined || args === undefined) return [];
    const key = `${process} ${name}`;
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    const path = /^\d+<([^>]*)>/.exec(args)?.[1] ?? /"([^"]*)"/.exec(args)?.[1] ?? "";
    const names = [...args.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
    return [{ name, path, names, number, result: Number(result), last: Number(/(\d+)$/.exec(args)?.[1] ?? 0) }];
  });
}
