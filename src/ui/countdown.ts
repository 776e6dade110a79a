import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Consoles } from "./consoles.ts";

/** NUL is not a key: a break or noise on a serial line reads as NUL. */
const isKey = (bytes: Uint8Array) => bytes.some((byte) => byte !== 0);

/** Who may stop a countdown: whoever looks on, or only a key at a console, where what comes next has to be typed. */
export type StoppedBy = "anybody" | "console";

/**
 * Shows the text with the seconds left on every console; any key on any of them stops it. Earlier keys are ignored. A
 * text that leaves no room for the seconds stands above them: a line that is wrapped can't be written over. An abort of
 * `signal` stops it, too, and is thrown.
 */
export async function countdown(
  host: Host,
  consoles: Consoles,
  seconds: number,
  text: string,
  signal?: AbortSignal,
): Promise<"elapsed" | "stopped"> {
  let stopped = false;
  const stop = consoles.onKeys((bytes) => {
    stopped ||= isKey(bytes);
  });
  const isStopped = () => stopped || signal?.aborted === true;
  try {
    const end = host.nowMs() + seconds * 1000;
    const lineFor = (left: number) => msg`${left} s (any key stops it) `;
    const isLong = text.length + 1 + lineFor(seconds).length > consoles.columns;
    if (isLong) consoles.write(`${text}\n`);
    let shown = -1;
    while (!isStopped() && host.nowMs() < end) {
      const left = Math.ceil((end - host.nowMs()) / 1000);
      if (left !== shown) consoles.write(`\r${isLong ? "  " : `${text} `}${lineFor(left)}`);
      shown = left;
      await host.sleep(50);
    }
    consoles.write(isStopped() ? msg`\nStopped.\n` : "\n");
    signal?.throwIfAborted();
    return stopped ? "stopped" : "elapsed";
  } finally {
    stop();
  }
}
