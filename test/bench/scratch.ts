import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Lends a new directory, which is gone afterwards: also when the program is interrupted. */
export async function withScratch<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "mondo-bench-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const interrupted = (signal: string) => {
    process.stderr.write(`interrupted by ${signal}\n`);
    remove();
    process.exit(1);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupted);
  try {
    return await use(directory);
  } finally {
    remove();
    for (const signal of signals) process.off(signal, interrupted);
  }
}
