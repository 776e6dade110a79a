import { encodeText } from "../base/bytes.ts";
import type { Host } from "../host/host.ts";
import { openTerminal, type TerminalDevice } from "../host/terminal.ts";

/** All consoles of the machine as one: a person may sit at the screen or at the serial line. */
export interface Consoles {
  /** Terminal devices, the kernel's preferred console first. */
  readonly paths: readonly string[];
  readonly columns: number;
  /** To all of them; never waits. */
  write(text: string): void;
  /** Keys from any of them; returns how to stop listening. Keys that nobody listens for are dropped. */
  onKeys(listener: (bytes: Uint8Array) => void): () => void;
  /** The console that the last key came from. */
  lastUsed(): string;
  /** Leaves a console to another program (a shell) until `resume`. */
  suspend(path: string): void;
  resume(path: string): void;
  /** Waits until everything is written, at most `limitMs`. */
  drain(limitMs: number): Promise<void>;
  close(): void;
}

const POLL_MS = 30;
/** A console that takes nothing (flow control, a dead management processor) loses its oldest output beyond this. */
const BACKLOG_BYTES = 256 * 1024;
const VIRTUAL_TERMINAL = "/dev/tty1";

/**
 * Pure: terminal devices from the text of /proc/consoles. `tty0` means the screen, whose first terminal we use; the screen is
 * always among them, for a machine whose `console=` names the serial line only may still have someone before it.
 */
export function consoleDevices(procConsoles: string): string[] {
  const lines = procConsoles.split("\n").filter((line) => line.trim() !== "");
  const preferredFirst = [...lines].sort((a, b) => Number(/\([^)]*C/.test(b)) - Number(/\([^)]*C/.test(a)));
  const names = preferredFirst.map((line) => line.split(/\s/)[0] ?? "");
  const devices = names.map((name) => (name === "tty0" ? VIRTUAL_TERMINAL : `/dev/${name}`));
  return [...new Set([...devices, VIRTUAL_TERMINAL])];
}

/** One console with its backlog. `device` is absent while a shell has it, or after it went away. */
interface Line {
  readonly path: string;
  device: TerminalDevice | undefined;
  pending: Uint8Array[];
  pendingBytes: number;
  suspended: boolean;
  afterReturn: boolean;
}

function pump(line: Line): void {
  while (line.device && line.pending.length > 0) {
    const [first = new Uint8Array(0), ...rest] = line.pending;
    const taken = line.device.write(first);
    if (taken === "gone") {
      closeLine(line);
      return;
    }
    line.pendingBytes -= taken;
    line.pending = taken === first.byteLength ? rest : [first.subarray(taken), ...rest];
    if (taken < first.byteLength) return;
  }
}

function closeLine(line: Line): void {
  line.device?.restore();
  line.device?.close();
  line.device = undefined;
}

/**
 * A terminal must be opened anew after a session on it has ended: the kernel hangs up every descriptor of a terminal when
 * its session's leader goes (disassociate_ctty). False when there is no such terminal, or no hardware behind it.
 */
function openLine(line: Line): boolean {
  try {
    line.device = openTerminal(line.path);
    line.device.raw();
    return true;
  } catch {
    return false;
  }
}

function queue(line: Line, bytes: Uint8Array): void {
  if (line.suspended) return;
  line.pending.push(bytes);
  line.pendingBytes += bytes.byteLength;
  while (line.pendingBytes > BACKLOG_BYTES) line.pendingBytes -= line.pending.shift()?.byteLength ?? 0;
  pump(line);
}

/** Typed bytes without the LF that some terminals send after CR: it would answer the next question. */
function typed(line: Line): Uint8Array {
  const bytes = (line.device?.read() ?? new Uint8Array(0)).filter((byte) => {
    const follows = line.afterReturn && byte === 10;
    line.afterReturn = byte === 13;
    return !follows;
  });
  return bytes;
}

function openLines(paths: readonly string[]): Line[] {
  return paths
    .map((path): Line => {
      return { path, device: undefined, pending: [], pendingBytes: 0, suspended: false, afterReturn: false };
    })
    .filter(openLine);
}

/** Opens terminals in raw mode: those that are named, or every console that the kernel has. */
export function openConsoles(host: Host, paths?: readonly string[]): Consoles {
  const lines = openLines(paths ?? consoleDevices(host.tryReadText("/proc/consoles") ?? ""));
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const columns = Math.min(80, ...lines.map(({ device }) => device?.columns ?? 80));
  let lastUsed = lines[0]?.path ?? "/dev/console";
  const poll = () => {
    for (const line of lines) {
      if (line.suspended) continue;
      if (!line.device && !openLine(line)) continue;
      pump(line);
      const bytes = typed(line);
      if (bytes.byteLength === 0) continue;
      lastUsed = line.path;
      for (const listener of [...listeners]) listener(bytes);
    }
  };
  const stopPolling = host.every(POLL_MS, poll);
  const setSuspended = (path: string, suspended: boolean) => {
    for (const line of lines.filter((other) => other.path === path)) {
      if (suspended) closeLine(line);
      line.suspended = suspended;
    }
  };
  return {
    paths: lines.map(({ path }) => path),
    columns,
    write(text) {
      const bytes = encodeText(text);
      for (const line of lines) queue(line, bytes);
    },
    onKeys(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    lastUsed: () => lastUsed,
    suspend: (path) => setSuspended(path, true),
    resume: (path) => setSuspended(path, false),
    async drain(limitMs) {
      const end = host.nowMs() + limitMs;
      while (host.nowMs() < end && lines.some(({ pendingBytes, suspended }) => pendingBytes > 0 && !suspended)) {
        await host.sleep(POLL_MS);
      }
    },
    close() {
      stopPolling();
      for (const line of lines) closeLine(line);
    },
  };
}
