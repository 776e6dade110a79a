import type { Host } from "../host/host.ts";
import type { Consoles } from "./consoles.ts";

/** NUL is not a key: a break or noise on a serial line reads as NUL. */
const isKey = (bytes: Uint8Array) => bytes.some((byte) => byte !== 0);

/**
 * Shows the text with the seconds left on every console; any key on any of them stops it. Earlier keys are ignored.
 */
export async function countdown(
  host: Host,
  consoles: Consoles,
  seconds: number,
  text: string,
): Promise<"elapsed" | "stopped"> {
  let stopped = false;
  const stop = consoles.onKeys((bytes) => {
    stopped ||= isKey(bytes);
  });
  try {
    const end = host.nowMs() + seconds * 1000;
    let shown = -1;
    while (!stopped && host.nowMs() < end) {
      const left = Math.ceil((end - host.nowMs()) / 1000);
      if (left !== shown) consoles.write(`\r${text} ${left} s (any key stops it) `);
      shown = left;
      await host.sleep(50);
    }
    consoles.write(stopped ? "\nStopped.\n" : "\n");
    return stopped ? "stopped" : "elapsed";
  } finally {
    stop();
  }
}
