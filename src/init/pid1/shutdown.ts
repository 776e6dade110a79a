import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { detachLoop } from "../../host/power.ts";
import { rebootNow, sendSignal, setSwap } from "../../host/syscalls.ts";
import { mountsToRelease } from "./mount-table.ts";

export type PowerRequest = "reboot" | "poweroff" | "halt";

const Signal = { hangUp: 1, kill: 9, terminate: 15, continue: 18 } as const;
const EVERYONE = -1;
const KERNEL_CALL = { reboot: "restart", poweroff: "powerOff", halt: "halt" } as const;

/** Whether any process but PID 1 and the kernel's own threads (which have no command line) is alive. */
function othersAlive(host: Host): boolean {
  return host
    .list("/proc")
    .some((name) => /^\d+$/.test(name) && name !== "1" && (host.tryReadText(`/proc/${name}/cmdline`) ?? "") !== "");
}

async function waitUntilAlone(host: Host, limitMs: number): Promise<boolean> {
  const end = host.nowMs() + limitMs;
  while (host.nowMs() < end) {
    if (!othersAlive(host)) return true;
    await host.sleep(50);
  }
  return !othersAlive(host);
}

/** Asks every process to end, and ends those that don't. Interactive shells ignore SIGTERM but obey SIGHUP. */
export async function endProcesses(host: Host): Promise<void> {
  for (const signal of [Signal.terminate, Signal.hangUp, Signal.continue]) sendSignal(EVERYONE, signal);
  if (await waitUntilAlone(host, 3000)) return;
  sendSignal(EVERYONE, Signal.kill);
  await waitUntilAlone(host, 3000);
}

function releaseSwap(host: Host, log: (text: string) => void): void {
  const lines = (host.tryReadText("/proc/swaps") ?? "").split("\n").slice(1);
  for (const path of lines.map((line) => line.split(/\s/)[0] ?? "").filter((name) => name.startsWith("/"))) {
    try {
      setSwap(path, false);
    } catch (error) {
      log(messageOf(error));
    }
  }
}

function detachLoops(host: Host, log: (text: string) => void): void {
  for (const name of host.list("/sys/block")) {
    if (!host.exists(`/sys/block/${name}/loop/backing_file`)) continue;
    try {
      detachLoop(`/dev/${name}`);
    } catch (error) {
      log(messageOf(error));
    }
  }
}

/** Tries to unmount everything once; returns the errors of what is still busy. */
function releaseMounts(host: Host): string[] {
  const busy: string[] = [];
  for (const { mountPoint } of mountsToRelease(host.tryReadText("/proc/self/mountinfo") ?? "")) {
    try {
      host.unmount(mountPoint);
    } catch (error) {
      busy.push(messageOf(error));
    }
  }
  return busy;
}

/** Makes read-only what could not be unmounted, which leaves it clean, too. */
function freezeMounts(host: Host, log: (text: string) => void): void {
  for (const { mountPoint, type, source } of mountsToRelease(host.tryReadText("/proc/self/mountinfo") ?? "")) {
    try {
      host.mount({ source, target: mountPoint, type, flags: ["remount", "readOnly"] });
    } catch (error) {
      log(messageOf(error));
    }
  }
}

/**
 * Ends processes, swap, mounts and loop devices, in this order, so that every file system is clean. Failures are only
 * logged.
 */
export async function releaseEverything(host: Host, log: (text: string) => void): Promise<void> {
  await endProcesses(host);
  host.sync();
  releaseSwap(host, log);
  let busy: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    busy = releaseMounts(host);
    detachLoops(host, log);
    if (busy.length === 0) break;
    await host.sleep(200);
  }
  for (const text of busy) log(text);
  if (busy.length > 0) freezeMounts(host, log);
  host.sync();
}

/** Whether a kernel is loaded (kexec) that a restart would start without the firmware. */
export const hasKernelLoaded = (host: Host): boolean => host.tryReadText("/sys/kernel/kexec_loaded")?.trim() === "1";

/** Stops the machine; a restart starts the loaded kernel, if there is one. Throws when the kernel refuses. */
export function stopMachine(host: Host, request: PowerRequest): void {
  rebootNow(request === "reboot" && hasKernelLoaded(host) ? "kexec" : KERNEL_CALL[request]);
}
