import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The executable under test. */
export const executable = join(import.meta.dirname, "../../dist/mondo");

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end and returns what it said. */
export function call(argv: readonly string[], cwd = "/", timeoutMs = 300_000): Outcome {
  const [command = "", ...rest] = argv;
  const result = spawnSync(command, rest, { cwd, encoding: "utf8", timeout: timeoutMs });
  return { status: result.status, out: result.stdout ?? "", err: result.stderr ?? String(result.error) };
}

/** Runs the executable. */
export const mondo = (...words: string[]): Outcome => call([executable, ...words]);

/**
 * Runs a shell script, with arguments, in a mount namespace of its own: what it mounts or hides is gone with it.
 */
export const inPrivateMounts = (script: string, ...words: readonly string[]): Outcome =>
  call(["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", ...words]);

/** Runs a command with a `/run` of its own: no lock of another backup counts. */
export const withOwnRun = (...argv: readonly string[]): Outcome =>
  inPrivateMounts('mount -t tmpfs none /run; exec "$@"', ...argv);
