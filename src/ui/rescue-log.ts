import { printable } from "../base/printable.ts";
import type { Host } from "../host/host.ts";

export const RUN_DIRECTORY = "/run/mondo";
export const LOG_PATH = `${RUN_DIRECTORY}/init.log`;

/** Seconds since the kernel started. */
export function uptimeSeconds(host: Host): number {
  return Number((host.tryReadText("/proc/uptime") ?? "0").split(" ")[0]);
}

/** Appends one line to the rescue's log and to the kernel's (where `dmesg` and a pstore dump keep it). Never fails. */
export function openLog(host: Host): (text: string) => void {
  try {
    host.makeDirectory(RUN_DIRECTORY, 0o700);
  } catch {
    // Without /run there is still the kernel's log.
  }
  return (text) => {
    const line = printable(text.trimEnd());
    try {
      host.append(LOG_PATH, `[${uptimeSeconds(host).toFixed(2).padStart(9)}] ${line}\n`);
    } catch {
      // A full /run must not end the rescue.
    }
    try {
      // The kernel limits what one open descriptor may write; `poke` opens it again for each line.
      for (const part of line.split("\n")) host.poke("/dev/kmsg", `<6>mondo: ${part.slice(0, 900)}\n`);
    } catch {
      // No /dev yet.
    }
  };
}

/** The last lines of a text file without those of stack traces; empty when it can't be read. */
export function tailOf(host: Host, path: string, lines: number): string[] {
  return (host.tryReadText(path) ?? "")
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "" && !/^\s+at /.test(line))
    .slice(-lines);
}
