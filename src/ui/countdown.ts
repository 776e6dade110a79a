import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Consoles } from "./consoles.ts";

/** NUL is not a key: a break or noise on a serial line reads as NUL. */
const isKey = (bytes: Uint8Array) => bytes.some((byte) => byte !== 0);

/**
 * Shows the text with the seconds left on every console; any key on any of them stops it. Earlier keys are ignored. A
 * text that leaves no room for the seconds stands above them: a line that is wrapped can't be written over.
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
    const lineFor = (left: number) => msg`${left} s (any key stops it) `;
    const isLong = text.length + 1 + lineFor(seconds).length > consoles.columns;
    if (isLong) consoles.write(`${text}\n`);
    let shown = -1;
    while (!stopped && host.nowMs() < end) {
      const left = Math.ceil((end - host.nowMs()) / 1000);
      if (left !== shown) consoles.write(`\r${isLong ? "  " : `${text} `}${lineFor(left)}`);
      shown = left;
      await host.sleep(50);
    }
    consoles.write(stopped ? msg`\nStopped.\n` : "\n");
    return stopped ? "stopped" : "elapsed";
  } finally {
    stop();
  }
}
