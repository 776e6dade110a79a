/** What the clients of DHCP and DHCPv6, and who listens to routers, have in common. */
import { MondoError } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import type { Reception } from "../host/sockets.ts";

const POLL_MS = 20;
const LEAST_RENEW_S = 10;
/** How long each request to a server that has answered before is waited for. */
export const REQUEST_MS = [1000, 2000, 4000] as const;

/** What waits at a socket, decoded; packets that `decode` throws `format` at, or has no use for, are passed over. */
export function* messagesAt<T>(
  socket: Pick<Reception, "receive">,
  decode: (packet: Uint8Array) => T | undefined,
): Generator<T> {
  for (let packet = socket.receive(); packet; packet = socket.receive()) {
    try {
      const message = decode(packet);
      if (message !== undefined) yield message;
    } catch (error) {
      if (!(error instanceof MondoError)) throw error;
    }
  }
}

/** What is asked, and where the answer shows. */
export interface Question<T> {
  /** Called for each try, with the time since the first one. */
  readonly send: (elapsedMs: number) => void;
  /** The answer, if it has come. */
  readonly answer: () => T | undefined;
}

/** Sends a message, again after each of the pauses, until an answer comes; `undefined` when none does. */
export async function askServer<T>(
  host: Pick<Host, "nowMs" | "sleep">,
  { send, answer }: Question<T>,
  pausesMs: readonly number[],
): Promise<T | undefined> {
  const began = host.nowMs();
  for (const pauseMs of pausesMs) {
    const sentMs = host.nowMs();
    send(sentMs - began);
    while (host.nowMs() - sentMs < pauseMs) {
      const found = answer();
      if (found !== undefined) return found;
      await host.sleep(POLL_MS);
    }
  }
  return undefined;
}

/** When to ask for a lease again: as the server wants it, or (0) after half of the time. */
export const renewalOf = (wantedSeconds: number, seconds: number): number =>
  Math.max(LEAST_RENEW_S, wantedSeconds === 0 ? Math.floor(seconds / 2) : wantedSeconds);
