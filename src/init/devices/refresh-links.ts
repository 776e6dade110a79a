import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { selfCommand } from "../../host/self.ts";
import { DEVICE_LINKS_TASK } from "./device-links.ts";

const BLOCK = "/sys/class/block";
/** Nobody waits longer for a device that does not answer. */
const PATIENCE_MS = 10_000;
const LIMIT_MS = 120_000;

/**
 * Makes the links true, for whoever works in the shell, and for tools; waits for that as long as it is worth it. Never
 * fails.
 */
export async function refreshDeviceLinks(host: Host, log: (text: string) => void): Promise<void> {
  const work = host
    .run({ argv: selfCommand([DEVICE_LINKS_TASK]), timeoutMs: LIMIT_MS })
    .then(() => {})
    .catch((error: unknown) => log(`the links in /dev/disk may be old: ${messageOf(error)}`));
  await Promise.race([work, host.sleep(PATIENCE_MS)]);
}

const LOOK_EVERY_MS = 1000;

/** Keeps the links true to the devices that come and go until it is stopped. */
export function watchDeviceLinks(host: Host, log: (text: string) => void): () => void {
  let stopped = false;
  const state = () =>
    host
      .list(BLOCK)
      .map((name) => `${name} ${(host.tryReadText(`${BLOCK}/${name}/size`) ?? "").trim()}`)
      .join();
  let known = state();
  const run = async () => {
    while (!stopped) {
      await host.sleep(LOOK_EVERY_MS);
      const now = state();
      if (now !== known) await refreshDeviceLinks(host, log);
      known = now;
    }
  };
  void run();
  return () => {
    stopped = true;
  };
}
