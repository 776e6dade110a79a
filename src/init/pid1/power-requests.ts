import { messageOf } from "../../base/errors.ts";
import { catchCtrlAltDel } from "../../host/power.ts";
import { onSignal } from "../../host/process-events.ts";
import { powerSignals } from "./power-command.ts";
import type { PowerRequest } from "./shutdown.ts";

/** Requests come as signals: from the worker, from `reboot` in a shell, from the keyboard. */
export function listenForPower(log: (text: string) => void): Promise<PowerRequest> {
  return new Promise((resolve) => {
    for (const request of ["reboot", "poweroff", "halt"] as const) {
      onSignal(powerSignals[request].name, () => resolve(request));
    }
    onSignal("SIGINT", () => resolve("reboot"));
    onSignal("SIGHUP", () => log("PID 1 was sent a hang-up"));
    try {
      catchCtrlAltDel();
    } catch (error) {
      log(messageOf(error));
    }
  });
}
