import { writeSync } from "node:fs";

/** Writes all of a text to a descriptor. Waits for a full pipe; a reader that went away (EPIPE) is no error. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let done = 0;
  while (done < bytes.byteLength) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      Bun.sleepSync(5);
    }
  }
}

/** Writes to standard output, unbuffered. */
export const writeOutput = (text: string): void => writeAll(1, text);

/** Writes to standard error, unbuffered. */
export const writeError = (text: string): void => writeAll(2, text);

/** All of standard input as text. */
export const readInput = (): Promise<string> => Bun.stdin.text();

/** Standard output for the reporters. */
export const standardOutput = {
  write: writeOutput,
  nowMs: (): number => Date.now(),
  get columns(): number {
    return process.stdout.columns || 80;
  },
  get isTerminal(): boolean {
    return process.stdout.isTTY === true && process.env.TERM !== "dumb";
  },
};

/** Calls `stop` once on Ctrl-C, TERM or HUP; the returned function undoes that. */
export function onInterrupt(stop: (signal: string) => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const listeners = signals.map((signal) => [signal, () => stop(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
