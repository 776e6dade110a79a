import { writeSync } from "node:fs";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: msg`no space left`,
  EIO: msg`input/output error`,
  EBADF: msg`it is closed`,
};

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
      if (code !== "EAGAIN") throw outputError(code, error);
      Bun.sleepSync(5);
    }
  }
}

function outputError(code: string | undefined, cause: unknown): MondoError {
  const reason = reasons[code ?? ""] ?? messageOf(cause);
  return new MondoError(
    code === "ENOSPC" ? "no-space" : "system",
    msg`standard output can't be written to: ${reason}`,
    {
      hint: msg`What is missing there was not lost elsewhere: run it again with another output.`,
      cause,
    },
  );
}

/** What was asked for, to standard output, at once and in order. Throws when it can't be written. */
export const writeOutput = (text: string): void => writeAll(1, text);

/** What goes on meanwhile: a terminal that went away, or a full disk behind standard output, doesn't end the work. */
function writeMessage(fd: number, text: string): void {
  try {
    writeAll(fd, text);
  } catch {
    // There is nobody to say it to.
  }
}

/** Standard error. */
export const writeError = (text: string): void => writeMessage(2, text);

/** All of standard input as text. */
export const readInput = (): Promise<string> => Bun.stdin.text();

/** A stream that messages go to. */
const messagesTo = (fd: 1 | 2) => {
  const stream = () => (fd === 1 ? process.stdout : process.stderr);
  return {
    write: (text: string): void => writeMessage(fd, text),
    nowMs: (): number => Date.now(),
    get columns(): number {
      return stream().columns || 80;
    },
    get isTerminal(): boolean {
      return stream().isTTY === true && process.env.TERM !== "dumb";
    },
  };
};

/** Standard output for the reporters. */
export const standardOutput = messagesTo(1);

/** Standard error for the reporters. */
export const standardError = messagesTo(2);

/** Calls `stop` on Ctrl-C, TERM or HUP; the returned function undoes that. */
export function onInterrupt(stop: (signal: string) => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const listeners = signals.map((signal) => [signal, () => stop(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
