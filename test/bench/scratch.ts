import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/shell.ts";

const SPARSE = "96G";

/** Lends a new directory, which is gone afterwards: also when the program is interrupted. */
export function withScratch<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return lent(use, () => {});
}

/**
 * Lends the root of a new ext4 with a journal, in a sparse file. One without a journal shuns the inodes of files that
 * were removed within the last minutes, and everything that makes files there is several times slower: the later an
 * archiver's turn, the slower.
 */
export function withFileSystem<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const at = (directory: string) => ({ image: join(directory, "disk"), mounted: join(directory, "work") });
  return lent(
    async (directory) => {
      const { image, mounted } = at(directory);
      mkdirSync(mounted);
      await run(["truncate", "-s", SPARSE, image]);
      await run(["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "has_journal", "-N", "8000000", image]);
      await run(["mount", "-o", "loop,discard", image, mounted]);
      return await use(mounted);
    },
    (directory) => void spawnSync("umount", [at(directory).mounted]),
  );
}

async function lent<T>(use: (directory: string) => Promise<T>, giveBack: (directory: string) => void): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "mondo-bench-"));
  const remove = () => {
    giveBack(directory);
    rmSync(directory, { recursive: true, force: true });
  };
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
