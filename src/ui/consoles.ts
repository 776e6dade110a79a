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
  /**
   * Takes a console for full screens: `write` leaves it out until `release`. Undefined for one that isn't there, or is
   * held already.
   */
  hold(path: string, holder: Holder): HeldConsole | undefined;
  /** Leaves a console to another program (a shell) until `resume`. */
  suspend(path: string): void;
  resume(path: string): void;
  /** Waits until everything is written, at most `limitMs`. */
  drain(limitMs: number): Promise<void>;
  close(): void;
}

/** Who draws on a console that `write` leaves out. */
export interface Holder {
  /** What the console would have shown. */
  onText(text: string): void;
  /** What to write before another program gets the console. */
  onLeave(): string;
}

/** A console that somebody else draws on, with every control that a terminal knows. */
export interface HeldConsole {
  readonly path: string;
  /** `undefined` while another program has the console, or the terminal is gone. */
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
  /** Differs when the terminal was opened anew: nothing is known of what is on it. */
  readonly epoch: number;
  /** Whether the terminal hasn't taken everything yet. */
  readonly isBusy: boolean;
  write(text: string): void;
  release(): void;
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
  const holders = new Map<ConsoleLine, Holder>();
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
    for (const line of lines.filter((other) => other.path === path)) {
      const holder = holders.get(line);
      if (isSuspended && holder) line.queue(encodeText(holder.onLeave()));
      line.suspend(isSuspended);
    }
  };
  return {
    paths: lines.map(({ path }) => path),
    columns: Math.min(80, ...lines.map(({ columns }) => columns ?? 80)),
    write(text) {
      const shown = printable(text, CURSOR);
      const bytes = encodeText(shown);
      for (const line of lines) {
        const holder = holders.get(line);
        if (holder) holder.onText(shown);
        else line.queue(bytes);
      }
    },
    hold(path, holder) {
      const line = lines.find((one) => one.path === path);
      if (!line || holders.has(line)) return undefined;
      holders.set(line, holder);
      return {
        path,
        get size() {
          return line.size;
        },
        get epoch() {
          return line.opened;
        },
        get isBusy() {
          return line.isBusy;
        },
        write: (text) => line.queue(encodeText(text)),
        release: () => void holders.delete(line),
      };
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
