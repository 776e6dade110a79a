import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { selfCommand } from "../../host/self.ts";
import { DEVICE_LINKS_TASK } from "./device-links.ts";

const BLOCK = "/sys/class/block";
/** A person waits at most this long for a device that does not answer. */
const PATIENCE_MS = 10_000;
const LIMIT_MS = 120_000;

/**
 * Updates /dev/disk for a person in the shell and for tools. Waits 10 s at most, then the work goes on in the
 * background. Never fails.
 */
export async function refreshDeviceLinks(host: Host, log: (text: string) => void): Promise<void> {
  const work = host
    .run({ argv: selfCommand([DEVICE_LINKS_TASK]), timeoutMs: LIMIT_MS })
    .then(() => {})
    .catch((error: unknown) => log(`the links in /dev/disk may be old: ${messageOf(error)}`));
  await Promise.race([work, host.sleep(PATIENCE_MS)]);
}

const LOOK_EVERY_MS = 1000;

/** Updates the links whenever devices come and go, until the returned function is called. */
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
