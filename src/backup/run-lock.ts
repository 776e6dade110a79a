/**
 * One backup at a time runs on a machine, and one writes images of a prefix into a directory, whatever machine it runs
 * on.
 */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";

/** Who holds a lock: what its file says. */
interface Owner {
  readonly host: string;
  /** Of this start of the machine: process numbers mean nothing after another. */
  readonly boot: string;
  /** The process number's namespace: containers have their own. */
  readonly namespace: string;
  readonly pid: number;
  /** When the process started, in ticks since the machine did: a number that is used again has another. */
  readonly started: string;
}

/** The owner says so often that it lives, by writing the lock again. */
const HEARTBEAT_MS = 30_000;
/** An owner on another machine that has not said so for this long is dead. */
const SILENT_MS = 10 * 60_000;
/** Others may take a dead owner's place at the same moment. */
const TRIES = 5;

/** Field 22 of /proc/PID/stat; the name before it may hold blanks and brackets. Undefined: there is no such process. */
function startOf(host: Host, pid: number | "self"): string | undefined {
  const stat = host.tryReadText(`/proc/${pid}/stat`);
  return stat
    ?.slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .at(19);
}

function ourselves(host: Host, pid: number): Owner {
  return {
    host: host.tryReadText("/proc/sys/kernel/hostname")?.trim() ?? "unknown",
    boot: host.tryReadText("/proc/sys/kernel/random/boot_id")?.trim() ?? "",
    namespace: host.readLink("/proc/self/ns/pid") ?? "",
    pid,
    started: startOf(host, "self") ?? "",
  };
}

function ownerIn(text: string | undefined): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    const has = (key: keyof Owner, type: string) =>
      typeof value === "object" && value !== null && key in value && typeof (value as Owner)[key] === type;
    const texts = (["host", "boot", "namespace", "started"] as const).every((key) => has(key, "string"));
    return texts && has("pid", "number") ? (value as Owner) : undefined;
  } catch {
    return undefined;
  }
}

/** The clock of the file system that holds the directory, in ms: that of a server need not be ours. */
function clockOf(host: Host, directory: string): number {
  const probe = `${directory}/.mondo.clock.${crypto.randomUUID()}`;
  host.write(probe, "", 0o600);
  const now = host.stat(probe)?.mtimeMs ?? host.nowMs();
  host.remove(probe);
  return now;
}

/** Whether the owner of a lock is still at work. */
function isAlive(host: Host, directory: string, path: string, us: Owner): boolean {
  const owner = ownerIn(host.tryReadText(path));
  if (owner && owner.boot === us.boot && owner.namespace === us.namespace) {
    return startOf(host, owner.pid) === owner.started && !(owner.pid === us.pid && owner.started === us.started);
  }
  // Cloned machines may have one name: only silence tells that an owner elsewhere, or before a restart, is dead.
  const written = host.stat(path)?.mtimeMs;
  return written !== undefined && clockOf(host, directory) - written < SILENT_MS;
}

/** A lock: a file in the directory that it guards. */
export interface RunLock {
  readonly path: string;
  /** Who holds it, for people: "another backup with the prefix web1". */
  readonly holder: string;
  /** What else one can do than wait. */
  readonly otherwise: string;
}

const TARGET_LOCK = ".mondo.lock.";

/** The lock of a prefix in a target directory. */
export const targetLock = (directory: string, prefix: string): RunLock => ({
  path: `${directory}/${TARGET_LOCK}${prefix}`,
  holder: msg`another backup with the prefix ${prefix}`,
  otherwise: msg`or give another prefix with -p`,
});

/** The lock of this machine. */
export const machineLock: RunLock = {
  path: "/run/mondo-archive.lock",
  holder: msg`another backup`,
  otherwise: msg`or end it`,
};

function heldBy(host: Host, { path, holder, otherwise }: RunLock, us: Owner): MondoError {
  const owner = ownerIn(host.tryReadText(path));
  const who = owner ? msg`process ${owner.pid} on ${owner.host}` : msg`an unknown process`;
  const elsewhere =
    owner?.boot === us.boot ? "" : msg` If it died, its lock expires ${SILENT_MS / 60_000} minutes later.`;
  return new MondoError("refused", msg`${holder} is running: ${who} (${path})`, {
    hint: msg`Wait for it, ${otherwise}.${elsewhere}`,
    data: { path },
  });
}

/** Puts a dead owner's lock aside; nothing happens when somebody else did. */
function bury(host: Host, { path, holder }: RunLock, reporter: Reporter): void {
  const dead = `${path}.${crypto.randomUUID()}`;
  try {
    host.rename(path, dead);
  } catch (error) {
    if (host.exists(path)) throw error;
    return;
  }
  const owner = ownerIn(host.tryReadText(dead));
  reporter.info(msg`${holder} ended without clearing up${owner ? msg` (process ${owner.pid} on ${owner.host})` : ""}`);
  host.remove(dead);
}

/**
 * Takes a lock; the returned function gives it back. A dead owner's is taken over. Throws `refused` while another owner
 * is at work, and what the file system says where none can be made.
 */
export function takeLock(host: Host, lock: RunLock, pid: number, reporter: Reporter): () => void {
  const { path } = lock;
  const us = ourselves(host, pid);
  const text = `${JSON.stringify(us)}\n`;
  const directory = path.slice(0, path.lastIndexOf("/")) || "/";
  for (let left = TRIES; !host.create(path, text, 0o600); left--) {
    if (left === 0 || isAlive(host, directory, path, us)) throw heldBy(host, lock, us);
    bury(host, lock, reporter);
  }
  const isOurs = () => host.tryReadText(path) === text;
  const stopBeating = host.every(HEARTBEAT_MS, () => {
    try {
      if (isOurs()) host.poke(path, text);
    } catch {
      // A server that is away for a moment: the next beat tells.
    }
  });
  return () => {
    stopBeating();
    try {
      if (isOurs()) host.remove(path);
    } catch {
      // Whoever comes next sees that its owner is dead.
    }
  };
}

/** Throws `refused` while a backup of whatever machine writes to a directory: it may build on what lies there. */
export function requireQuiet(host: Host, directory: string, pid: number): void {
  const us = ourselves(host, pid);
  for (const name of host.list(directory).filter((one) => one.startsWith(TARGET_LOCK))) {
    const lock = targetLock(directory, name.slice(TARGET_LOCK.length));
    if (isAlive(host, directory, lock.path, us)) throw heldBy(host, lock, us);
  }
}
