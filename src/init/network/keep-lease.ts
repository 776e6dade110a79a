import { formatIpv4 } from "../../base/ipv4.ts";
import type { Host } from "../../host/host.ts";
import { type DhcpWire, type Lease, renewLease } from "./dhcp-client.ts";

const ENDLESS = 0xffffffff;
const LEAST_PAUSE_S = 10;
/** Slept in pieces, so that `stop` is heeded soon. */
const PIECE_MS = 1000;

/**
 * Renews a lease in the background for as long as the rescue runs; returns how to stop. An address that can't be renewed is kept
 * all the same: a restore that goes on with it may succeed, one without an address can't.
 */
export function keepLease(
  host: Host,
  wire: DhcpWire,
  first: Lease,
  log: (text: string) => void,
  close: () => void,
): () => void {
  let stopped = false;
  const pause = async (seconds: number) => {
    const end = host.nowMs() + seconds * 1000;
    while (!stopped && host.nowMs() < end) await host.sleep(Math.min(PIECE_MS, Math.max(1, end - host.nowMs())));
  };
  const run = async () => {
    let lease = first;
    let waitSeconds = lease.renewSeconds;
    while (!stopped && lease.seconds !== ENDLESS) {
      await pause(waitSeconds);
      if (stopped) break;
      const answer = await renewLease(wire, lease);
      const address = formatIpv4(lease.address);
      if (answer === undefined || answer === "refused") {
        log(`DHCP: ${address} was not renewed (${answer ?? "no answer"}); it is kept`);
        waitSeconds = Math.max(LEAST_PAUSE_S, Math.floor(waitSeconds / 2));
      } else {
        lease = answer;
        waitSeconds = lease.renewSeconds;
        log(`DHCP: ${address} renewed for ${lease.seconds} s`);
      }
    }
  };
  void run()
    .catch((error: unknown) => log(`DHCP: renewing ended: ${String(error)}`))
    .finally(close);
  return () => {
    stopped = true;
  };
}
