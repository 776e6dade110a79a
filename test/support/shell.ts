import { spawn } from "node:child_process";

/** What a finished command said. */
export interface Finished {
  readonly exitCode: number;
  readonly output: string;
}

export interface RunOptions {
  /** Written to the command's standard input. */
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  /** Added to the environment (LC_ALL=C is always set). */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command and returns its exit code and mixed output; kills it by SIGKILL after `timeoutMs` (10 minutes). */
export function attempt(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [command = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { env: { ...process.env, LC_ALL: "C", ...options.env } });
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 600_000);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks).toString("utf8");
      resolve({ exitCode: code ?? 128, output: signal === null ? output : `${output}\n(ended by ${signal})` });
    });
    child.stdin.end(options.input ?? "");
  });
}

/** Runs a command that must succeed and returns its mixed output; throws with the last lines of it otherwise. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, output } = await attempt(argv, options);
  if (exitCode === 0) return output;
  const tail = output.trimEnd().split("\n").slice(-30).join("\n");
  throw new Error(`${argv.join(" ").slice(0, 300)} ended with ${exitCode}:\n${tail}`);
}

/** Runs a bash script (`set -euo pipefail`) that must succeed and returns its mixed output. */
export function bash(script: string, options: RunOptions = {}): Promise<string> {
  return run(["bash", "-c", `set -euo pipefail\n${script}`], options);
}
