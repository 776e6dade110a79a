import { readdirSync, readFileSync } from "node:fs";

/** What one run of a command cost. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time of the command and all that it waited for. */
  readonly cpuSeconds: number;
  /**
   * Most resident memory that the command and its descendants held together, looked at every 25 ms (ru_maxrss has our
   * own in it).
   */
  readonly peakBytes: number;
}

const PAGE = 4096;

function children(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE;
  } catch {
    return 0;
  }
}

function treeBytes(pid: number): number {
  return children(pid).reduce((sum, child) => sum + treeBytes(child), residentBytes(pid));
}

export interface MeasureOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a bash script to its end and measures it. Throws with the end of its output when it fails. */
export async function measure(script: string, options: MeasureOptions = {}): Promise<Cost> {
  const started = performance.now();
  const child = Bun.spawn(["bash", "-c", `set -euo pipefail\n${script}`], {
    cwd: "/",
    env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, treeBytes(child.pid));
  }, 25);
  const texts = Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  const wallSeconds = (performance.now() - started) / 1000;
  clearInterval(timer);
  const usage = child.resourceUsage();
  const output = (await texts).join("").trimEnd();
  if (code !== 0) {
    throw new Error(`${script}\nended with ${code}:\n${output.split("\n").slice(-20).join("\n")}`);
  }
  const cpuSeconds = Number(usage?.cpuTime.total ?? 0) / 1e6;
  return { wallSeconds, cpuSeconds, peakBytes };
}

/** The middle of some figures; the mean of the two middle ones when they are even in number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error("median() of nothing");
  return (low + high) / 2;
}

/** Medians of the figures of several runs. */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    wallSeconds: median(costs.map((cost) => cost.wallSeconds)),
    cpuSeconds: median(costs.map((cost) => cost.cpuSeconds)),
    peakBytes: median(costs.map((cost) => cost.peakBytes)),
  };
}

/**
 * Run by run, how many times the reference's figure fits into the other's; of these the median. A drift of the machine
 * cancels out.
 */
export function medianRatio(costs: readonly Cost[], reference: readonly Cost[], figure: keyof Cost): number {
  return median(costs.flatMap((cost, i) => (reference[i] ? [cost[figure] / reference[i][figure]] : [])));
}
