/**
 * Children without Bun: `posix_spawn` and `waitpid`. PID 1 must reap every process of the machine with `waitpid(-1)`,
 * which would steal the statuses that `Bun.spawn` waits for; and only `posix_spawn` opens a terminal as the
 * *controlling* one.
 */

import { FFIType, ptr } from "bun:ffi";
import { msg } from "../base/message.ts";
import { library } from "./library.ts";
import { c, cPath, systemError } from "./syscalls.ts";

const { i32, ptr: pointer } = FFIType;

const spawnCalls = library("libc.so.6", {
  posix_spawn: { args: [pointer, pointer, pointer, pointer, pointer, pointer], returns: i32 },
  posix_spawn_file_actions_init: { args: [pointer], returns: i32 },
  posix_spawn_file_actions_destroy: { args: [pointer], returns: i32 },
  posix_spawn_file_actions_addopen: { args: [pointer, i32, pointer, i32, FFIType.u32], returns: i32 },
  posix_spawn_file_actions_adddup2: { args: [pointer, i32, i32], returns: i32 },
  posix_spawnattr_init: { args: [pointer], returns: i32 },
  posix_spawnattr_destroy: { args: [pointer], returns: i32 },
  posix_spawnattr_setflags: { args: [pointer, FFIType.i16], returns: i32 },
  posix_spawnattr_setsigmask: { args: [pointer, pointer], returns: i32 },
  posix_spawnattr_setsigdefault: { args: [pointer, pointer], returns: i32 },
});

/** Sizes of the opaque structs, with reserve (glibc: 80 and 336 bytes on 64-bit machines). Source: spawn.h. */
const ACTIONS_BYTES = 256;
const ATTRIBUTES_BYTES = 1024;
const SIGNAL_SET_BYTES = 128;
const SPAWN_FLAGS = { signalDefaults: 0x04, signalMask: 0x08, newSession: 0x80 } as const;
const OPEN_READ_WRITE = 2;
const OPEN_LOG = 0o1 | 0o100 | 0o2000;

/** A process to start in a session of its own. */
export interface SessionCommand {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A terminal that becomes standard input and output and the session's controlling terminal. */
  readonly terminal?: string;
  /** Without a terminal: standard output and error are appended to this file; standard input is /dev/null. */
  readonly outputFile?: string;
  /** Without a terminal: standard error goes here. Default: where standard output does. */
  readonly errorFile?: string;
  /** Without a terminal: standard input. Default: /dev/null. */
  readonly inputFile?: string;
}

/** A NULL-terminated array of C strings; the parts must stay reachable while the pointer is used. */
function stringArray(strings: readonly string[]): { readonly pointers: BigUint64Array; readonly parts: Uint8Array[] } {
  const parts = strings.map((text) => cPath(text));
  const pointers = new BigUint64Array(parts.length + 1);
  parts.forEach((part, index) => {
    pointers[index] = BigInt(ptr(part));
  });
  return { pointers, parts };
}

function describeFiles(actions: Uint8Array, command: SessionCommand): Uint8Array[] {
  const kept: Uint8Array[] = [];
  const path = (text: string) => {
    const bytes = cPath(text);
    kept.push(bytes);
    return ptr(bytes);
  };
  const at = ptr(actions);
  const [input, output] =
    command.terminal === undefined
      ? [command.inputFile ?? "/dev/null", command.outputFile ?? "/dev/null"]
      : [command.terminal, undefined];
  spawnCalls.posix_spawn_file_actions_addopen(at, 0, path(input), OPEN_READ_WRITE, 0);
  if (output === undefined) spawnCalls.posix_spawn_file_actions_adddup2(at, 0, 1);
  else spawnCalls.posix_spawn_file_actions_addopen(at, 1, path(output), OPEN_LOG, 0o600);
  if (output === undefined || command.errorFile === undefined) spawnCalls.posix_spawn_file_actions_adddup2(at, 1, 2);
  else spawnCalls.posix_spawn_file_actions_addopen(at, 2, path(command.errorFile), OPEN_LOG, 0o600);
  return kept;
}

/** Goes there meanwhile: posix_spawn_file_actions_addchdir_np came with glibc 2.29. */
function inDirectory(cwd: string | undefined, start: () => number): number {
  if (cwd === undefined) return start();
  const before = process.cwd();
  process.chdir(cwd);
  try {
    return start();
  } finally {
    process.chdir(before);
  }
}

/**
 * Starts a process in a new session with default signals and only descriptors 0–2; returns its pid. The caller waits
 * with `waitFor`. A terminal opened by a session leader without one becomes its controlling terminal (never
 * /dev/console).
 */
export function spawnSession(command: SessionCommand): number {
  const actions = new Uint8Array(ACTIONS_BYTES);
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  spawnCalls.posix_spawn_file_actions_init(ptr(actions));
  spawnCalls.posix_spawnattr_init(ptr(attributes));
  try {
    const kept = describeFiles(actions, command);
    const [none, all] = [new Uint8Array(SIGNAL_SET_BYTES), new Uint8Array(SIGNAL_SET_BYTES).fill(0xff)];
    const flags = SPAWN_FLAGS.signalDefaults | SPAWN_FLAGS.signalMask | SPAWN_FLAGS.newSession;
    spawnCalls.posix_spawnattr_setflags(ptr(attributes), flags);
    spawnCalls.posix_spawnattr_setsigmask(ptr(attributes), ptr(none));
    spawnCalls.posix_spawnattr_setsigdefault(ptr(attributes), ptr(all));
    const [argv, env] = [
      stringArray(command.argv),
      stringArray(Object.entries(command.env).map(([name, value]) => `${name}=${value}`)),
    ];
    const [path, pid] = [cPath(command.path), new Int32Array(1)];
    const failure = inDirectory(command.cwd, () =>
      spawnCalls.posix_spawn(ptr(pid), ptr(path), ptr(actions), ptr(attributes), ptr(argv.pointers), ptr(env.pointers)),
    );
    if (failure !== 0) throw systemError(msg`start`, command.path, failure);
    // The last use of these keeps the garbage collector from taking the memory that the call above reads.
    return kept.length + argv.parts.length + env.parts.length > 0 ? (pid[0] ?? 0) : 0;
  } finally {
    spawnCalls.posix_spawn_file_actions_destroy(ptr(actions));
    spawnCalls.posix_spawnattr_destroy(ptr(attributes));
  }
}

/** How a child ended; `undefined` while it runs. For children of `spawnSession`, never for those of `Host.run`. */
export function waitFor(pid: number): { readonly status: number } | undefined {
  const status = new Int32Array(1);
  const result = c.waitpid(pid, ptr(status), 1);
  if (result === 0) return undefined;
  return { status: result === pid ? (status[0] ?? 0) : -1 };
}

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  4: msg`an illegal instruction`,
  6: "abort",
  7: msg`a bus error`,
  9: msg`a kill (perhaps for want of memory)`,
  11: msg`a segmentation fault`,
  15: msg`a request to end`,
};

/** A wait status in words: "ended with exit code 3", "was ended by a segmentation fault". Source: wait(2). */
export function describeExit(status: number): string {
  if (status < 0) return msg`ended in an unknown way`;
  const signal = status & 0x7f;
  if (signal === 0) return msg`ended with exit code ${(status >> 8) & 0xff}`;
  return msg`was ended by ${SIGNAL_NAMES[signal] ?? msg`signal ${signal}`}`;
}
