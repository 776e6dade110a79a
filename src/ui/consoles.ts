import { encodeText } from "../base/bytes.ts";
import { printable } from "../base/printable.ts";
import type { Host } from "../host/host.ts";
import { ConsoleLine } from "./console-line.ts";

/** All consoles of the machine as one: a person may sit at the screen or at the serial line. */
export interface Consoles {
  /** Terminal devices, the kernel's preferred console first. */
  readonly paths: readonly string[];
  readonly columns: number;
  /** To all of them; never waits. Of control characters only line feeds, tabs, returns and backspaces get there. */
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

/** What questions, countdowns and progress move the cursor with. */
const CURSOR = "\n\t\r\b";
const POLL_MS = 30;
const VIRTUAL_TERMINAL = "/dev/tty1";

/**
 * Pure: terminal devices from the text of /proc/consoles. `tty0` means the screen, whose first terminal we use; the
 * screen is always added, because someone may sit at it even if `console=` only has the serial line.
 */
export function consoleDevices(procConsoles: string): string[] {
  const lines = procConsoles.split("\n").filter((line) => line.trim() !== "");
  const preferredFirst = [...lines].sort((a, b) => Number(/\([^)]*C/.test(b)) - Number(/\([^)]*C/.test(a)));
  const names = preferredFirst.map((line) => line.split(/\s/)[0] ?? "");
  const devices = names.map((name) => (name === "tty0" ? VIRTUAL_TERMINAL : `/dev/${name}`));
  return [...new Set([...devices, VIRTUAL_TERMINAL])];
}

/** Opens terminals in raw mode; default: every console of the kernel. */
export function openConsoles(host: Host, paths?: readonly string[]): Consoles {
  const wanted = paths ?? consoleDevices(host.tryReadText("/proc/consoles") ?? "");
  const lines = wanted.map((path) => new ConsoleLine(path)).filter((line) => line.open());
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let lastUsed = lines[0]?.path ?? "/dev/console";
  const stopPolling = host.every(POLL_MS, () => {
    for (const line of lines) {
      const bytes = line.poll();
      if (bytes.byteLength === 0) continue;
      lastUsed = line.path;
      for (const listener of [...listeners]) listener(bytes);
    }
  });
  const setSuspended = (path: string, isSuspended: boolean) => {
    for (const line of lines.filter((other) => other.path === path)) line.suspend(isSuspended);
  };
  return {
    paths: lines.map(({ path }) => path),
    columns: Math.min(80, ...lines.map(({ columns }) => columns ?? 80)),
    write(text) {
      const bytes = encodeText(printable(text, CURSOR));
      for (const line of lines) line.queue(bytes);
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
      while (host.nowMs() < end && lines.some(({ isBusy }) => isBusy)) await host.sleep(POLL_MS);
    },
    close() {
      stopPolling();
      for (const line of lines) line.close();
    },
  };
}

const LAST_WORDS_MS = 1000;

/** Opens every console during some work; at the end they get a second to show what was written. */
export async function withConsoles<T>(host: Host, work: (consoles: Consoles) => Promise<T>): Promise<T> {
  const consoles = openConsoles(host);
  try {
    return await work(consoles);
  } finally {
    await consoles.drain(LAST_WORDS_MS);
    consoles.close();
  }
}
