import { bytesOfText, concatBytes, textOfBytes } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Command, CommandResult } from "./host.ts";
import { type Ended, neverEnds, PATIENCE_MS, runBytes } from "./run-bytes.ts";

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  HOME: "/root",
};

/** What a process that outlives its command has still to say is not waited for longer. */
const LAST_WORDS_MS = 500;

/** What is kept of output that goes to `onLine`, and the longest line of it. */
const KEPT_BYTES = 1 << 20;

/**
 * Reads a stream to its end, or until `over`, and reports each line; a CR (progress of tools) ends a line, too. Of what
 * is reported only the end is returned.
 */
async function drain(
  stream: ReadableStream<Uint8Array> | null,
  onLine?: (line: string) => void,
  over?: Promise<unknown>,
): Promise<string> {
  if (!stream) return "";
  const decoder = new TextDecoder();
  const all: Uint8Array[] = [];
  let [pending, kept] = ["", 0];
  const reader = stream.getReader();
  void over?.then(() => reader.cancel());
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    all.push(value);
    if (!onLine) continue;
    for (kept += value.byteLength; kept > KEPT_BYTES && all.length > 1; ) kept -= all.shift()?.byteLength ?? 0;
    const lines = (pending + decoder.decode(value, { stream: true })).split(/[\r\n]+/);
    if ((lines.at(-1)?.length ?? 0) > KEPT_BYTES) lines.push("");
    pending = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
  }
  if (onLine && pending !== "") onLine(pending);
  return textOfBytes(concatBytes(all));
}

/** The last lines of a tool's output before any help text, for an error message. */
function tail(text: string, lines = 3): string {
  const complaint = text.trim().replace(/\n\s*usage:[\s\S]*$/i, "");
  return complaint.split("\n").slice(-lines).join("; ");
}

function notStarted(argv: readonly string[], cause?: unknown): MondoError {
  const message = msg`${argv[0] ?? ""} is not installed or can't be started`;
  return new MondoError("tool-missing", message, { data: { argv }, cause });
}

async function runText(command: Command, words: string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const { argv } = command;
  const terminal = command.terminal === true;
  const child = (() => {
    try {
      return Bun.spawn(words, {
        env: { ...env },
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        stdin: terminal
          ? "inherit"
          : command.input === undefined
            ? "ignore"
            : Buffer.from(typeof command.input === "string" ? bytesOfText(command.input) : command.input),
        stdout: terminal ? "inherit" : "pipe",
        stderr: terminal ? "inherit" : "pipe",
        detached: command.ownSession === true,
      });
    } catch (cause) {
      throw notStarted(argv, cause);
    }
  })();
  const end = (signal: "SIGTERM" | "SIGKILL") => {
    if (command.ownSession !== true) return child.kill(signal);
    try {
      process.kill(-child.pid, signal);
    } catch {
      // All of them have ended.
    }
  };
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const later = (ms: number, work: () => void) => void timers.add(setTimeout(work, ms));
  const stuck = Promise.withResolvers<never>();
  const kill = () => {
    end("SIGKILL");
    later(PATIENCE_MS, () => {
      child.unref();
      stuck.reject(neverEnds(argv));
    });
  };
  const abort = () => {
    end("SIGTERM");
    if (command.ownSession === true) later(PATIENCE_MS, kill);
  };
  let timedOut = false;
  if (command.timeoutMs !== undefined) {
    later(command.timeoutMs, () => {
      timedOut = true;
      kill();
    });
  }
  command.signal?.addEventListener("abort", abort);
  if (command.signal?.aborted) abort();
  const over = command.ownSession === true ? child.exited.then(() => Bun.sleep(LAST_WORDS_MS)) : undefined;
  const ended = Promise.all([
    drain(terminal ? null : (child.stdout as ReadableStream<Uint8Array>), command.onLine, over),
    drain(terminal ? null : (child.stderr as ReadableStream<Uint8Array>), command.onLine, over),
    child.exited,
  ]);
  try {
    const [stdout, stderr, code] = await Promise.race([ended, stuck.promise]);
    return { code, stdout, stderr, timedOut };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    command.signal?.removeEventListener("abort", abort);
  }
}

/**
 * Runs one command to its end. Throws `tool-missing` when it can't start, `tool-failed` when it fails or takes too
 * long.
 */
export async function runCommand(command: Command): Promise<CommandResult> {
  const { argv, chroot } = command;
  const words = chroot === undefined ? [...argv] : ["chroot", chroot, ...argv];
  const name = argv[0] ?? "";
  const env = { ...ENVIRONMENT, TERM: process.env.TERM ?? "linux", ...command.env };
  const { code, stdout, stderr, timedOut } = words.every((word) => word.isWellFormed())
    ? await runText(command, words, env)
    : await runBytes(command, words, env);
  command.signal?.throwIfAborted();
  const accept = command.accept ?? [0];
  if (timedOut) {
    throw new MondoError(
      "tool-failed",
      msg`${name} did not finish within ${(command.timeoutMs ?? 0) / 1000} s and was ended`,
      { data: { argv, stdout, stderr, timedOut: true } },
    );
  }
  if (accept !== "any" && !accept.includes(code)) {
    throw new MondoError(
      "tool-failed",
      msg`${name} failed with exit code ${code}: ${tail(stderr) || tail(stdout) || msg`no output`}`,
      {
        data: { argv, code, stdout, stderr },
      },
    );
  }
  return { code, stdout, stderr };
}
