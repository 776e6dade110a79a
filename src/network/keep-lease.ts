import type { Host } from "../host/host.ts";

const ENDLESS = 0xffffffff;
const LEAST_PAUSE_S = 10;
/** Slept in pieces, so that `stop` is heeded soon. */
const PIECE_MS = 1000;

/** For how long an address is lent. */
export interface Term {
  readonly seconds: number;
  readonly renewSeconds: number;
}

/** What is kept, and how: `renew` gives the new lease, the refusal, or nothing when nobody answers. */
export interface KeptLease<T extends Term> {
  /** For the log. */
  readonly name: string;
  readonly first: T;
  readonly renew: (lease: T) => Promise<T | "refused" | undefined>;
  /** Called at the end. */
  readonly close: () => void;
}

/**
 * Renews a lease in the background for as long as the rescue runs; returns how to stop. An address that can't be
 * renewed is kept all the same: a restore that goes on with it may succeed, one without an address can't.
 */
export function keepLease<T extends Term>(
  host: Host,
  { name, first, renew, close }: KeptLease<T>,
  log: (text: string) => void,
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
      const answer = await renew(lease);
      if (answer === undefined || answer === "refused") {
        log(`DHCP: ${name} was not renewed (${answer ?? "no answer"}); it is kept`);
        waitSeconds = Math.max(LEAST_PAUSE_S, Math.floor(waitSeconds / 2));
      } else {
        lease = answer;
        waitSeconds = lease.renewSeconds;
        log(`DHCP: ${name} renewed for ${lease.seconds} s`);
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
