import { readFileSync } from "node:fs";
import { bytesOfText, textOfBytes } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Command, CommandResult } from "./host.ts";
import { memoryFile } from "./memory-file.ts";
import { spawnSession, waitFor } from "./spawn.ts";
import { closeFd } from "./syscalls.ts";

const POLL_MS = 5;

/** Time for a command to end when it was asked to, and again when it was killed. */
export const PATIENCE_MS = 10_000;

/** How a command ended, and whether that was because its time was up. */
export interface Ended extends CommandResult {
  readonly timedOut: boolean;
}

/** A descriptor of this process as a path that its children can open. */
const pathOf = (fd: number) => `/proc/${process.pid}/fd/${fd}`;

/** Nothing ends a process that waits in the kernel for a device or server that does not answer. */
export function neverEnds(argv: readonly string[]): MondoError {
  const message = msg`${argv[0] ?? ""} was killed and does not end: it waits for a device or server that does not answer`;
  return new MondoError("tool-failed", message, {
    hint: msg`Look for errors of disks and shares in the kernel's log (dmesg).`,
    data: { argv },
  });
}

async function endOf(pid: number, { argv, timeoutMs, signal }: Command): Promise<{ code: number; timedOut: boolean }> {
  const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
  let timedOut = false;
  for (;;) {
    const ended = waitFor(pid);
    if (ended) return { code: (ended.status & 0x7f) === 0 ? (ended.status >> 8) & 0xff : 128, timedOut };
    timedOut ||= Date.now() >= until;
    if (timedOut && Date.now() >= until + PATIENCE_MS) throw neverEnds(argv);
    if (timedOut) process.kill(pid, "SIGKILL");
    else if (signal?.aborted) process.kill(pid, "SIGTERM");
    await Bun.sleep(POLL_MS);
  }
}

/**
 * Runs a command some of whose words aren't UTF-8, which `Bun.spawn` can't pass on: labels, paths. Its output is there
 * only at its end. Throws `tool-missing`.
 */
export async function runBytes(
  command: Command,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const { argv, cwd, input = "" } = command;
  const path = Bun.which(words[0] ?? "", { PATH: env.PATH ?? "" });
  if (path === null)
    throw new MondoError("tool-missing", msg`${argv[0]} is not installed or can't be started`, { data: { argv } });
  const bytes = typeof input === "string" ? bytesOfText(input) : input;
  const [stdin, stdout, stderr] = [
    memoryFile("in", bytes),
    memoryFile("out", new Uint8Array(0)),
    memoryFile("err", new Uint8Array(0)),
  ];
  try {
    const files = { inputFile: pathOf(stdin), outputFile: pathOf(stdout), errorFile: pathOf(stderr) };
    const pid = spawnSession({ path, argv: words, env, ...files, ...(cwd === undefined ? {} : { cwd }) });
    const { code, timedOut } = await endOf(pid, command);
    const text = (fd: number) => textOfBytes(readFileSync(pathOf(fd)));
    return { code, stdout: text(stdout), stderr: text(stderr), timedOut };
  } finally {
    for (const fd of [stdin, stdout, stderr]) closeFd(fd);
  }
}
