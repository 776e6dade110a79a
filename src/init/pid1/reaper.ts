import type { Host } from "../../host/host.ts";
import { onSignal } from "../../host/process-events.ts";
import { reapOne } from "../../host/syscalls.ts";
import type { WaitForChild } from "../person/shell.ts";

/** Reaps every process that ends (PID 1 inherits the orphans). The returned function waits for one of them. */
export function startReaper(host: Host): WaitForChild {
  const waiting = new Map<number, (status: number) => void>();
  const reap = () => {
    for (let dead = reapOne(); dead !== undefined; dead = reapOne()) {
      waiting.get(dead.pid)?.(dead.status);
      waiting.delete(dead.pid);
    }
  };
  onSignal("SIGCHLD", reap);
  // The kernel merges signals that arrive together; the timer reaps what they missed.
  host.every(500, reap);
  return (pid) => new Promise((resolve) => void waiting.set(pid, resolve));
}
