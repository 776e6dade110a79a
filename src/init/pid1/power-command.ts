import { sendSignal } from "../../host/syscalls.ts";
import type { PowerRequest } from "./shutdown.ts";

/** The signals that ask PID 1 to stop the machine, the same as those of busybox init. */
export const powerSignals: Readonly<Record<PowerRequest, { readonly name: NodeJS.Signals; readonly number: number }>> =
  {
    reboot: { name: "SIGTERM", number: 15 },
    halt: { name: "SIGUSR1", number: 10 },
    poweroff: { name: "SIGUSR2", number: 12 },
  };

const REQUESTS: readonly string[] = Object.keys(powerSignals);

/** Whether the executable was started under a name that stops the machine. */
export function isPowerRequest(name: string): name is PowerRequest {
  return REQUESTS.includes(name);
}

/** Asks PID 1 to stop the machine; returns at once. False when PID 1 can't be reached. */
export function requestPower(request: PowerRequest): boolean {
  return sendSignal(1, powerSignals[request].number);
}
